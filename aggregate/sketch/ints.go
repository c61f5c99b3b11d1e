package sketch

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// The forms of a row of integers. Their numbers are stored.
const (
	constant = iota // the value
	packed          // the width in bits, 1 to maxWidth; then each value in that many bits, the lowest first
	repeated        // for each run: its length and its value
	sparse          // for each value that is not zero: how many zeros go before it, and the value
	varints         // each value
	numForms
)

// maxWidth is the widest packed value: with up to 7 bits before it, it is read with one load of 8 bytes.
const maxWidth = 56

// unsigned is what a row of integers is made of.
type unsigned interface{ uint8 | uint32 | uint64 }

// shape is what the choice of a form depends on.
type shape struct {
	n       int
	bits    int // of the widest
	runs    int // of equal values
	present int // values that are not zero
}

func shapeOf[T unsigned](v []T) shape {
	s := shape{n: len(v)}
	var all, last T
	for i, x := range v {
		all |= x
		if x != 0 {
			s.present++
		}
		if x != last || i == 0 {
			s.runs++
		}
		last = x
	}
	s.bits = bits.Len64(uint64(all))
	return s
}

// formOf returns the form in which a row takes the fewest bytes. The exact size of a form is worked out only if the least that it can be is small enough.
func formOf[T unsigned](v []T, s shape) int {
	if s.runs <= 1 {
		return constant
	}
	form, best := packed, 1+(s.n*s.bits+7)/8
	if s.bits > maxWidth {
		form, best = varints, varintsSize(v)
	}
	consider := func(other, least int, size func([]T) int) {
		if least >= best {
			return
		}
		if n := size(v); n < best {
			form, best = other, n
		}
	}
	consider(repeated, 2*s.runs, repeatedSize)
	consider(sparse, 2*s.present, sparseSize)
	consider(varints, s.n, varintsSize)
	return form
}

func varintsSize[T unsigned](v []T) (size int) {
	for _, x := range v {
		size += varintSize(uint64(x))
	}
	return size
}

func repeatedSize[T unsigned](v []T) (size int) {
	for i := 0; i < len(v); {
		n := runLength(v[i:])
		size += varintSize(uint64(n)) + varintSize(uint64(v[i]))
		i += n
	}
	return size
}

// runLength returns how often the first value of a row, which is not empty, stands there before another one.
func runLength[T unsigned](v []T) int {
	n := 1
	for n < len(v) && v[n] == v[0] {
		n++
	}
	return n
}

func sparseSize[T unsigned](v []T) (size int) {
	gap := 0
	for _, x := range v {
		if x == 0 {
			gap++
			continue
		}
		size += varintSize(uint64(gap)) + varintSize(uint64(x))
		gap = 0
	}
	return size
}

func varintSize(x uint64) int { return (bits.Len64(x|1) + 6) / 7 }

// appendInts appends a row of integers: its form, and what that form says. Their number, and where they end, is for the reader to know.
func appendInts[T unsigned](b []byte, v []T) []byte {
	s := shapeOf(v)
	return appendForm(b, v, formOf(v, s), s.bits)
}

// appendSolid is appendInts in a form that takes at least a byte for every value, so that a decoder can tell from the bytes
// that it has how many values there can be.
func appendSolid[T unsigned](b []byte, v []T) []byte {
	s := shapeOf(v)
	form := packed
	if s.bits = max(s.bits, 8); s.bits > maxWidth || varintsSize(v) < 1+(s.n*s.bits+7)/8 {
		form = varints
	}
	return appendForm(b, v, form, s.bits)
}

// first returns the first value of a row, zero if it is empty.
func first[T unsigned](v []T) (x T) {
	if len(v) > 0 {
		x = v[0]
	}
	return x
}

func appendForm[T unsigned](b []byte, v []T, form, width int) []byte {
	b = append(b, byte(form))
	switch form {
	case constant:
		return binary.AppendUvarint(b, uint64(first(v)))
	case packed:
		return appendPacked(append(b, byte(width)), v, width)
	case repeated:
		return appendRepeated(b, v)
	case sparse:
		return appendSparse(b, v)
	}
	for _, x := range v {
		b = binary.AppendUvarint(b, uint64(x))
	}
	return b
}

func appendPacked[T unsigned](b []byte, v []T, width int) []byte {
	b = slices.Grow(b, (len(v)*width+7)/8+8)
	var word uint64
	used := 0
	for _, x := range v {
		word |= uint64(x) << used
		if used += width; used >= 64 {
			b = binary.LittleEndian.AppendUint64(b, word)
			used -= 64
			word = uint64(x) >> (width - used)
		}
	}
	for ; used > 0; used -= 8 {
		b = append(b, byte(word))
		word >>= 8
	}
	return b
}

func appendRepeated[T unsigned](b []byte, v []T) []byte {
	for i := 0; i < len(v); {
		n := runLength(v[i:])
		b = binary.AppendUvarint(b, uint64(n))
		b = binary.AppendUvarint(b, uint64(v[i]))
		i += n
	}
	return b
}

func appendSparse[T unsigned](b []byte, v []T) []byte {
	gap := 0
	for _, x := range v {
		if x == 0 {
			gap++
			continue
		}
		b = binary.AppendUvarint(b, uint64(gap))
		b = binary.AppendUvarint(b, uint64(x))
		gap = 0
	}
	return b
}
