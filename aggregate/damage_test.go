package aggregate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// damage appends a delta that nobody can read to the log of a time.
func (r *rig) damage(at time.Time) {
	r.t.Helper()
	log := Log{Gen: r.site.Gen, Site: r.site.ID, Window: event.Window(at.UnixMilli())}
	n := uint32(len(must(r.store.Read(r.t.Context(), log.key(), 0, store.Heads)))) + 1
	head := (&delta{}).encode().Head
	must(r.store.Append(r.t.Context(), log.key(), n, store.Delta{Head: head, Body: []byte{wireVersion, 0xff}}, store.Nonce{1}))
}

// A log that cannot be read stops nobody's roll-ups but its own, is reported once an hour, and the site's answers say that something is missing.
func TestDamagedLogStopsNobodyElse(t *testing.T) {
	r := newRig(t)
	other := must(r.sites.Add(t.Context(), Site{ID: "zoo"}))
	bad := noon.Add(-2 * time.Hour)
	for i, site := range []Site{r.site, other} {
		r.site = site
		r.count("a", "a", "/", noon.Add(-3*time.Hour))
		r.count("b", "b", "/", bad)
		if i == 0 {
			r.damage(bad)
		}
	}
	r.site = must(r.sites.Get(t.Context(), "demo"))
	r.restart()
	roller := NewRoller(r.store, r.sites, r.clock)
	var told []string
	roller.OnError = func(err error) { told = append(told, err.Error()) }
	for range 3 {
		r.now = r.now.Add(time.Minute)
		mustDo(roller.Round(t.Context()))
		mustDo(roller.Repair(t.Context()))
	}
	r.now = r.now.Add(24 * time.Hour)
	mustDo(roller.Round(t.Context()))
	minuteTold := 0
	for _, text := range told {
		if strings.Contains(text, "the minute of 2026-03-14T10:00:00Z") && strings.Contains(text, `site "demo"`) {
			minuteTold++
		}
	}
	if minuteTold != 2 || len(told) != 2 { // and once more a day later
		t.Errorf("told %q", told)
	}
	for _, c := range []struct {
		site       Site
		visitors   float64
		unreadable uint64
	}{{r.site, 2, 1}, {other, 2, 0}} {
		q := query.Query{From: noon.Add(-12 * time.Hour).UnixMilli(), To: noon.Add(12 * time.Hour).UnixMilli(), Metrics: []query.Metric{query.Visitors}}
		res, reading, err := NewReader(r.store, r.sites).Query(t.Context(), c.site, q)
		if err != nil || res.Rows[0].Values[0].X != c.visitors || reading.Unreadable != c.unreadable || res.Exact != (c.unreadable == 0) {
			t.Errorf("site %s: %+v %+v %v", c.site.ID, res, reading, err)
		}
	}
	day := must(readRollup(t.Context(), r.store, store.Key{Partition: days.partition(other, noon.UnixMilli()), Sort: timeKey(floor(noon.UnixMilli(), dayMS))}))
	if day.vector == nil {
		t.Error("the other site has no day")
	}
}

// spoil writes other bytes where an item is, and returns what puts it back.
func (r *finalsRig) spoil(key store.Key) (mend func()) {
	was := must(r.store.Get(r.ctx, key))
	rev := must(r.store.Put(r.ctx, key, []byte{wireVersion, 0xff}, store.Write{Expect: was.Revision}))
	return func() { must(r.store.Put(r.ctx, key, was.Value, store.Write{Expect: rev})) }
}

