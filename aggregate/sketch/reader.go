package sketch

import (
	"encoding/binary"
	"fmt"
)

// reader takes an encoding apart. After the first fault every read answers zero and err stays set, so that callers check once.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = ErrCorrupt
	}
	r.b = nil
}

// version takes the version byte off.
//
//nolint:unparam // each encoding has a version of its own, and all are at their first
func (r *reader) version(what string, want byte) {
	if len(r.b) == 0 {
		r.fail()
		return
	}
	if v := r.b[0]; v != want {
		r.err = fmt.Errorf("%w: %s has version %d, this program reads up to %d", ErrNewer, what, v, want)
		r.b = nil
		return
	}
	r.b = r.b[1:]
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uint64() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// count reads a number of things that take at least size bytes each, and refuses more than the rest can hold.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) string() string {
	n := r.count(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}
