package sketch

import (
	"encoding/binary"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// Quantiles holds how often each bin was seen. A quantile of it is within 1 % of the value that has this rank (DDSketch; C. Masson et al., VLDB
// 2019). Merging adds counts, and loses nothing. Its zero value is empty and takes no room.
type Quantiles struct{ sketch *ddsketch.DDSketch }

// AddBin counts n values of a bin. NoBin counts as none.
func (q *Quantiles) AddBin(bin int32, n uint64) {
	switch {
	case bin <= NoBin || n == 0:
	case bin == zeroBin:
		_ = q.open().AddWithCount(0, float64(n)) // it fails for counts below zero only
	default:
		q.open().GetPositiveValueStore().AddWithCount(int(min(bin, lastBin))-binShift, float64(n))
	}
}

func (q *Quantiles) open() *ddsketch.DDSketch {
	if q.sketch == nil {
		q.sketch = ddsketch.NewDDSketch(binning, store.NewDenseStore(), store.NewSparseStore())
	}
	return q.sketch
}

// Merge adds everything that o counted. o is not changed.
func (q *Quantiles) Merge(o *Quantiles) {
	if o.sketch != nil {
		_ = q.open().MergeWith(o.sketch) // it fails for different mappings only
	}
}

// Count returns how many values were counted.
func (q *Quantiles) Count() uint64 {
	if q.sketch == nil {
		return 0
	}
	return uint64(q.sketch.GetCount())
}

// Quantile returns the value below which the share p of the values lies, 0 <= p <= 1, and whether there is any.
func (q *Quantiles) Quantile(p float64) (v float64, ok bool) {
	if q.Count() == 0 {
		return 0, false
	}
	v, err := q.sketch.GetValueAtQuantile(min(max(p, 0), 1))
	return v, err == nil
}

// each calls f for every bin that has a count, in ascending order.
func (q *Quantiles) each(f func(bin int32, n uint64)) {
	if q.sketch == nil {
		return
	}
	if n := q.sketch.GetZeroCount(); n > 0 {
		f(zeroBin, uint64(n))
	}
	q.sketch.GetPositiveValueStore().ForEach(func(index int, n float64) bool {
		f(int32(index+binShift), uint64(n))
		return false
	})
}

const (
	quantilesVersion = 1
	// maxCount is up to where the library's counts, which are floating, are exact.
	maxCount = 1 << 53
)

// AppendBinary appends the encoding of q: the version byte, and for each bin in use how far it is from the one before, and its count.
func (q *Quantiles) AppendBinary(b []byte) []byte {
	b = append(b, quantilesVersion)
	last := int32(0)
	q.each(func(bin int32, n uint64) {
		b = binary.AppendUvarint(b, uint64(bin-last))
		b = binary.AppendUvarint(b, min(n, maxCount))
		last = bin
	})
	return b
}

// DecodeQuantiles reads what AppendBinary wrote.
func DecodeQuantiles(b []byte) (*Quantiles, error) {
	r := reader{b: b}
	r.version("quantiles", quantilesVersion)
	q := &Quantiles{}
	for bin := uint64(0); len(r.b) > 0; {
		step, n := r.uvarint(), r.uvarint()
		if bin += min(step, lastBin+1); step == 0 || bin > lastBin || n == 0 || n > maxCount {
			r.fail()
			break
		}
		q.AddBin(int32(bin), n)
	}
	if r.err != nil {
		return nil, r.err
	}
	return q, nil
}
