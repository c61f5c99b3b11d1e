package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// importing is a store with a site and imports.
type importing struct {
	*rig
	roller  *Roller
	imports *Imports
}

func newImporting(t *testing.T) *importing {
	r := newRig(t)
	roller := NewRoller(r.store, r.sites, r.clock)
	return &importing{r, roller, NewImports(r.store, r.sites, roller, r.clock)}
}

func fileOf(digit string) []ImportFile {
	return []ImportFile{{Name: "log." + digit, SHA256: strings.Repeat(digit, 64)}}
}

// fill imports pageviews with these ids and times.
func (r *importing) fill(imp Import, at map[string]time.Time) Ledger {
	r.t.Helper()
	var copies []Copy
	for id, at := range at {
		e := event.Event{Site: r.site.ID, Name: event.Pageview, ID: id, Visitor: id, URL: "/old", TS: at.UnixMilli(), ReceivedAt: r.now.UnixMilli()}
		cp := must(r.committer.PlaceImported(r.t.Context(), r.current(), imp.Gen, &e, r.position(), true))
		cp.Hit = plainHit(&e, cp.At)
		copies = append(copies, cp)
	}
	return must(r.committer.CommitImported(r.t.Context(), r.current(), copies))
}

func (r *importing) begin(digit string) Import {
	r.t.Helper()
	imp, _, err := r.imports.Begin(r.t.Context(), r.site.ID, fileOf(digit), "")
	if err != nil {
		r.t.Fatal(err)
	}
	return imp
}

func (r *importing) finish(imp Import) Import {
	r.t.Helper()
	return must(r.imports.Finish(r.t.Context(), r.site.ID, imp.ID, 0))
}

func (r *importing) remove(imp Import) {
	r.t.Helper()
	mustDo(r.imports.Remove(r.t.Context(), r.site.ID, imp.ID))
}

// current is the site as it is in the store.
func (r *importing) current() Site {
	site, _, err := r.sites.read(context.Background(), r.site.ID)
	mustDo(err)
	return site
}

// views counts the pageviews of a site, of all time.
func (r *importing) views() (n int) {
	r.t.Helper()
	st := must(NewReader(r.store, r.sites).stretch(r.t.Context(), r.current(), span{0, forEver}, days))
	for _, s := range st.parts.samples { // of each alone: merged with a day that has no sample any more, none would be left
		n += must(sketch.Project(sketch.Needs{}, []*sketch.Packed{s})).Hits()
	}
	for _, rest := range slices.Concat(st.parts.rests, st.thin.rests) {
		n += int(rest.Pageviews)
	}
	return n
}

func (r *importing) wantViews(n int) {
	r.t.Helper()
	if got := r.views(); got != n {
		r.t.Errorf("%d pageviews, want %d", got, n)
	}
}

// years are times from yesterday to long ago.
func (r *importing) years(prefix string, n int) map[string]time.Time {
	at := make(map[string]time.Time)
	for i := range n {
		at[fmt.Sprint(prefix, i)] = r.now.Add(-time.Duration(i*i) * 31 * time.Hour)
	}
	return at
}

// An import shows when it is done, in the figures and not in the books, and no more when it was taken out.
func TestImportIsSwitched(t *testing.T) {
	r := newImporting(t)
	r.count("a", "a", "/", r.now)
	imp := r.begin("a")
	if l := r.fill(imp, r.years("old", 30)); l.Counted != 30 {
		t.Errorf("%+v", l)
	}
	r.wantViews(1)
	if done := r.finish(imp); !done.Done || done.ImportSum != (ImportSum{Counted: 30}) {
		t.Errorf("%+v", done)
	}
	r.wantViews(31)
	if again := r.finish(imp); again.ImportSum.Counted != 30 || r.current().Switched != 1 {
		t.Errorf("finished again: %+v", again)
	}
	if b := r.books(); b.Received != 1 || b.Counted != 1 {
		t.Errorf("the books are %+v", b)
	}
	if n, events, err := r.imports.Counted(t.Context(), ""); n != 1 || events != 30 || err != nil {
		t.Errorf("%d imports of %d events, %v", n, events, err)
	}
	r.remove(imp)
	r.wantViews(1)
	if _, _, err := r.imports.Get(t.Context(), r.site.ID, imp.ID); !errors.Is(err, ErrNoImport) {
		t.Errorf("it is still there: %v", err)
	}
}