// A final value that cannot be read is followed by its next revision, which says the same. Of a minute whose roll-up cannot be read there is none until it can be; this is told once an
// hour, with the minute, and is no silence.
func TestDamagedFinals(t *testing.T) {
	r := newFinalsRig(t, storetest.NewMemory(), FinalsOptions{Notify: []string{ToLog}})
	must(r.sites.Update(r.ctx, "demo", func(s *Site) {
		s.Alerts = []alert.Rule{{Name: "Quiet", Kind: alert.Silence, Minutes: 1, Quiet: 1}}
	}))
	r.site = must(r.sites.Get(r.ctx, "demo"))
	var told []string
	r.roller.OnError = func(err error) { told = append(told, err.Error()) }
	first := floor(noon.UnixMilli(), minuteMS)
	minute := func() {
		for range 2 {
			r.visit(event.Pageview, "v", r.now)
		}
		r.now = r.now.Add(time.Minute)
		mustDo(r.roller.Round(r.ctx))
	}
	for range 4 {
		minute()
	}
	r.spoil(manifestKey(r.site.Gen, "demo", first+minuteMS, 1))
	minute() // the rule looks at the last minutes, and finds it
	minute()
	of := must(manifests(r.ctx, r.store, r.site.Gen, "demo", span{first, first + 2*minuteMS}, undamaged)) // the last revisions of all
	if m := of[first+minuteMS]; m.revision != 2 || m.events != 2 || of[first].revision != 1 {
		t.Errorf("manifests %+v", of)
	}
	rolled := floor(r.now.UnixMilli(), minuteMS) - 2*minuteMS
	partition := minutes.partition(r.site, rolled)
	roll := must(readRollup(r.ctx, r.store, store.Key{Partition: partition, Sort: timeKey(rolled)}))
	mustDo(remakeFinal(r.ctx, r.store, r.site, rolled, r.now)) // as if something had come
	mustDo(r.store.Delete(r.ctx, manifestKey(r.site.Gen, "demo", rolled, 1), store.Write{Any: true}))
	mend := r.spoil(store.Key{Partition: bodyPartition(partition), Sort: roll.body})
	told = nil
	for range 70 {
		minute()
	}
	want := `site "demo": the minute of ` + time.UnixMilli(rolled).UTC().Format(time.RFC3339) + " has no final value"
	about := slices.DeleteFunc(told, func(text string) bool { return !strings.HasPrefix(text, want) })
	if len(about) != 2 {
		t.Errorf("told %d times: %q", len(about), told)
	}
	if got := must(manifests(r.ctx, r.store, r.site.Gen, "demo", span{rolled, rolled + 2*minuteMS}, undamaged)); got[rolled] != nil || got[rolled+minuteMS] == nil {
		t.Errorf("final values %+v", got)
	}
	if events := must(NewAlerts(r.store).Events(r.ctx, r.site, time.Time{}, r.now)); len(events) != 0 {
		t.Errorf("a silence was told: %+v", events)
	}
	mend()
	minute()
	if m := must(manifests(r.ctx, r.store, r.site.Gen, "demo", span{rolled, rolled + 1}, undamaged))[rolled]; m == nil || m.events != 2 {
		t.Errorf("mended, the minute has the final value %+v", m)
	}
	for _, m := range must(allMarks(r.ctx, r.store, finals, undamaged)) {
		if m.child.start < rolled+60*minuteMS { // others are of minutes that are not settled yet
			t.Errorf("a mark is left: %+v", m)
		}
	}
}

// A notice that cannot be read, and one of what cannot be read, are given up at once and told; the others go their way.
func TestNotifierGivesUpDamage(t *testing.T) {
	r := newFinalsRig(t, storetest.NewMemory(), FinalsOptions{Publish: []string{ToLog}})
	for range 6 {
		r.visit(event.Pageview, "v", r.now)
		r.now = r.now.Add(time.Minute)
		mustDo(r.roller.Round(r.ctx))
	}
	notices, _, err := outbox(r.ctx, r.store, forEver)
	mustDo(err)
	if len(notices) < 3 {
		t.Fatalf("only %d notices", len(notices))
	}
	r.spoil(notices[0].at)
	r.spoil(store.Key{Partition: manifestPartition(1, "demo"), Sort: notices[1].Object})
	var told, sent []string
	var mu sync.Mutex // guards sent
	n := NewNotifier(r.store, r.sites, r.clock, map[string]Sender{ToLog: func(_ context.Context, m Message) error {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, m.ID)
		return nil
	}})
	n.OnError = func(err error) { told = append(told, err.Error()) }
	did := must(n.Round(r.ctx))
	if did.GivenUp != 2 || len(told) != 2 || int(did.Sent) != len(notices)-2 || len(sent) != len(notices)-2 {
		t.Errorf("did %+v of %d, told %q", did, len(notices), told)
	}
	mustDo(r.roller.Round(r.ctx)) // makes the next revision of what could not be read
	must(n.Round(r.ctx))
	again := fmt.Sprintf("demo/%d/2", must(parseTimeKey(notices[1].Object[:12])))
	if !slices.Contains(sent, again) || len(told) != 2 {
		t.Errorf("sent %q, want %s; told %q", sent, again, told)
	}
}
