package querytest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

var errDead = errors.New("the process is dead")

// history is a file that is imported into a pipeline.
type history struct {
	*pipeline
	t      *testing.T
	w      querytest.Workload
	events []event.Event
	file   aggregate.ImportFile
	cuts   [][]event.Event
}

// attempt runs an import from its beginning on a store that works for so many calls, and then never again.
func (h *history) attempt(ctx context.Context, calls int) error {
	last := []storetest.Fault{storetest.Fail, storetest.LoseAnswer}[h.IntN(2)]
	s := storetest.Faulty(h.store, func(storetest.Op) storetest.Fault {
		calls--
		switch {
		case calls >= 0:
			return storetest.Pass
		case calls == -1:
			return last
		}
		return storetest.Fail
	})
	sites := aggregate.NewSites(s, h.clock)
	imports := aggregate.NewImports(s, sites, aggregate.NewRoller(s, sites, h.clock), h.clock)
	c := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: max(h.shards, 1), Parallel: 1, Now: h.clock, Wait: func(context.Context, time.Duration) error { return errDead }})
	return h.run(ctx, imports, consumer.NewImporter(imports, c, h.clock))
}

func (h *history) run(ctx context.Context, imports *aggregate.Imports, to *consumer.Importer) error {
	imp, _, err := imports.Begin(ctx, querytest.SiteID, []aggregate.ImportFile{h.file}, "")
	if err != nil || imp.Done {
		return err
	}
	line := int64(1)
	for _, cut := range h.cuts {
		var data []byte
		for _, e := range cut {
			data = append(e.AppendJSON(data), '\n')
		}
		got, err := to.Add(ctx, querytest.SiteID, imp.ID, consumer.Lines{First: line, Data: data})
		if err != nil {
			return err
		}
		if len(got.Bad) > 0 || got.Counted+got.Duplicate+got.Bot+got.Before != uint64(len(cut)) {
			return fmt.Errorf("of %d lines: %+v", len(cut), got)
		}
		line += int64(len(cut))
	}
	_, err = imports.Finish(ctx, querytest.SiteID, imp.ID, 0)
	return err
}

// imports is the registry as another process sees it.
func (h *history) imports() *aggregate.Imports {
	sites := aggregate.NewSites(h.store, h.clock)
	return aggregate.NewImports(h.store, sites, aggregate.NewRoller(h.store, sites, h.clock), h.clock)
}

// done reports whether the import is switched in, and lets some time pass, after which everybody knows.
func (h *history) done() bool {
	h.t.Helper()
	h.now = h.now.Add(3 * time.Second)
	list, err := h.imports().List(h.t.Context(), querytest.SiteID)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.site, err = h.sites.Get(h.t.Context(), querytest.SiteID); err != nil {
		h.t.Fatal(err)
	}
	return len(list) > 0 && list[0].Done
}

// finish runs the import, which dies some times before it is done. Before it is, it shows nothing.
func (h *history) finish(before, after *querytest.Naive) {
	h.t.Helper()
	for deaths := range 4 {
		calls := h.IntN(60 << (2 * deaths))
		if deaths == 3 {
			calls = 1 << 40
		}
		err := h.attempt(h.t.Context(), calls)
		if err != nil && !errors.Is(err, storetest.ErrInjected) && !errors.Is(err, errDead) {
			h.t.Fatal(err)
		}
		if deaths == 3 && err != nil {
			h.t.Fatal(err)
		}
		if h.done() {
			h.check(after, 5)
			continue
		}
		h.check(before, 3)
	}
}