// Of two imports one is first; what they share counts once; a file cannot be in both.
func TestImportsOfOneSite(t *testing.T) {
	r := newImporting(t)
	first := r.begin("a")
	if same := r.begin("a"); same.Gen != first.Gen {
		t.Errorf("begun again: %+v, want generation %d", same, first.Gen)
	}
	if _, _, err := r.imports.Begin(t.Context(), r.site.ID, fileOf("b"), ""); !errors.Is(err, ErrImporting) {
		t.Errorf("a second one: %v", err)
	}
	shared := r.years("x", 4)
	r.fill(first, shared)
	r.finish(first)
	_, _, err := r.imports.Begin(t.Context(), r.site.ID, append(fileOf("b"), fileOf("a")...), "")
	if !errors.Is(err, ErrImported) || !strings.Contains(err.Error(), "log.a") {
		t.Errorf("a file of another import: %v", err)
	}
	second := r.begin("b")
	for id, at := range r.years("y", 3) {
		shared[id] = at
	}
	if l := r.fill(second, shared); l.Counted != 3 || l.Duplicate != 4 {
		t.Errorf("the second counts %+v", l)
	}
	r.finish(second)
	r.wantViews(7)
	r.remove(first)
	r.wantViews(3)
}

// An import that is given up holds no ids, and its generation is never given again.
func TestImportIsGivenUp(t *testing.T) {
	r := newImporting(t)
	imp := r.begin("a")
	r.fill(imp, map[string]time.Time{"a": r.now, "b": r.now})
	r.count("a", "v", "/", r.now)
	r.wantViews(0) // it is the import's
	r.remove(imp)
	if _, err := r.imports.Finish(t.Context(), r.site.ID, imp.ID, 0); !errors.Is(err, ErrNoImport) {
		t.Errorf("finished: %v", err)
	}
	r.count("b", "v", "/", r.now)
	r.restart()
	r.count("c", "v", "/", r.now)
	r.wantViews(2)
	again := r.begin("a")
	if again.Gen <= imp.Gen {
		t.Errorf("generation %d after %d", again.Gen, imp.Gen)
	}
	if l := r.fill(again, map[string]time.Time{"a": r.now, "b": r.now}); l.Counted != 1 || l.Duplicate != 1 {
		t.Errorf("again: %+v", l)
	}
	r.finish(again)
	r.wantViews(3)
}

// A site that was removed and comes back has no imports, and takes the same files anew.
func TestImportsOfARemovedSite(t *testing.T) {
	r := newImporting(t)
	imp := r.begin("a")
	r.fill(imp, r.years("old", 3))
	r.finish(imp)
	mustDo(r.sites.Remove(t.Context(), r.site.ID))
	if _, err := r.imports.List(t.Context(), r.site.ID); !errors.Is(err, ErrNoSite) {
		t.Errorf("of a removed site: %v", err)
	}
	r.site = must(r.sites.Add(t.Context(), Site{ID: r.site.ID, TZ: "Asia/Kolkata"}))
	r.wantViews(0)
	again := r.begin("a")
	if r.site.Gen <= imp.Gen || again.Gen <= r.site.Gen {
		t.Errorf("generations %d, %d, %d", imp.Gen, r.site.Gen, again.Gen)
	}
	r.fill(again, r.years("old", 3))
	r.finish(again)
	r.wantViews(3)
}

// Whatever age it has, history is rolled up, expires and is repaired as what was counted live.
func TestImportsExpire(t *testing.T) {
	r := newImporting(t)
	imp := r.begin("a")
	r.fill(imp, r.years("old", 40))
	r.finish(imp)
	gen := r.current().as(imp.Gen)
	logs := func() int { return len(must(cellsWithin(t.Context(), r.store, imp.Gen, r.site.ID, 0, forEver))) }
	before := logs()
	for range 3 {
		mustDo(r.roller.Expire(t.Context()))
		mustDo(r.roller.Repair(t.Context()))
		mustDo(r.roller.Round(t.Context()))
		r.wantViews(40)
		r.now = r.now.Add(30 * time.Hour)
	}
	if after := logs(); before != 40 || after != 3 { // of yesterday, a day and five before
		t.Errorf("%d hours have logs, %d after they expired", before, after)
	}
	thin := 0
	mustDo(eachRollup(t.Context(), r.store, days, gen, span{0, forEver}, func(_ string, d *rollup, _ store.Revision) error {
		if d.thin {
			thin++
		}
		return nil
	}))
	if thin == 0 {
		t.Error("no day of an import was thinned")
	}
	r.now = r.now.Add(12 * 24 * time.Hour) // what was not closed when it was switched in is rolled up with the rest
	mustDo(r.roller.Round(t.Context()))
	mustDo(r.roller.Expire(t.Context()))
	if after := logs(); after != 0 {
		t.Errorf("%d hours have logs at last", after)
	}
	r.wantViews(40)
}

