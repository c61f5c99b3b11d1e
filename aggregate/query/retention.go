package query

import (
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Retention asks how many visitors came back. A cohort is the visitors whose first hit in [From, To) that the filter lets through is on the
// same day, or in the same week, of the site's zone. An engagement is no such hit.
type Retention struct {
	From, To int64     // as of a Query
	Unit     Dimension // TimeDay or TimeWeek
	Filter   *Filter
}

// RetentionResult is the answer to a Retention: the cohorts that have a visitor, in order of time.
type RetentionResult struct {
	Cohorts  []Cohort
	Exact    bool
	Fraction float64 // as of a Result
}

// Cohort is one cohort. Visitors[i] are those of it that have a hit in the i-th day or week after its own, up to that of the range's end;
// Visitors[0] is the whole cohort.
type Cohort struct {
	Key      Key
	Visitors []Value
}

// maxPeriods bounds the days or weeks of a retention.
const maxPeriods = 400

// Check reports everything that is wrong with the retention for a site with these rules, as Faults.
func (r *Retention) Check(rules Rules) error {
	c := checker{rules: rules}
	rules.check(&c.Faults)
	c.span(r.From, r.To)
	c.filter(r.Filter, "filter")
	c.unless(r.Unit == TimeDay || r.Unit == TimeWeek, "unit", r.Unit, list(TimeDay, TimeWeek))
	if r.Unit == TimeDay || r.Unit == TimeWeek {
		c.unless((r.To-r.From)/r.length() < maxPeriods, "to", r.To, "less than 400 days or weeks after from")
	}
	return c.err()
}

// length is that of a period whose days have 24 hours.
func (r *Retention) length() int64 {
	if r.Unit == TimeWeek {
		return 7 * day
	}
	return day
}

// Needs returns what a retention has to know of each hit, and how far beyond its range.
func (r *Retention) Needs(rules Rules) (sketch.Needs, Reach) {
	n := needs{rules: rules}
	n.field(sketch.Name)
	n.filter(r.Filter)
	return n.Needs, Reach{Visits: r.Filter.ofVisits()}
}

// EvalRetention answers a retention from a sample that holds the hits of the range, and whatever else [Retention.Needs] says. Visitors is how many acted in the range, as in [Extras].
func EvalRetention(r *Retention, rules Rules, s *sketch.Sample, visitors Value) (RetentionResult, error) {
	if err := r.Check(rules); err != nil {
		return RetentionResult{}, err
	}
	w, err := newWalk(s, rules, r.From, r.To, r.Filter, r.Filter.ofVisits(), visitors)
	if err != nil {
		return RetentionResult{}, err
	}
	c := newCohorts(r, rules.WithDefaults().Zone)
	for visitor := range s.Visitors() {
		c.visitor++
		c.own = -1
		w.each(visitor, c.see)
	}
	return c.result(w), nil
}

// cohorts counts visitors by the period of their first hit, and of each later one.
type cohorts struct {
	clock   *clock
	length  int64
	first   int64 // the first period, by its wall time
	counts  [][]int64
	seen    []int32 // by period: the last visitor that was seen in it
	visitor int32
	own     int // period of the visitor at hand, -1 before the first hit
}

func newCohorts(r *Retention, zone *time.Location) *cohorts {
	c := &cohorts{clock: newClock(r.Unit, zone), length: r.length()}
	c.first = c.wall(r.From)
	n := int((c.wall(r.To-1)-c.first)/c.length) + 1
	c.seen, c.counts = make([]int32, n), make([][]int64, n)
	return c
}

// wall is when the period of an instant begins, by the wall clock.
func (c *cohorts) wall(t int64) int64 { return c.clock.buckets[c.clock.bucket(t)].wall }

func (c *cohorts) see(_ *visit, _ int, t int64) {
	period := int((c.wall(t) - c.first) / c.length)
	if c.own < 0 {
		c.own = period
		if c.counts[period] == nil {
			c.counts[period] = make([]int64, len(c.counts)-period)
		}
	}
	if c.seen[period] != c.visitor {
		c.seen[period] = c.visitor
		c.counts[c.own][period-c.own]++
	}
}

func (c *cohorts) result(w *walk) RetentionResult {
	e := w.estimator
	r := RetentionResult{Exact: w.exact(), Fraction: e.share}
	for id, b := range c.clock.buckets {
		counts := c.counts[(b.wall-c.first)/c.length]
		if counts == nil {
			continue
		}
		cohort := Cohort{Key: c.clock.key(uint32(id))}
		for _, n := range counts {
			cohort.Visitors = append(cohort.Visitors, e.total(n, products{aa: float64(n)}))
		}
		r.Cohorts = append(r.Cohorts, cohort)
	}
	slices.SortFunc(r.Cohorts, func(a, b Cohort) int { return a.Key.compare(b.Key) })
	return r
}
