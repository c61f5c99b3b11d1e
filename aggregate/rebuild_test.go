package aggregate

import (
	"errors"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// rebuildNothing switches an edition in that makes nothing anew.
func (r *finalsRig) rebuildNothing() {
	rb := NewRebuilds(r.store, r.sites, r.roller, r.clock)
	s, _, err := rb.Begin(r.ctx, r.site.ID)
	mustDo(err)
	must(rb.Finish(r.ctx, r.site.ID, s.Next.Gen, RebuildSum{}))
}

// A rebuild makes no final value again that was told; and what comes late after it is told as ever.
func TestFinalValuesGoOnAfterARebuild(t *testing.T) {
	r := newFinalsRig(t, storetest.NewMemory(), FinalsOptions{})
	last := func() *manifest {
		r.now = r.now.Add(time.Hour)
		mustDo(r.roller.Round(r.ctx))
		all, _ := r.everyManifest()
		return all[len(all)-1]
	}
	at := r.now.Add(-time.Minute)
	r.visit(event.Pageview, "ann", at)
	if m := last(); m.revision != 1 || m.events != 1 {
		t.Fatalf("the first: %+v", m)
	}
	for i := range uint64(3) {
		r.rebuildNothing()
		if m := last(); m.events != i+1 || m.revision != uint32(i+1) {
			t.Errorf("after rebuild %d: %+v", i, m)
		}
		r.visit(event.Pageview, "bob", at)
		if m := last(); m.events != i+2 || m.revision != uint32(i+2) {
			t.Errorf("after rebuild %d and a late event: %+v", i, m)
		}
	}
}

// A rebuild that is given up leaves nothing, and one that is switched in no roll-ups of the edition before it.
func TestSweepOfEditions(t *testing.T) {
	r := newImporting(t)
	r.count("a", "a", "/", r.now.Add(-time.Hour))
	mustDo(r.roller.Round(t.Context()))
	rb := NewRebuilds(r.store, r.sites, r.roller, r.clock)
	begin := func() uint32 {
		s, _, err := rb.Begin(t.Context(), r.site.ID)
		mustDo(err)
		mustDo(r.roller.rollGeneration(t.Context(), s.next()))
		return s.Next.Gen
	}
	givenUp := begin()
	if again := begin(); again != givenUp {
		t.Errorf("edition %d is gone on with as %d", givenUp, again)
	}
	mustDo(rb.GiveUp(t.Context(), r.site.ID))
	if err := rb.GiveUp(t.Context(), r.site.ID); !errors.Is(err, ErrNoRebuild) {
		t.Errorf("given up twice: %v", err)
	}
	if _, err := rb.Finish(t.Context(), r.site.ID, givenUp, RebuildSum{}); !errors.Is(err, ErrNoRebuild) {
		t.Errorf("finished after that: %v", err)
	}
	gen := begin()
	must(rb.Finish(t.Context(), r.site.ID, gen, RebuildSum{}))
	r.wantViews(1)
	r.now = r.now.Add(sweepAfter)
	mustDo(r.roller.Expire(t.Context()))
	site := r.current()
	if len(site.Retired) > 0 || r.keysOf(site.as(givenUp)) > 0 {
		t.Errorf("left: %+v, %d keys", site.Retired, r.keysOf(site.as(givenUp)))
	}
	old, edition := 0, 0
	for n, s := range map[*int]Site{&old: site.as(site.Gen), &edition: site.as(gen)} {
		mustDo(eachRollup(t.Context(), r.store, minutes, s, span{site.Editions[0].From, r.now.UnixMilli()}, func(string, *rollup, store.Revision) error {
			*n++
			return nil
		}))
	}
	if old != 0 || edition != 1 {
		t.Errorf("%d minutes of before are left, and %d of the edition", old, edition)
	}
	r.wantViews(1)
}
