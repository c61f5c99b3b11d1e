package aggregate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// finalsRig is a rig whose roller makes final values.
type finalsRig struct {
	*rig
	ctx    context.Context
	roller *Roller
	finals *Finals
	n      int
}

func newFinalsRig(t *testing.T, s store.Store, o FinalsOptions) *finalsRig {
	r := &finalsRig{rig: newRigOn(t, s), ctx: context.Background()}
	r.finals = NewFinals(s, r.sites, r.clock, o)
	r.roller = NewRoller(s, r.sites, r.clock)
	r.roller.Finals = r.finals
	return r
}

// visit counts an event of a name.
func (r *finalsRig) visit(name, visitor string, at time.Time) {
	r.n++
	e := event.Event{Site: r.site.ID, Name: name, ID: fmt.Sprint("id", r.n), Visitor: visitor, TS: at.UnixMilli(), ReceivedAt: r.now.UnixMilli()}
	cp := must(r.committer.Place(r.ctx, r.site, &e, r.position()))
	cp.Hit = plainHit(&e, cp.At)
	must(r.committer.Commit(r.ctx, []Copy{cp}))
}

// everyManifest returns what is stored of all revisions, by key.
func (r *finalsRig) everyManifest() (all []*manifest, stored map[string]string) {
	stored = make(map[string]string)
	for it, err := range r.store.Scan(r.ctx, store.Range{Partition: manifestPartition(r.site.Gen, r.site.ID)}) {
		mustDo(err)
		all = append(all, must(readManifest(it)))
		stored[it.Key.Sort] = string(it.Value)
	}
	return all, stored
}

// foldOf is the obvious fold of what a vector names: the deltas of each log, from the first to the number.
func (r *finalsRig) foldOf(v vector) (events, pageviews, visitors uint64, names map[string]uint64, l Ledger) {
	who := make(map[uint64]bool)
	names = make(map[string]uint64)
	var needs sketch.Needs
	needs.Fields[sketch.Name] = true
	for c, n := range v {
		entries := must(r.store.Read(r.ctx, Log{r.site.Gen, r.site.ID, c.start, c.cell}.key(), 0, store.Bodies))
		for _, e := range entries[:n] {
			d := must(decodeDelta(e.Body, true))
			l.Merge(d.sum.Ledger)
			s := must(sketch.Project(needs, []*sketch.Packed{d.sum.Sample}))
			column := s.Column(sketch.Name)
			for i := range s.Visitors() {
				for at, to := s.Range(i); at < to; at++ {
					name := column.Words[column.IDs[at]]
					if name == event.Engagement { // tells of a pageview, and makes no visitor
						continue
					}
					who[s.Hash(i)] = true
					events++
					names[name]++
				}
			}
		}
	}
	return events, names[event.Pageview], uint64(len(who)), names, l
}

