package aggregate

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// What is stored is a version byte, then fields in the encoding of protocol buffers (protobuf.dev, "Encoding"): a field that this program does not
// know is passed over, so that a newer writer may add some under the same version. docs/FORMATS.md draws them.

// ErrCorrupt is what decoding answers to bytes that no encoder wrote.
var ErrCorrupt = errors.New("aggregate: corrupt encoding")

// errNewer is what it answers to a version that this program does not know: a newer program wrote it, or it is corrupt there.
var errNewer = errors.New("aggregate: unknown version")

const wireVersion = 2

// fields yields the fields of a message: a number for varints, the bytes for everything else. It reports corrupt bytes through err.
func fields(b []byte, each func(num protowire.Number, v uint64, bytes []byte) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return ErrCorrupt
		}
		b = b[n:]
		var v uint64
		var bytes []byte
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return ErrCorrupt
		}
		b = b[n:]
		if err := each(num, v, bytes); err != nil {
			return err
		}
	}
	return nil
}

// versioned takes the version byte off.
func versioned(what string, b []byte) ([]byte, error) { return versionedAs(what, b, wireVersion) }

func versionedAs(what string, b []byte, version byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrCorrupt
	}
	if b[0] > version {
		return nil, fmt.Errorf("%w: %s has version %d, this program reads version %d", errNewer, what, b[0], version)
	}
	if b[0] < version { // waiting for another program to replace this one would not help
		return nil, fmt.Errorf("%w: %s has version %d, which no release wrote; this program reads version %d", ErrCorrupt, what, b[0], version)
	}
	return b[1:], nil
}

func appendUint(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.VarintType)
	return protowire.AppendVarint(b, v)
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

// appendRow writes a row as a message: 1 its name, 2 its count.
func appendRow(b []byte, num protowire.Number, name string, n uint64) []byte {
	row := protowire.AppendTag(nil, 1, protowire.BytesType)
	row = protowire.AppendString(row, name)
	return appendBytes(b, num, appendUint(row, 2, n))
}

func appendRows(b []byte, num protowire.Number, rows map[string]uint64) []byte {
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		b = appendRow(b, num, name, rows[name])
	}
	return b
}

func readRow(b []byte, into map[string]uint64) error {
	var name string
	var count uint64
	err := fields(b, func(num protowire.Number, v uint64, bytes []byte) error {
		switch num {
		case 1:
			name = string(bytes)
		case 2:
			count = v
		}
		return nil
	})
	into[name] += count
	return err
}

// appendLedger writes an account: 1 to 7 its numbers, 8 a row for each reason.
func appendLedger(b []byte, num protowire.Number, l Ledger) []byte {
	var m []byte
	for i, n := range [...]uint64{l.Received, l.Counted, l.Duplicate, l.Bot, l.Late, l.Quarantined, l.Redelivered} {
		m = appendUint(m, protowire.Number(i+1), n)
	}
	return appendBytes(b, num, appendRows(m, 8, l.Reasons))
}

func readLedger(b []byte) (Ledger, error) {
	l := Ledger{}
	numbers := [...]*uint64{&l.Received, &l.Counted, &l.Duplicate, &l.Bot, &l.Late, &l.Quarantined, &l.Redelivered}
	err := fields(b, func(num protowire.Number, v uint64, bytes []byte) error {
		switch {
		case int(num) <= len(numbers):
			*numbers[num-1] = v
		case num == 8:
			if l.Reasons == nil {
				l.Reasons = make(map[string]uint64)
			}
			return readRow(bytes, l.Reasons)
		}
		return nil
	})
	return l, err
}
