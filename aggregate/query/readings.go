package query

import (
	"math"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// readings collects the readings of a web vital, visitor by visitor. A pageview has one: the greatest that was reported of it, by itself or by an
// engagement with its page before the next pageview. Browsers know most vitals only when a page is left, and until then they can only grow.
type readings struct {
	hits  *hits
	pages []uint32
	bins  []int32 // by hit
	most  []int32 // by hit of the visit at hand
	all   []reading
}

type reading struct{ row, visitor, bin int32 }

func newReadings(h *hits, vital int) *readings {
	return &readings{hits: h, pages: h.pages().ids, bins: h.sample.Vital(vital)}
}

// measure finds the reading of every hit of the visit.
func (r *readings) measure(v *visit) {
	if len(r.bins) == 0 {
		return
	}
	r.most = append(r.most[:0], r.bins[v.from:v.to]...)
	view := -1
	for h := v.from; h < v.to; h++ {
		switch {
		case r.hits.isPageview(h):
			view = h
		case view >= 0 && r.hits.isEngagement(h) && r.pages[h] == r.pages[view]:
			r.most[view-v.from] = max(r.most[view-v.from], r.bins[h]) // no reading is below all
		}
	}
}

func (r *readings) add(row, visitor int32, v *visit, h int) {
	if len(r.bins) == 0 {
		return
	}
	if bin := r.most[h-v.from]; bin != sketch.NoBin {
		r.all = append(r.all, reading{row: row, visitor: visitor, bin: bin})
	}
}

// values returns a percentile for each row. Its standard error is that of the share of readings up to it, taken to the scale of the readings by
// the percentiles one error below and above (R. S. Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 1952).
func (r *readings) values(rows, percentile int, e estimator) []Value {
	sorted := r.sorted(rows)
	all := make([]Value, rows)
	at := make([]int32, rows)
	for row, bins := range sorted {
		if len(bins) == 0 {
			all[row].Null = true
			continue
		}
		at[row] = bins[percentile*(len(bins)-1)/100]
		all[row].X = sketch.BinValue(at[row])
	}
	if e.exact() {
		return all
	}
	for row, squares := range r.residuals(at, float64(percentile)/100) {
		if bins := sorted[row]; len(bins) > 0 {
			spread := math.Sqrt((1-e.share)*squares) / float64(len(bins))
			all[row].Err = (quantile(bins, float64(percentile)/100+spread) - quantile(bins, float64(percentile)/100-spread)) / 2
		}
	}
	return all
}

func quantile(sorted []int32, q float64) float64 {
	last := float64(len(sorted) - 1)
	return sketch.BinValue(sorted[int(max(0, min(last, math.Round(q*last))))])
}

// sorted returns the bins of each row in rising order.
func (r *readings) sorted(rows int) [][]int32 {
	sizes := make([]int, rows)
	for _, x := range r.all {
		sizes[x.row]++
	}
	flat := make([]int32, len(r.all))
	byRow := make([][]int32, rows)
	for row, n := range sizes {
		byRow[row], flat = flat[:0:n], flat[n:]
	}
	for _, x := range r.all {
		byRow[x.row] = append(byRow[x.row], x.bin)
	}
	for _, bins := range byRow {
		slices.Sort(bins)
	}
	return byRow
}

// residuals returns for each row the sum over visitors of the square of how many more readings a visitor has up to the quantile than the share q.
func (r *readings) residuals(at []int32, q float64) []float64 {
	squares := make([]float64, len(at))
	now := make([]float64, len(at))
	who := make([]int32, len(at))
	settle := func(row int32) { squares[row] += now[row] * now[row]; now[row] = 0 }
	for _, x := range r.all {
		if who[x.row] != x.visitor {
			settle(x.row)
			who[x.row] = x.visitor
		}
		if x.bin <= at[x.row] {
			now[x.row]++
		}
		now[x.row] -= q
	}
	for row := range now {
		settle(int32(row))
	}
	return squares
}