// keysOf counts the keys of a generation, wherever they are.
func (r *importing) keysOf(gen Site) (n int) {
	for lv := minutes; lv <= days; lv++ {
		n += len(must(siteMarks(r.t.Context(), r.store, lv, gen.Gen, gen.ID, span{0, forEver})))
		for at := int64(0); at < r.now.UnixMilli()+dayMS; at = lv.chunk(at).to {
			for _, p := range []string{lv.partition(gen, at), bodyPartition(lv.partition(gen, at))} {
				for range r.store.Scan(r.t.Context(), store.Range{Partition: p}) {
					n++
				}
			}
		}
	}
	for h := int64(0); h < r.now.UnixMilli()+dayMS; h += hourMS {
		log := Log{Gen: gen.Gen, Site: gen.ID, Window: h}
		for range r.store.ScanLogs(r.t.Context(), store.Range{Partition: log.hourPartition()}, store.Heads) {
			n++
		}
	}
	return n + len(must(cellsWithin(r.t.Context(), r.store, gen.Gen, gen.ID, 0, forEver)))
}

// What an import kept goes, all of it, when nobody can read it any more; and the live numbers stay.
func TestSweepLeavesNothing(t *testing.T) {
	for _, finished := range []bool{true, false} {
		r := newImporting(t)
		r.count("a", "a", "/", r.now)
		imp := r.begin("a")
		r.fill(imp, r.years("old", 12))
		if finished {
			r.finish(imp)
			mustDo(r.roller.Expire(t.Context()))
		}
		gen := r.current().as(imp.Gen)
		r.remove(imp)
		mustDo(r.roller.Expire(t.Context()))
		if r.keysOf(gen) == 0 {
			t.Error("the keys are gone at once: who read the site before lacks them")
		}
		r.now = r.now.Add(sweepAfter)
		mustDo(r.roller.Expire(t.Context()))
		if n := r.keysOf(gen); n > 0 {
			t.Errorf("%d keys are left", n)
		}
		if left := must(importItems(t.Context(), r.store, r.site.ID)); len(left) > 0 {
			t.Errorf("left: %+v", left)
		}
		r.wantViews(1)
	}
}

// A process dies between reserving a generation and noting what for: the next import takes it.
func TestReservedGenerationIsTakenOver(t *testing.T) {
	r := newImporting(t)
	must(r.sites.layer(t.Context(), r.site.ID, func(s *Site) error { s.Given, s.Filling = 5, 5; return nil }))
	if imp := r.begin("a"); imp.Gen != 5 {
		t.Errorf("generation %d, want 5", imp.Gen)
	}
}

// What an import is of must be said well.
func TestBadImports(t *testing.T) {
	r := newImporting(t)
	for name, files := range map[string][]ImportFile{
		"none": nil, "short": {{SHA256: "00"}}, "not hexadecimal": {{SHA256: strings.Repeat("g", 64)}}, "twice": append(fileOf("a"), fileOf("a")...),
		"many": make([]ImportFile, maxImportFiles+1), "long name": {{Name: strings.Repeat("a", 1001), SHA256: strings.Repeat("a", 64)}},
	} {
		if _, _, err := r.imports.Begin(t.Context(), r.site.ID, files, ""); !errors.Is(err, ErrBadImport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(r.sites.layer(t.Context(), r.site.ID, func(s *Site) error { s.Layers = make([]uint32, maxLayers); return nil }))
	if _, _, err := r.imports.Begin(t.Context(), r.site.ID, fileOf("a"), ""); !errors.Is(err, ErrBadImport) {
		t.Errorf("too many imports: %v", err)
	}
}
