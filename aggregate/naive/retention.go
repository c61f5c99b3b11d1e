package naive

import (
	"cmp"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Retention answers r, which must be valid.
func (s *History) Retention(r query.Retention) query.RetentionResult {
	last := s.bucket(r.Unit, r.To-1)
	cohorts := make(map[query.Key][]int)
	for _, hits := range s.hitsOf(r.From, r.To, r.Filter) {
		own := s.bucket(r.Unit, hits[0].At)
		if cohorts[own] == nil {
			cohorts[own] = make([]int, periods(r.Unit, own, last)+1)
		}
		seen := make(map[int]bool)
		for _, h := range hits {
			seen[periods(r.Unit, own, s.bucket(r.Unit, h.At))] = true
		}
		for i := range seen {
			cohorts[own][i]++
		}
	}
	res := query.RetentionResult{Exact: true, Fraction: 1}
	for key, numbers := range cohorts {
		c := query.Cohort{Key: key}
		for _, n := range numbers {
			c.Visitors = append(c.Visitors, count(n))
		}
		res.Cohorts = append(res.Cohorts, c)
	}
	slices.SortFunc(res.Cohorts, func(a, b query.Cohort) int { return cmp.Compare(a.Key.Time, b.Key.Time) })
	return res
}

// periods is how many days or weeks b is after a.
func periods(unit query.Dimension, a, b query.Key) int {
	days := int(date(b).Sub(date(a)) / (24 * time.Hour))
	if unit == query.TimeWeek {
		return days / 7
	}
	return days
}

// date is the date that a key shows, in UTC, where every day has 24 hours.
func date(k query.Key) time.Time {
	t, err := time.Parse(time.DateOnly, k.Text)
	if err != nil {
		panic(err)
	}
	return t
}
