package naive

import (
	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Funnel answers f, which must be valid.
func (s *History) Funnel(f query.Funnel) query.FunnelResult {
	reached := make([]int, len(f.Steps))
	for _, hits := range s.hitsOf(f.From, f.To, f.Filter) {
		for i := range s.steps(f, hits) {
			reached[i]++
		}
	}
	res := query.FunnelResult{Exact: true, Fraction: 1}
	for i, n := range reached {
		res.Steps = append(res.Steps, query.FunnelStep{
			Visitors: count(n), Rate: ratio(n, reached[0]), StepRate: ratio(n, reached[max(i-1, 0)]),
		})
	}
	return res
}

// steps is how many steps a visitor took: from every hit that is the first step, each next step as soon as it comes.
func (s *History) steps(f query.Funnel, hits []match) (most int) {
	for first, start := range hits {
		step := 0
		for _, h := range hits[first:] {
			late := f.Within > 0 && h.At-start.At > f.Within.Milliseconds()
			if step < len(f.Steps) && !late && s.holds(f.Steps[step], h.Hit, h.visit) {
				step++
			}
			if step == 0 {
				break // start is not the first step
			}
		}
		most = max(most, step)
	}
	return most
}

// hitsOf are each visitor's hits in the range, in order, that are no engagement and that the filter lets through.
func (s *History) hitsOf(from, to int64, f *query.Filter) map[string][]match {
	all := make(map[string][]match)
	for _, v := range s.visits(from) {
		for _, h := range v.hits {
			if h.counts() && from <= h.At && h.At < to && s.holds(f, h, v) {
				all[v.visitor] = append(all[v.visitor], match{h, v})
			}
		}
	}
	return all
}
