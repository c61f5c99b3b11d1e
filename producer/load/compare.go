package load

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

// Compared is how a figure differs between two runs. Change, Low and High are parts of what it was before.
type Compared struct {
	Name          string
	Before, After float64 // milliseconds, or as it is
	Change        float64
	Low, High     float64 // the change lies between them with a confidence of 95 %
	higherBetter  bool
	unit          string
}

// Show writes a value of the figure.
func (c Compared) Show(v float64) string {
	switch c.unit {
	case "ms":
		return Milliseconds(v)
	case "%":
		return strconv.FormatFloat(100*v, 'g', 3, 64) + "%"
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + c.unit
}

// Verdict says in a word what is shown.
func (c Compared) Verdict() string {
	switch {
	case c.Low <= 0 && c.High >= 0:
		return "no difference shown"
	case (c.Low > 0) == c.higherBetter:
		return "better"
	}
	return "worse"
}

// resamples is how often a run is drawn again from its own intervals.
const resamples = 1000

// Compare compares two runs. How sure a difference is comes from a bootstrap: each run is drawn again from blocks of its own intervals (blocks, because a second
// is like the one before it: Künsch, 1989), and the difference is taken anew each time. The draws are seeded, so that the same files give the same
// answer.
func Compare(before, after *Result) []Compared {
	figures := []struct {
		Compared
		of func(*pooled) float64
	}{
		{Compared{Name: "rate achieved", higherBetter: true, unit: "/s"}, func(p *pooled) float64 { return p.accepted / max(p.seconds, 1e-9) }},
		{Compared{Name: "latency p50", unit: "ms"}, func(p *pooled) float64 { return p.latency.quantile(0.5) }},
		{Compared{Name: "latency p90", unit: "ms"}, func(p *pooled) float64 { return p.latency.quantile(0.9) }},
		{Compared{Name: "latency p99", unit: "ms"}, func(p *pooled) float64 { return p.latency.quantile(0.99) }},
		{Compared{Name: "latency p99.9", unit: "ms"}, func(p *pooled) float64 { return p.latency.quantile(0.999) }},
		{Compared{Name: "errors", unit: "%"}, func(p *pooled) float64 { return p.failed / max(p.due, 1) }},
		{Compared{Name: "freshness p50", unit: "ms"}, func(p *pooled) float64 { return p.fresh.quantile(0.5) }},
		{Compared{Name: "freshness p99", unit: "ms"}, func(p *pooled) float64 { return p.fresh.quantile(0.99) }},
	}
	a, b := newResampler(before, 1), newResampler(after, 2)
	pa, pb := a.whole(), b.whole()
	for i := range figures {
		figures[i].Before, figures[i].After = figures[i].of(pa), figures[i].of(pb)
	}
	changes := make([][]float64, len(figures))
	for range resamples {
		pa, pb := a.draw(), b.draw()
		for i, f := range figures {
			changes[i] = append(changes[i], part(f.of(pa), f.of(pb)))
		}
	}
	out := make([]Compared, 0, len(figures))
	for i, f := range figures {
		c := f.Compared
		if c.Before == 0 && c.After == 0 {
			continue // nobody measured it, or nothing failed
		}
		slices.Sort(changes[i])
		c.Change, c.Low, c.High = part(c.Before, c.After), changes[i][resamples*25/1000], changes[i][resamples*975/1000-1]
		out = append(out, c)
	}
	return out
}

func part(before, after float64) float64 {
	if before == 0 {
		if after == 0 {
			return 0
		}
		return 1
	}
	return after/before - 1
}

// pooled is what intervals make together.
type pooled struct {
	accepted, seconds, failed, due float64
	latency, fresh                 dense
}

// dense is a histogram that is quickly added to: counts by the place of their value.
type dense struct {
	values []int64
	counts []int64
	total  int64
}

func (d *dense) quantile(q float64) float64 {
	want := max(1, int64(q*float64(d.total)+0.999999))
	for i, n := range d.counts {
		if want -= n; want <= 0 && d.total > 0 {
			return float64(d.values[i]) / 1e3
		}
	}
	return 0
}

// resampler draws a run again from its own intervals.
type resampler struct {
	intervals []Interval
	latency   [][]placed // of each interval
	fresh     [][]placed
	rnd       *rand.Rand
	block     int
	out       pooled
}

// placed is a count of a histogram by the place of its value.
type placed struct {
	place int
	count int64
}

// newResampler leaves out the last interval, which is cut, where there are others.
func newResampler(r *Result, seed uint64) *resampler {
	s := &resampler{intervals: r.Intervals, block: 1}
	if n := len(s.intervals); n > 1 {
		s.intervals = s.intervals[:n-1]
	}
	for s.block*s.block*s.block < len(s.intervals) {
		s.block++
	}
	s.rnd = rand.New(rand.NewPCG(seed, uint64(len(s.intervals))))
	s.latency, s.out.latency = placeCounts(s.intervals, func(iv *Interval) Buckets { return iv.Latency })
	s.fresh, s.out.fresh = placeCounts(s.intervals, func(iv *Interval) Buckets { return iv.Fresh })
	return s
}

func placeCounts(intervals []Interval, of func(*Interval) Buckets) ([][]placed, dense) {
	var values []int64
	for i := range intervals {
		for _, b := range of(&intervals[i]) {
			values = append(values, b[0])
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	all := make([][]placed, len(intervals))
	for i := range intervals {
		for _, b := range of(&intervals[i]) {
			at, _ := slices.BinarySearch(values, b[0])
			all[i] = append(all[i], placed{at, b[1]})
		}
	}
	return all, dense{values: values, counts: make([]int64, len(values))}
}

// whole is the run as it was. What a resampler returns is valid until the next call.
func (s *resampler) whole() *pooled {
	s.clear()
	for i := range s.intervals {
		s.add(i)
	}
	p := s.out
	p.latency.counts, p.fresh.counts = slices.Clone(p.latency.counts), slices.Clone(p.fresh.counts)
	return &p
}

// draw is as many intervals, in blocks from anywhere.
func (s *resampler) draw() *pooled {
	s.clear()
	n := len(s.intervals)
	for drawn := 0; drawn < n; {
		from := s.rnd.IntN(n)
		for j := 0; j < s.block && drawn < n; j++ {
			s.add((from + j) % n)
			drawn++
		}
	}
	return &s.out
}

func (s *resampler) clear() {
	clear(s.out.latency.counts)
	clear(s.out.fresh.counts)
	s.out.latency.total, s.out.fresh.total = 0, 0
	s.out.accepted, s.out.seconds, s.out.failed, s.out.due = 0, 0, 0, 0
}

func (s *resampler) add(i int) {
	iv := &s.intervals[i]
	s.out.accepted += float64(iv.Accepted)
	s.out.seconds += iv.Seconds
	s.out.failed += float64(iv.Failed)
	s.out.due += float64(iv.Due)
	s.out.latency.add(s.latency[i])
	s.out.fresh.add(s.fresh[i])
}

func (d *dense) add(some []placed) {
	for _, p := range some {
		d.counts[p.place] += p.count
		d.total += p.count
	}
}