// A manifest is the fold of its vector and never changes; revisions follow one another, each with more than the one before; and when all is quiet the last one of every
// settled minute is the fold of everything.
func TestManifestsAreFolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		faults := 0
		inner := storetest.NewMemory()
		dying := storetest.Faulty(inner, func(storetest.Op) storetest.Fault {
			if faults == 1 {
				return storetest.Fail
			}
			faults = max(0, faults-1)
			return storetest.Pass
		})
		r := newFinalsRig(t, inner, FinalsOptions{Publish: []string{ToLog}})
		seen := make(map[string]string)
		check := func() {
			all, stored := r.everyManifest()
			for key, value := range seen {
				if stored[key] != value {
					rt.Fatalf("the manifest %s changed", key)
				}
			}
			seen = stored
			last := make(map[int64]*manifest)
			for _, m := range all {
				if before := last[m.minute]; before == nil && m.revision != 1 || before != nil && (m.revision != before.revision+1 || !m.vector.covers(before.vector) || before.vector.covers(m.vector)) {
					rt.Fatalf("revision %d of %d follows %+v", m.revision, m.minute, before)
				}
				last[m.minute] = m
				events, pageviews, visitors, names, l := r.foldOf(m.vector)
				if m.events != events || m.pageviews != pageviews || m.visitors != visitors || m.estimated || !maps.Equal(m.names, names) || fmt.Sprint(m.ledger) != fmt.Sprint(l) {
					rt.Fatalf("manifest %+v, want %d events, %d pageviews of %d visitors, %v, %v", m, events, pageviews, visitors, names, l)
				}
			}
		}
		names := rapid.SampledFrom([]string{event.Pageview, "buy", event.Engagement})
		rt.Repeat(map[string]func(*rapid.T){
			"visit": func(rt *rapid.T) {
				age := time.Duration(rapid.IntRange(0, 400).Draw(rt, "age")) * time.Second
				r.visit(names.Draw(rt, "name"), fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "visitor")), r.now.Add(-age))
			},
			"a while": func(rt *rapid.T) {
				r.now = r.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"round": func(*rapid.T) { mustDo(r.roller.Round(r.ctx)) },
			"a round dies": func(rt *rapid.T) {
				faults = rapid.IntRange(1, 150).Draw(rt, "calls")
				other := NewRoller(dying, NewSites(dying, r.clock), r.clock)
				other.Finals = NewFinals(dying, NewSites(dying, r.clock), r.clock, FinalsOptions{Publish: []string{ToLog}, Parallel: 1})
				if err := other.Round(r.ctx); err != nil && !errors.Is(err, storetest.ErrInjected) {
					rt.Fatal(err)
				}
				faults = 0
			},
			"": func(*rapid.T) { check() },
		})
		r.now = r.now.Add(10 * time.Minute)
		mustDo(r.roller.Round(r.ctx))
		check()
		if left := must(allMarks(r.ctx, inner, finals, undamaged)); len(left) > 0 {
			rt.Fatalf("marks are left: %+v", left)
		}
		total := uint64(0)
		for _, m := range must(manifests(r.ctx, inner, r.site.Gen, r.site.ID, span{0, forEver}, undamaged)) {
			total += m.ledger.Counted
		}
		if total != uint64(r.n) {
			rt.Fatalf("%d events are in the last manifests, %d were counted", total, r.n)
		}
		// Every revision is in the outbox: nothing was created that nobody hears of.
		waiting := make(map[string]bool)
		notices, _, err := outbox(r.ctx, inner, forEver)
		mustDo(err)
		for _, w := range notices {
			waiting[w.Object] = true
		}
		for key := range seen {
			if !waiting[key] {
				rt.Fatalf("the manifest %s is not to be published", key)
			}
		}
	})
}

// Where nothing comes, nothing is read or written beside what every round does.
func TestIdleSitesCostNothing(t *testing.T) {
	calls := 0
	s := storetest.Faulty(storetest.NewMemory(), func(storetest.Op) storetest.Fault { calls++; return storetest.Pass })
	r := newFinalsRig(t, s, FinalsOptions{})
	round := func() int {
		r.now = r.now.Add(time.Minute)
		calls = 0
		point := must(r.finals.settlePoint(r.ctx, floor(r.now.UnixMilli()-rollDelayMS, minuteMS), undamaged))
		mustDo(r.finals.make(r.ctx, point, undamaged))
		return calls
	}
	round()
	one := round()
	for i := range 50 {
		must(r.sites.Add(r.ctx, Site{ID: fmt.Sprint("idle", i)}))
	}
	if many := round(); many != one {
		t.Errorf("%d calls with one site, %d with 51", one, many)
	}
}

