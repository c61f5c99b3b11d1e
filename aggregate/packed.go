package aggregate

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// The copies that a delta counts are written in the order of their ids, as the gaps between these in Rice's code (Rice and Plaunt, "Adaptive variable-length coding for efficient compression
// of spacecraft television data", 1971): of each gap the low bits as they are, the rest in unary, and then the short tag. Hashes lie evenly, so that how many there are tells how many low bits
// are best, and n copies save nearly log₂ n - 1.5 bits each. A byte of a copy is a twentieth of what writing it to DynamoDB costs.

// lowBits is how many bits of a gap are written as they are, of n hashes.
func lowBits(n int) int { return max(0, 64-bits.Len(uint(n))) }

// packCounted writes how many copies there are, and their gaps and tags.
func packCounted(counted []countedCopy) []byte {
	if len(counted) == 0 {
		return nil
	}
	sorted := slices.Clone(counted)
	slices.SortFunc(sorted, func(a, b countedCopy) int { return cmp.Compare(a.id, b.id) })
	low := lowBits(len(sorted))
	w := bitWriter{b: binary.AppendUvarint(make([]byte, 0, 10+len(sorted)*(low+shortTagBits+3)/8), uint64(len(sorted)))}
	last := uint64(0)
	for _, c := range sorted {
		gap := c.id - last
		last = c.id
		high := gap >> low
		for ; high >= 32; high -= 32 {
			w.write(0, 32)
		}
		w.write(1, int(high)+1)
		w.write(gap&(1<<low-1), low)
		w.write(uint64(c.tag), shortTagBits)
	}
	return w.end()
}

// unpackCounted reads them.
func unpackCounted(b []byte) ([]countedCopy, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b))*8/(shortTagBits+1) { // each takes so many bits at least
		return nil, ErrCorrupt
	}
	r := newBitReader(b[size:])
	low := lowBits(int(n))
	counted := make([]countedCopy, n)
	last := uint64(0)
	for i := range counted {
		high, ok := r.unary()
		rest, there := r.read(low)
		tag, tagged := r.read(shortTagBits)
		gap := high<<low | rest
		if !ok || !there || !tagged || gap>>low != high || gap > math.MaxUint64-last {
			return nil, ErrCorrupt
		}
		last += gap
		counted[i] = countedCopy{last, uint32(tag)}
	}
	return counted, nil
}

// bitWriter appends bits, the highest first.
type bitWriter struct {
	b    []byte
	word uint64 // the last bits that are not appended yet
	n    int    // how many, below 64
}

// write appends the low n bits of v, which has no others.
func (w *bitWriter) write(v uint64, n int) {
	if free := 64 - w.n; n >= free {
		n -= free
		w.b = binary.BigEndian.AppendUint64(w.b, w.word<<free|v>>n)
		w.word, w.n = 0, 0
		v &= 1<<n - 1
	}
	w.word, w.n = w.word<<n|v, w.n+n
}

func (w *bitWriter) end() []byte {
	for ; w.n > 0; w.n -= 8 {
		w.b = append(w.b, byte(w.word<<(64-w.n)>>56))
	}
	return w.b
}

// bitReader reads them.
type bitReader struct {
	b   []byte // with eight more that are zero
	at  int    // of the next bit
	end int
}

func newBitReader(b []byte) bitReader {
	return bitReader{b: append(append(make([]byte, 0, len(b)+8), b...), make([]byte, 8)...), end: 8 * len(b)}
}

// peek returns the next 57 bits at least, from the highest on.
func (r *bitReader) peek() uint64 { return binary.BigEndian.Uint64(r.b[r.at/8:]) << (r.at % 8) }

// read returns the next n bits, and whether there are so many.
func (r *bitReader) read(n int) (v uint64, ok bool) {
	if r.at+n > r.end {
		return 0, false
	}
	if n > 32 {
		v = r.peek() >> 32 << (n - 32)
		r.at += 32
		n -= 32
	}
	v |= r.peek() >> (64 - n)
	r.at += n
	return v, true
}

// unary returns how many zeros there are before the next one, which is passed over.
func (r *bitReader) unary() (zeros uint64, ok bool) {
	for r.at < r.end {
		if n := bits.LeadingZeros64(r.peek()); n < 32 {
			r.at += n + 1
			return zeros + uint64(n), r.at <= r.end
		}
		r.at += 32
		zeros += 32
	}
	return 0, false
}