// check asks questions, whatever is rolled up, repaired and removed before.
func (h *history) check(oracle *querytest.Naive, questions int) {
	h.t.Helper()
	for _, tidy := range []func(context.Context) error{h.roller.Round, h.roller.Repair, h.roller.Expire} {
		if h.IntN(3) > 0 {
			continue
		}
		if err := tidy(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
	asker := querytest.NewAsker(h.Rand, h.w, oracle)
	for range questions {
		ask(h.t, asker.Question(), oracle, h.pipeline)
	}
}

// oracleOf has what is counted live, and then what is imported: at its own time, however late it comes.
func oracleOf(t *testing.T, site querytest.Site, live []event.Event, imported ...event.Event) *querytest.Naive {
	t.Helper()
	n := querytest.NewNaive(enriched)
	intime := slices.Clone(imported)
	for i := range intime {
		intime[i].ReceivedAt = intime[i].TS
	}
	if err := load(t.Context(), site, [][]event.Event{live, intime}, n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is asked is answered from what was counted live and what is switched in, to the last visitor, whenever an import dies and wherever the copies of an event come from:
// live before the import, live after it, and live after it was taken out.
func TestImportsShowAsAWhole(t *testing.T) {
	seeds := uint64(5)
	if long {
		seeds = 500
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			w := querytest.NewWorkload(r, true)
			p, err := newPipeline(t, randomWay(r), seed)
			if err != nil {
				t.Fatal(err)
			}
			h := &history{pipeline: p, t: t, w: w, file: aggregate.ImportFile{Name: "a", SHA256: strings.Repeat("0a", 32)}}
			// Of some windows the horizon has passed; what is live after the import is of others.
			at := w.Start.Add([]time.Duration{6 * 24, 204}[r.IntN(2)] * time.Hour)
			h.w.Copies = slices.DeleteFunc(w.Copies, func(e event.Event) bool { return max(e.TS, e.ReceivedAt) > at.UnixMilli() })
			before, after, removed := h.split(r, at)
			if err := load(t.Context(), w.Site, querytest.Cut(r, before, 80), p); err != nil {
				t.Fatal(err)
			}
			p.now = at
			old := oracleOf(t, w.Site, before)
			h.finish(old, oracleOf(t, w.Site, before, h.events...))
			h.load(after)
			h.check(oracleOf(t, w.Site, before, append(slices.Clone(h.events), h.inTime(after)...)...), 8)

			// What came first by the import goes with it.
			if err := h.imports().Remove(t.Context(), querytest.SiteID, h.only()); err != nil {
				t.Fatal(err)
			}
			h.done()
			own := append(slices.Clone(before), h.others(after)...)
			h.check(oracleOf(t, w.Site, own), 5)
			h.load(removed)
			own = append(own, removed...)
			h.check(oracleOf(t, w.Site, own), 5)
			h.now = h.now.Add(time.Hour)
			for range 2 {
				if err := p.roller.Expire(t.Context()); err != nil {
					t.Fatal(err)
				}
				h.now = h.now.Add(time.Hour)
			}
			h.finish(oracleOf(t, w.Site, own), oracleOf(t, w.Site, own, h.events...))
		})
	}
}

// split deals the events out: some only to one, some to several.
func (h *history) split(r *rand.Rand, at time.Time) (before, after, removed []event.Event) {
	in := make(map[string]int)
	for _, e := range h.w.Copies {
		set, known := in[e.ID]
		if !known {
			set = 1 + r.IntN(15)
			in[e.ID] = set
			if set&2 != 0 {
				imported := e
				if imported.ReceivedAt = 0; set == 2 && (e.Visitor != "" || e.Session != "") && r.IntN(2) == 0 {
					imported.ID = ""
				}
				h.events = append(h.events, imported)
			}
		}
		if set&1 != 0 {
			before = append(before, e)
		}
		if event.Expired(event.Window(e.TS), at.Add(24*time.Hour).UnixMilli()) {
			continue
		}
		if set&4 != 0 {
			after = append(after, e)
		}
		if set&8 != 0 {
			removed = append(removed, e)
		}
	}
	r.Shuffle(len(h.events), func(i, j int) { h.events[i], h.events[j] = h.events[j], h.events[i] })
	h.cuts = querytest.Cut(r, h.events, 60)
	for i := range h.events { // the oracle knows every event by an id
		if h.events = slices.Clone(h.events); h.events[i].ID == "" {
			h.events[i].ID = fmt.Sprint("line ", i)
		}
	}
	return before, after, removed
}

func (h *history) load(copies []event.Event) {
	h.t.Helper()
	if len(copies) == 0 {
		return
	}
	if err := h.Load(h.t.Context(), copies); err != nil {
		h.t.Fatal(err)
	}
}

// others are the copies of events that were not imported.
func (h *history) others(copies []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(copies), func(e event.Event) bool {
		return slices.ContainsFunc(h.events, func(o event.Event) bool { return o.ID == e.ID })
	})
}

// inTime are the copies that are not late.
func (h *history) inTime(copies []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(copies), func(e event.Event) bool { return event.Late(e.TS, e.ReceivedAt) })
}

// only is the id of the only import.
func (h *history) only() string {
	h.t.Helper()
	list, err := h.imports().List(h.t.Context(), querytest.SiteID)
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d imports, %v", len(list), err)
	}
	return list[0].ID
}
