package aggregate

import (
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
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
