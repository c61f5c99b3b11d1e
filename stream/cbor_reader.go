package stream

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
)

// Major types and simple values of CBOR (RFC 8949, section 3).
const (
	cborUint byte = iota
	cborNegative
	cborBytes
	cborText
	cborList
	cborMap
	cborTag
	cborSimple

	cborFalse      = 20
	cborTrue       = 21
	cborNull       = 22
	cborUndefined  = 23
	cborHalf       = 25
	cborSingle     = 26
	cborDouble     = 27
	cborIndefinite = 31
	cborBreak      = 0xff
)

// maxCBORDepth is how deep values may nest. The API's own nest four deep.
const maxCBORDepth = 64

var errCBOR = errors.New("malformed CBOR")

// cborReader reads data items one after the other. Whatever it is given, it returns errCBOR or goes on; what it returns
// points into buf.
type cborReader struct {
	buf []byte
	pos int
}

// cborHead is the head of a data item: its major type, the five bits beside it, and the argument that they stand for.
type cborHead struct {
	major, info byte
	arg         uint64
}

func (h cborHead) indefinite() bool { return h.info == cborIndefinite }

// null is true of what an absent field may be written as.
func (h cborHead) null() bool {
	return h.major == cborSimple && (h.info == cborNull || h.info == cborUndefined)
}

// head reads the head of the next item that is not a tag: tags say nothing that the API's types don't.
func (r *cborReader) head() (cborHead, error) {
	for {
		h, err := r.anyHead()
		if err != nil || h.major != cborTag {
			return h, err
		}
	}
}

func (r *cborReader) anyHead() (cborHead, error) {
	if r.pos >= len(r.buf) {
		return cborHead{}, errCBOR
	}
	first := r.buf[r.pos]
	r.pos++
	h := cborHead{major: first >> 5, info: first & 31}
	switch {
	case h.info < 24:
		h.arg = uint64(h.info)
		return h, nil
	case h.info == cborIndefinite:
		if h.major < cborBytes || h.major > cborMap {
			return h, errCBOR
		}
		return h, nil
	case h.info > 27:
		return h, errCBOR
	}
	arg, err := r.take(1 << (h.info - 24))
	if err != nil {
		return h, err
	}
	var wide [8]byte
	copy(wide[8-len(arg):], arg)
	h.arg = binary.BigEndian.Uint64(wide[:])
	if h.major == cborSimple && h.info == 24 && h.arg < 32 {
		return h, errCBOR // these have a shorter form, and no other
	}
	return h, nil
}

func (r *cborReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.buf)-r.pos) {
		return nil, errCBOR
	}
	part := r.buf[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return part, nil
}

// ends reads the break that ends an item of indefinite length, if it is next.
func (r *cborReader) ends() bool {
	if r.pos < len(r.buf) && r.buf[r.pos] == cborBreak {
		r.pos++
		return true
	}
	return false
}

// each calls f for each element of a list or each pair of a map.
func (r *cborReader) each(h cborHead, f func() error) error {
	for i := uint64(0); h.indefinite() || i < h.arg; i++ {
		if h.indefinite() && r.ends() {
			return nil
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// content returns a byte string or a text string, of which a long one may come in pieces.
func (r *cborReader) content(h cborHead) ([]byte, error) {
	part, err := r.pieces(h)
	if err == nil && h.major == cborText && !utf8.Valid(part) {
		return nil, errCBOR
	}
	return part, err
}

func (r *cborReader) pieces(h cborHead) ([]byte, error) {
	if !h.indefinite() {
		return r.take(h.arg)
	}
	all := []byte{}
	for !r.ends() {
		piece, err := r.anyHead()
		if err != nil || piece.major != h.major || piece.indefinite() {
			return nil, errCBOR
		}
		part, err := r.take(piece.arg)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}

// text reads a text string, which is the only kind of key that the API has.
func (r *cborReader) text() ([]byte, error) {
	h, err := r.head()
	if err != nil || h.major != cborText {
		return nil, errCBOR
	}
	return r.content(h)
}

// skip reads over the rest of an item.
func (r *cborReader) skip(h cborHead, depth int) error {
	if depth > maxCBORDepth {
		return errCBOR
	}
	switch h.major {
	case cborBytes, cborText:
		_, err := r.content(h)
		return err
	case cborList:
		return r.each(h, func() error { return r.skipNext(depth + 1) })
	case cborMap:
		return r.each(h, func() error {
			if _, err := r.text(); err != nil {
				return err
			}
			return r.skipNext(depth + 1)
		})
	}
	return nil
}

func (r *cborReader) skipNext(depth int) error {
	h, err := r.head()
	if err != nil {
		return err
	}
	return r.skip(h, depth)
}

// float is the value of a floating-point number of any width.
func (h cborHead) float() (float64, bool) {
	if h.major != cborSimple {
		return 0, false
	}
	switch h.info {
	case cborHalf:
		return halfFloat(uint16(h.arg)), true
	case cborSingle:
		return float64(math.Float32frombits(uint32(h.arg))), true
	case cborDouble:
		return math.Float64frombits(h.arg), true
	}
	return 0, false
}

// halfFloat is a number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction (IEEE 754 binary16).
func halfFloat(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	value := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		value = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		value = math.Inf(1)
	case exponent == 31:
		value = math.NaN()
	}
	if bits>>15 == 1 {
		return -value
	}
	return value
}

// integer is the value of an integer that fits into 64 bits with a sign.
func (h cborHead) integer() (int64, bool) {
	switch {
	case h.major > cborNegative || h.arg > math.MaxInt64:
		return 0, false
	case h.major == cborNegative:
		return -1 - int64(h.arg), true
	}
	return int64(h.arg), true
}
