package aggregate

import (
	"context"
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

// stretch is what was read of a span of a site: parts that together are the fold of its windows.
type stretch struct {
	span  span
	parts parts
	// thin are the parts whose samples were given up, and unsampled their spans: they count, and tell of no visitor.
	thin      parts
	unsampled []span
	deltas    uint64 // how many deltas it is the fold of; a late event makes it one more
	// switched is how often an import or an edition was switched in or out of the site.
	switched uint64
	// unreadable is how many deltas and roll-ups are missing, for they cannot be read.
	unreadable uint64
	isWhole    *bool        // what whole found out
	all        *query.Value // what visitors found out
	origin     *stretch     // of a clone, what it is one of
}

// stretch reads a span, whose ends are starts of windows, from roll-ups of at most the level top: what was counted live, and what was imported. Level zero reads the
// logs.
func (r *Reader) stretch(ctx context.Context, site Site, sp span, top level) (*stretch, error) {
	s := &stretch{span: sp, switched: site.Switched}
	for _, gen := range site.generations() {
		err := r.pieces(ctx, gen, sp, top, store.Bodies, func(p piece) error {
			s.deltas += p.deltas
			if p.damaged {
				s.unreadable++
				return nil
			}
			if p.sum.Sample.Fraction() == 0 {
				s.thin.add(p.sum)
				s.unsampled = append(s.unsampled, p.span)
				return nil
			}
			s.parts.add(p.sum)
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// whole reports whether every hit of every visitor is at hand, also when all parts are made one sample: figures are exact then.
func (s *stretch) whole() bool {
	if s.origin != nil { // which is never changed, and finds it out once for all
		return s.origin.whole()
	}
	if s.isWhole == nil {
		is := s.fits()
		s.isWhole = &is
	}
	return *s.isWhole
}

// fits counts the visitors only where they may be too many for a sample. What cannot be read shows elsewhere.
func (s *stretch) fits() bool {
	if len(s.unsampled) > 0 {
		return false
	}
	visitors, hits := 0, 0
	for _, p := range s.parts.samples {
		if !p.Complete() {
			return false
		}
		visitors, hits = visitors+p.Visitors(), hits+p.Hits()
	}
	if visitors <= sketch.K && hits <= sketch.MaxSampleHits {
		return true
	}
	all, err := sketch.Project(sketch.Needs{}, s.parts.samples)
	return err != nil || all.Complete()
}

// forCounts returns all parts, also those that only count.
func (s *stretch) forCounts() []query.Part {
	var all []query.Part
	for _, p := range []*parts{&s.parts, &s.thin} {
		for i := range p.samples {
			all = append(all, query.Part{Sample: p.samples[i], Rest: p.rests[i]})
		}
	}
	return all
}

// eval answers a query from the sample of the stretch, and from its tables where these know more.
func (s *stretch) eval(q *query.Query, rules query.Rules, sample *sketch.Sample) (_ query.Result, err error) {
	var extras query.Extras
	switch {
	case sample.Complete():
	case q.Countable():
		if extras.Counts, err = query.Count(q, s.forCounts()); err != nil {
			return query.Result{}, fmt.Errorf("count: %w", err)
		}
	default:
		if extras.Visitors, err = s.visitorsBeside(sample); err != nil {
			return query.Result{}, err
		}
	}
	return query.Eval(q, rules, sample, extras)
}

// visitorsBeside returns how many visitors the span has, for a sample that does not hold them all. It is zero where the sample holds all of them, or is of a part of the span alone.
func (s *stretch) visitorsBeside(sample *sketch.Sample) (query.Value, error) {
	if sample.Whole() || len(s.unsampled) > 0 {
		return query.Value{}, nil
	}
	return s.visitors()
}

// visitors returns how many visitors the span has.
func (s *stretch) visitors() (query.Value, error) {
	if o := s.origin; o != nil && len(o.parts.samples) == len(s.parts.samples) { // which is never changed, and finds it out once for all
		return o.visitors()
	}
	if s.all == nil {
		q := query.Query{Metrics: []query.Metric{query.Visitors}, From: s.span.from, To: s.span.to}
		c, err := query.Count(&q, s.forCounts())
		if err != nil {
			return query.Value{}, fmt.Errorf("count the visitors: %w", err)
		}
		s.all = &query.Value{X: c.Visitors, Err: c.VisitorsErr}
	}
	return *s.all, nil
}

// join returns the samples of several stretches.
func join(stretches ...*stretch) []*sketch.Packed {
	var all []*sketch.Packed
	for _, s := range stretches {
		if s != nil {
			all = append(all, s.parts.samples...)
		}
	}
	return all
}
