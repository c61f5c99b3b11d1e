package aggregate

import (
	"context"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

// stretch is what was read of a span of a site: parts that together are the fold of its windows.
type stretch struct {
	span   span
	parts  parts
	deltas uint64 // how many deltas it is the fold of; a late event makes it one more
	// switched is how often an import was switched in or out of the site.
	switched uint64
}

// stretch reads a span, whose ends are starts of windows, from roll-ups of at most the level top: what was counted live, and what was imported. Level zero reads the
// logs.
func (r *Reader) stretch(ctx context.Context, site Site, sp span, top level) (*stretch, error) {
	s := &stretch{span: sp, switched: site.Switched}
	for _, gen := range site.generations() {
		err := r.pieces(ctx, gen, sp, top, store.Bodies, func(p piece) error {
			s.parts.add(p.sum)
			s.deltas += p.deltas
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// whole reports whether every hit of every visitor is at hand: figures are exact then.
func (p *parts) whole() bool {
	for i := range p.samples {
		if !p.samples[i].Complete() {
			return false
		}
	}
	return true
}

func (p *parts) forCounts() []query.Part {
	all := make([]query.Part, len(p.samples))
	for i := range p.samples {
		all[i] = query.Part{Sample: p.samples[i], Rest: p.rests[i]}
	}
	return all
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
