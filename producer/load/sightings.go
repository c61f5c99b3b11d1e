package load

import (
	"context"
	"fmt"
)

// sighting is one copy of an event, but for its id.
type sighting struct {
	window  int64
	verdict Verdict
}

// sightings are the copies of the events of one window, by the hashes of their ids: nine bytes a copy.
type sightings struct{ pages []*sightingsPage }

const sightingsPageSize = 512

type sightingsPage struct {
	hashes   [sightingsPageSize]uint64
	verdicts [sightingsPageSize]Verdict
	n        int
}

func (s *sightings) add(hash uint64, v Verdict) {
	if n := len(s.pages); n == 0 || s.pages[n-1].n == sightingsPageSize {
		s.pages = append(s.pages, &sightingsPage{})
	}
	p := s.pages[len(s.pages)-1]
	p.hashes[p.n], p.verdicts[p.n] = hash, v
	p.n++
}

func (s *sightings) all(yield func(uint64, Verdict) bool) {
	for _, p := range s.pages {
		for i := range p.n {
			if !yield(p.hashes[i], p.verdicts[i]) {
				return
			}
		}
	}
}

// name finds the ids of the examples, whose hashes are all that was kept. The runs are made once more for that, as far as it takes; what is not ours keeps its hash for a name.
func (v *verifier) name(ctx context.Context, runs []Ran) error {
	missing := map[uint64]struct{}{}
	for _, d := range v.differences() {
		for _, h := range d.hashes {
			missing[h] = struct{}{}
		}
	}
	names := map[uint64]string{}
	for _, h := range v.out.Foreign.hashes {
		names[h] = fmt.Sprintf("%016x", h)
	}
	for _, run := range runs {
		if err := v.nameFrom(ctx, run, missing, names); err != nil {
			return err
		}
	}
	for _, d := range append(v.differences(), &v.out.Foreign) {
		for _, h := range d.hashes {
			d.Examples = append(d.Examples, names[h])
		}
	}
	return nil
}

func (v *verifier) differences() []*Difference {
	return []*Difference{&v.out.Missing, &v.out.Doubled, &v.out.Untaken}
}

func (v *verifier) nameFrom(ctx context.Context, run Ran, missing map[uint64]struct{}, names map[uint64]string) error {
	var ids []string
	look := func() error {
		hashes, err := v.w.Hashes(ctx, ids)
		for i, h := range hashes {
			if _, is := missing[h]; is {
				names[h] = ids[i]
				delete(missing, h)
			}
		}
		ids = ids[:0]
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	for c := range run.plan.Copies() {
		if c.N >= run.begun || len(missing) == 0 {
			break
		}
		if c.Kind != Ordinary && c.Kind != Repeated {
			continue
		}
		if ids = append(ids, c.ID); len(ids) >= mostAsked {
			if err := look(); err != nil {
				return err
			}
		}
	}
	return look()
}