func TestManifestDecoding(t *testing.T) {
	m := &manifest{
		n: 3, revision: 2, minute: minuteMS, vector: vector{{60_000, 1}: 4, {70_000, 0}: 1}, byAge: true, made: 99, events: 7, pageviews: 5, visitors: 2,
		estimated: true, names: map[string]uint64{"buy": 2, "pageview": 5}, cut: true, ledger: Ledger{Received: 8, Counted: 7, Duplicate: 1},
	}
	it := store.Item{Key: manifestKey(1, "demo", m.minute, m.revision), Value: m.encode()}
	if got := must(readManifest(it)); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", m) {
		t.Errorf("read %+v, want %+v", got, m)
	}
	for _, bad := range [][]byte{nil, {9, 1}, {wireVersion}, it.Value[:len(it.Value)-1]} {
		if _, err := decodeManifest(bad); err == nil {
			t.Errorf("%x is decoded", bad)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add((&manifest{n: 1, vector: vector{{60_000, 1}: 4}, names: map[string]uint64{"a": 1}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeManifest(b)
		if err != nil {
			return
		}
		again, err := decodeManifest(m.encode())
		if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", m) {
			t.Errorf("%+v became %+v: %v", m, again, err)
		}
	})
}

// Alerts, told a log that fails now and then, by rollers that die at every call: each event is created once, told at least once, and by the same id.
func TestAlertsAreToldOnce(t *testing.T) {
	rules := []alert.Rule{{Name: "Busy", Kind: alert.Threshold, Metric: alert.Pageviews, Over: new(1.0), Minutes: 1, Quiet: 2}}
	rapid.Check(t, func(rt *rapid.T) {
		inner := storetest.NewMemory()
		var mu sync.Mutex // guards left and told: messages are sent several at a time
		left := 0
		dying := storetest.Faulty(inner, func(storetest.Op) storetest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				return storetest.LoseAnswer
			}
			if left < 0 {
				return storetest.Fail
			}
			return storetest.Pass
		})
		r := newFinalsRig(t, inner, FinalsOptions{Notify: []string{ToLog}})
		must(r.sites.Update(r.ctx, r.site.ID, func(s *Site) { s.Alerts = rules }))
		mustDo(r.roller.Round(r.ctx))
		told := make(map[string]int)
		round := func(s store.Store) {
			sites := NewSites(s, r.clock)
			roller := NewRoller(s, sites, r.clock)
			roller.Finals = NewFinals(s, sites, r.clock, FinalsOptions{Notify: []string{ToLog}, Parallel: 1})
			_ = roller.Round(r.ctx)
			n := NewNotifier(s, sites, r.clock, map[string]Sender{ToLog: func(_ context.Context, m Message) error {
				mu.Lock()
				defer mu.Unlock()
				told[m.ID]++
				return nil
			}})
			_, _ = n.Round(r.ctx)
		}
		bursts := rapid.SliceOfN(rapid.IntRange(0, 3), 6, 20).Draw(rt, "pageviews a minute")
		for i, n := range bursts {
			for range n {
				r.visit(event.Pageview, "v", r.now)
			}
			if rapid.Bool().Draw(rt, "late") && i > 2 {
				r.visit(event.Pageview, "w", r.now.Add(-3*time.Minute))
			}
			r.now = r.now.Add(time.Minute)
			for range rapid.IntRange(0, 2).Draw(rt, "deaths") {
				left = rapid.IntRange(1, 200).Draw(rt, "calls")
				round(dying)
			}
			round(inner)
		}
		r.now = r.now.Add(10 * time.Minute)
		round(inner)
		round(inner)
		events := must(NewAlerts(inner).Events(r.ctx, r.site, time.Time{}, r.now))
		var want []string
		for i, e := range events {
			want = append(want, e.ID()+"/firing", e.ID()+"/resolved")
			if e.ResolvedAt == 0 || i > 0 && e.At < events[i-1].ResolvedAt {
				rt.Fatalf("events %+v", events)
			}
		}
		if got := slices.Sorted(maps.Keys(told)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			rt.Fatalf("told %v, want %v", told, want)
		}
		values := must(evaluation{Finals: r.finals, site: must(r.sites.Get(r.ctx, r.site.ID)), tell: undamaged}.values(r.ctx, span{0, r.now.UnixMilli()}))
		since := must(readProgress(r.ctx, inner, undamaged))[r.site.ID].Rules["busy"]
		for m := since; m < r.now.UnixMilli()-5*minuteMS; m += minuteMS {
			covered := slices.ContainsFunc(events, func(e AlertEvent) bool { return e.At <= m && m < e.ResolvedAt })
			if values.At(m).Pageviews > 1 && !covered {
				rt.Fatalf("minute %d with %d pageviews is in none of %+v", m, values.At(m).Pageviews, events)
			}
		}
	})
}

// A rule that is new looks at the last minute that is settled, also where its value is revised.
func TestNewRuleSeesTheLastMinute(t *testing.T) {
	r := newFinalsRig(t, storetest.NewMemory(), FinalsOptions{})
	r.now = r.now.Add(10 * time.Minute)
	mustDo(r.roller.Round(r.ctx))
	must(r.sites.Update(r.ctx, r.site.ID, func(s *Site) {
		s.Alerts = []alert.Rule{{Name: "Busy", Kind: alert.Threshold, Metric: alert.Pageviews, Over: new(2.0), Minutes: 1}}
	}))
	mustDo(r.roller.Round(r.ctx))
	known := must(readWatermark(r.ctx, r.store))
	for range 3 {
		r.visit(event.Pageview, "v", time.UnixMilli(known.to-30_000))
	}
	mustDo(r.roller.Round(r.ctx))
	if events := must(NewAlerts(r.store).Events(r.ctx, r.site, time.Time{}, r.now)); len(events) != 1 || events[0].At != known.to-minuteMS {
		t.Errorf("events %+v", events)
	}
}
