package query

import (
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// walk goes through the hits of one visitor after the other that are in a range, no engagement, and that a filter lets through.
type walk struct {
	hits      *hits
	compiler  compiler
	filter    *condition
	cutter    *cutter
	from, to  int64
	estimator estimator
}

func newWalk(s *sketch.Sample, rules Rules, from, to int64, filter *Filter, visits bool, visitors Value) (*walk, error) {
	rules = rules.WithDefaults()
	h := newHits(s)
	w := &walk{hits: h, compiler: compiler{hits: h, rules: rules}, from: from, to: to, estimator: newEstimator(h, visitors, from, to)}
	w.cutter = newCutter(h, rules, from, to, visits)
	var err error
	w.filter, err = w.compile(filter)
	return w, err
}

func (w *walk) compile(f *Filter) (*condition, error) {
	if f.asks(EventGoal, maxDepth) && w.compiler.goals == nil {
		w.compiler.goals = newGoalTable(w.compiler.rules.Goals, w.compiler.rules.goalNames(), w.hits)
	}
	c, err := w.compiler.compile(f)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	return c, nil
}

// each calls do for the hits of a visitor, in their order.
func (w *walk) each(visitor int, do func(v *visit, h int, t int64)) {
	for w.cutter.begin(visitor); w.cutter.cut(); {
		v := &w.cutter.visit
		for h := v.from; h < v.to; h++ {
			if t := w.hits.times[h]; t >= w.from && t < w.to && !w.hits.isEngagement(h) && (w.filter == nil || w.filter.hold(v, h)) {
				do(v, h, t)
			}
		}
	}
}

// exact reports whether what is found is all that there is.
func (w *walk) exact() bool { return w.hits.sample.Complete() }
