package aggregate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time of all clocks unless a test moves it.
var noon = time.Date(2026, 3, 14, 12, 0, 30, 0, time.UTC)

// rig is a committer on a store in memory, with a clock that stands still.
type rig struct {
	t         *testing.T
	now       time.Time
	store     store.Store
	sites     *Sites
	site      Site
	committer *Committer
	seq       int
}

func newRig(t *testing.T) *rig { return newRigOn(t, storetest.NewMemory()) }

func newRigOn(t *testing.T, s store.Store) *rig {
	r := &rig{t: t, now: noon, store: s}
	r.sites = NewSites(s, r.clock)
	r.site = must(r.sites.Add(t.Context(), Site{ID: "demo"}))
	r.restart()
	return r
}

func (r *rig) clock() time.Time { return r.now }

// restart makes a committer that remembers nothing.
func (r *rig) restart() {
	r.committer = NewCommitter(r.store, r.sites, Options{Now: r.clock, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
}

// position is one that no copy had before.
func (r *rig) position() Position {
	r.seq++
	return Position{Stream: "arn", Shard: "shardId-000000000000", SequenceNumber: fmt.Sprint(r.seq)}
}

// place places a pageview.
func (r *rig) place(e event.Event) Copy {
	r.t.Helper()
	e.Site, e.Name = r.site.ID, event.Pageview
	if e.ReceivedAt == 0 {
		e.ReceivedAt = r.now.UnixMilli()
	}
	cp, err := r.committer.Place(r.t.Context(), r.site, &e, r.position())
	if err != nil {
		r.t.Fatal(err)
	}
	cp.Hit = plainHit(&e, cp.At)
	return cp
}

// plainHit is what is kept of an event that nothing is known of but its name and page.
func plainHit(e *event.Event, at int64) *sketch.Hit {
	h := &sketch.Hit{At: at}
	h.Text[sketch.Name], h.Text[sketch.Page] = e.Name, e.URL
	return h
}

// commit commits copies and returns the ledger of the site.
func (r *rig) commit(copies ...Copy) Ledger {
	r.t.Helper()
	for i := range copies {
		if cp := &copies[i]; cp.Outcome == Counted && cp.Hit == nil {
			cp.Hit = plainHit(&event.Event{Name: event.Pageview, URL: "/"}, cp.At)
		}
	}
	tally, err := r.committer.Commit(r.t.Context(), copies)
	if err != nil {
		r.t.Fatal(err)
	}
	return tally[r.site.ID]
}

// count counts a pageview of a visitor at a time.
func (r *rig) count(id, visitor, url string, at time.Time) {
	r.t.Helper()
	r.commit(r.place(event.Event{ID: id, Visitor: visitor, URL: url, TS: at.UnixMilli()}))
}

func (r *rig) books() Books {
	r.t.Helper()
	return must(NewReader(r.store, r.sites).Books(r.t.Context(), r.site.ID, 0, 0))
}

// sample returns all that is kept of the hits of the site.
func (r *rig) sample() *sketch.Sample {
	r.t.Helper()
	all := must(NewReader(r.store, r.sites).stretch(r.t.Context(), r.site, span{0, forEver}, days))
	return must(sketch.Project(sketch.Needs{}, all.parts.samples))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func mustDo(err error) {
	if err != nil {
		panic(err)
	}
}

// undamaged is told of no damage.
func undamaged(_ string, err error) { panic(err) }
