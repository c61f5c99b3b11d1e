package query

import (
	"math"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// The number of steps that a funnel may have.
const (
	MinSteps = 2
	MaxSteps = 8
)

// Funnel asks how many visitors took steps one after the other. A visitor reaches step i if there are hits of theirs, one for each step up
// to i, each later than the one before, all in [From, To), the last at most Within after the first. An engagement is no step.
type Funnel struct {
	From, To int64     // as of a Query
	Filter   *Filter   // what every hit has to meet beside its step; nil is no condition
	Steps    []*Filter // MinSteps to MaxSteps
	Within   time.Duration
}

// FunnelResult is the answer to a Funnel: its steps in their order.
type FunnelResult struct {
	Steps    []FunnelStep
	Exact    bool
	Fraction float64 // as of a Result
}

// FunnelStep is what became of a step.
type FunnelStep struct {
	Visitors Value // who reached it
	Rate     Value // of those who reached the first step, percent
	StepRate Value // of those who reached the step before, percent; of the first step 100
}

// Check reports everything that is wrong with the funnel for a site with these rules, as Faults.
func (f *Funnel) Check(rules Rules) error {
	c := checker{rules: rules}
	rules.check(&c.Faults)
	c.span(f.From, f.To)
	c.filter(f.Filter, "filter")
	c.unless(len(f.Steps) >= MinSteps && len(f.Steps) <= MaxSteps, "steps", len(f.Steps), "2 to 8 steps")
	for i, step := range f.Steps[:min(len(f.Steps), MaxSteps)] {
		c.unless(step != nil, at("steps", i), "nothing", "a condition")
		c.filter(step, at("steps", i))
	}
	c.unless(f.Within >= 0, "within", f.Within, "a duration, or 0 for the whole range")
	return c.err()
}

// Needs returns what a funnel has to know of each hit, and how far beyond its range.
func (f *Funnel) Needs(rules Rules) (sketch.Needs, Reach) {
	n := needs{rules: rules}
	n.field(sketch.Name)
	n.filter(f.Filter)
	for _, step := range f.Steps {
		n.filter(step)
	}
	return n.Needs, Reach{Visits: f.ofVisits()}
}

func (f *Funnel) ofVisits() bool {
	return f.Filter.ofVisits() || slices.ContainsFunc(f.Steps, (*Filter).ofVisits)
}

// EvalFunnel answers a funnel from a sample that holds the hits of the range, and whatever else [Funnel.Needs] says. Visitors is how many acted in the range, as in [Extras].
func EvalFunnel(f *Funnel, rules Rules, s *sketch.Sample, visitors Value) (FunnelResult, error) {
	if err := f.Check(rules); err != nil {
		return FunnelResult{}, err
	}
	w, err := newWalk(s, rules, f.From, f.To, f.Filter, f.ofVisits(), visitors)
	if err != nil {
		return FunnelResult{}, err
	}
	l := ladder{steps: make([]*condition, len(f.Steps)), starts: make([]int64, len(f.Steps)), within: math.MaxInt64}
	if f.Within > 0 {
		l.within = f.Within.Milliseconds()
	}
	for i, step := range f.Steps {
		if l.steps[i], err = w.compile(step); err != nil {
			return FunnelResult{}, err
		}
	}
	reached := make([]int64, len(f.Steps))
	for visitor := range s.Visitors() {
		l.reached = 0
		w.each(visitor, l.climb)
		for i := range l.reached {
			reached[i]++
		}
	}
	return f.result(w, reached), nil
}

// ladder follows one visitor through the steps of a funnel.
type ladder struct {
	steps   []*condition
	within  int64 // milliseconds
	reached int   // steps
	// starts are, for each step that was reached, the latest time at which a way to it began: whoever gets further by an earlier one gets as
	// far by this one.
	starts []int64
}

// climb takes the hit as any step that it can be. Steps are tried from the last one, so that no hit is two steps of one way.
func (l *ladder) climb(v *visit, h int, t int64) {
	for i := min(l.reached, len(l.steps)-1); i >= 0; i-- {
		start := t
		if i > 0 {
			start = l.starts[i-1]
		}
		if t-start > l.within || !l.steps[i].hold(v, h) {
			continue
		}
		if i == l.reached {
			l.reached++
			l.starts[i] = start
		}
		l.starts[i] = max(l.starts[i], start)
	}
}

func (f *Funnel) result(w *walk, reached []int64) FunnelResult {
	e := w.estimator
	r := FunnelResult{Exact: w.exact(), Fraction: e.share}
	for i, n := range reached {
		r.Steps = append(r.Steps, FunnelStep{
			Visitors: e.total(n, products{aa: float64(n)}),
			Rate:     e.shareOf(n, reached[0]),
			StepRate: e.shareOf(n, reached[max(i-1, 0)]),
		})
	}
	return r
}
