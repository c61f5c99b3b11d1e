package sketch

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// everything is the threshold of a summary that has dropped nothing. Hashes are below their summary's threshold; the hash
// math.MaxUint64 itself is folded into its neighbour.
const everything = math.MaxUint64

// Distinct counts different 64-bit hashes. It keeps the k smallest of them and the threshold below which it is complete: up to k the
// count is exact, above it the relative standard error is 1/sqrt(k-1) (K. Beyer et al., "On Synopses for Distinct-Value
// Estimation Under Multiset Operations", SIGMOD 2007).
//
// The hashes must be evenly spread, and seeded where someone could choose the values.
type Distinct struct {
	k         int
	threshold uint64
	sorted    []uint64 // ascending, without repetition, all below the threshold
	pending   []uint64 // added since the last settle
}

// NewDistinct returns an empty count that keeps k hashes, k >= 2.
func NewDistinct(k int) *Distinct { return &Distinct{k: k, threshold: everything} }

// Add counts a hash.
func (d *Distinct) Add(hash uint64) {
	hash = min(hash, everything-1)
	if hash >= d.threshold {
		return
	}
	d.pending = append(d.pending, hash)
	if len(d.pending) > d.k+64 {
		d.settle()
	}
}

// Merge adds everything that o counted. o is not changed in what it says.
func (d *Distinct) Merge(o *Distinct) {
	o.settle()
	d.threshold = min(d.threshold, o.threshold)
	d.pending = append(d.pending, o.sorted...)
	d.settle()
}

// Exact reports whether Count is exact.
func (d *Distinct) Exact() bool {
	d.settle()
	return d.threshold == everything
}

// Count returns how many different hashes were added, or the estimate of it.
func (d *Distinct) Count() uint64 {
	d.settle()
	if d.threshold == everything {
		return uint64(len(d.sorted))
	}
	return scaleUp(uint64(len(d.sorted)), d.threshold)
}

// scaleUp returns n divided by the share of the hash space that lies below the threshold, rounded.
func scaleUp(n, threshold uint64) uint64 {
	return uint64(math.Round(float64(n) * (math.MaxUint64 / float64(threshold))))
}

// settle sorts what was added, removes repetitions and cuts to the k smallest.
func (d *Distinct) settle() {
	if len(d.pending) == 0 {
		d.cutAt(d.threshold)
		return
	}
	d.sorted = append(d.sorted, d.pending...)
	d.pending = d.pending[:0]
	slices.Sort(d.sorted)
	d.sorted = slices.Compact(d.sorted)
	d.cutAt(d.threshold)
	if len(d.sorted) > d.k {
		d.threshold = d.sorted[d.k]
		d.sorted = d.sorted[:d.k]
	}
}

func (d *Distinct) cutAt(threshold uint64) {
	if n := len(d.sorted); n > 0 && d.sorted[n-1] >= threshold {
		i, _ := slices.BinarySearch(d.sorted, threshold)
		d.sorted = d.sorted[:i]
	}
}

const distinctVersion = 1

// AppendBinary appends the encoding of d: the version byte, k and the count as varints, the threshold and the hashes as
// 8 bytes each, big endian.
func (d *Distinct) AppendBinary(b []byte) []byte {
	d.settle()
	b = append(b, distinctVersion)
	b = binary.AppendUvarint(b, uint64(d.k))
	b = binary.AppendUvarint(b, uint64(len(d.sorted)))
	b = binary.BigEndian.AppendUint64(b, d.threshold)
	for _, h := range d.sorted {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}

// ErrCorrupt is what decoding answers to bytes that no encoder wrote.
var ErrCorrupt = errors.New("sketch: corrupt encoding")

// ErrNewer is what it answers to a version that this program does not know: a newer program wrote it, or it is corrupt there.
var ErrNewer = errors.New("sketch: unknown version")

// maxK bounds what a decoder believes, so that corrupt bytes cannot make it reserve memory.
const maxK = 1 << 20

// DecodeDistinct reads what AppendBinary wrote.
func DecodeDistinct(b []byte) (*Distinct, error) {
	r := reader{b: b}
	r.version("distinct", distinctVersion)
	k, n, threshold := r.uvarint(), r.uvarint(), r.uint64()
	if r.err != nil {
		return nil, r.err
	}
	if k < 2 || k > maxK || n > k || uint64(len(r.b)) != 8*n {
		return nil, ErrCorrupt
	}
	d := &Distinct{k: int(k), threshold: threshold, sorted: make([]uint64, n)}
	for i := range d.sorted {
		d.sorted[i] = r.uint64()
		if d.sorted[i] >= threshold || i > 0 && d.sorted[i] <= d.sorted[i-1] {
			return nil, ErrCorrupt
		}
	}
	return d, nil
}
