package aggregate

import (
	"context"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Together returns a reader for questions that are asked at one moment, one after the other: what was read for one of them serves the others, so that
// all are about the same state. It is for one goroutine, and not to be kept: it sees nothing of what is committed to a stretch that it has read.
func (r *Reader) Together() *Reader {
	t := *r
	t.had = &readings{}
	return &t
}

// mostReadings bounds what is held in memory at once. Cards of a page are about a span, the same of the week before, and one to compare with, and
// of each about what lies around it.
const mostReadings = 16

// readings are those that were made last, the oldest first. What was read is never changed: a question gets clones.
type readings struct {
	keys []readingKey
	all  [][]*stretch
}

// readingKey tells what was read: the span, or what lies around it as far as a question reaches. A site that was changed meanwhile may have others for
// the same span.
type readingKey struct {
	id       string
	switched uint64
	span     span
	top      level
	around   bool
	reach    query.Reach
}

// once returns what read does, which is called at most once for all questions that are asked together.
func (r *Reader) once(key readingKey, read func() ([]*stretch, error)) ([]*stretch, error) {
	if r.had == nil {
		return read()
	}
	if i := slices.Index(r.had.keys, key); i >= 0 {
		return clones(r.had.all[i]), nil
	}
	all, err := read()
	if err != nil {
		return nil, err
	}
	r.had.keep(key, all)
	return clones(all), nil
}

func (h *readings) keep(key readingKey, all []*stretch) {
	if len(h.keys) == mostReadings {
		h.keys, h.all = slices.Delete(h.keys, 0, 1), slices.Delete(h.all, 0, 1)
	}
	h.keys, h.all = append(h.keys, key), append(h.all, all)
}

// stretchOf is stretch, once.
func (r *Reader) stretchOf(ctx context.Context, site Site, sp span, top level) (*stretch, error) {
	key := readingKey{id: site.ID, switched: site.Switched, span: sp, top: top}
	all, err := r.once(key, func() ([]*stretch, error) {
		s, err := r.stretch(ctx, site, sp, top)
		return []*stretch{s}, err
	})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func clones(all []*stretch) []*stretch {
	copies := make([]*stretch, len(all))
	for i, s := range all {
		copies[i] = s.clone()
	}
	return copies
}

// clone returns a stretch to which may be added, and from which may be taken, what a question finds out about it.
func (s *stretch) clone() *stretch {
	c := *s
	c.origin = s
	c.parts.samples, c.parts.rests = slices.Clip(s.parts.samples), slices.Clip(s.parts.rests)
	c.unsampled = slices.Clip(s.unsampled)
	return &c
}
