package aggregate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// A site that was removed and taken anew begins without numbers, and hashes as before.
func TestSiteTakenAnew(t *testing.T) {
	r := newRig(t)
	r.count("1", "v", "/", noon)
	mustDo(r.sites.Remove(t.Context(), "demo"))
	if _, err := r.sites.Get(t.Context(), "demo"); !errors.Is(err, ErrNoSite) {
		t.Errorf("a removed site: %v", err)
	}
	if _, created, err := r.sites.Ensure(t.Context(), "demo"); created || !errors.Is(err, ErrNoSite) {
		t.Errorf("Ensure brought a removed site back: %v %v", created, err)
	}
	if err := r.sites.Remove(t.Context(), "demo"); !errors.Is(err, ErrNoSite) {
		t.Errorf("removed twice: %v", err)
	}
	again := must(r.sites.Add(t.Context(), Site{ID: "demo", TZ: "Europe/Berlin"}))
	if again.Gen != r.site.Gen+1 || again.Seed != r.site.Seed || again.TZ != "Europe/Berlin" || again.Removed {
		t.Errorf("first %+v, then %+v", r.site, again)
	}
	if b := r.books(); b.Received != 0 {
		t.Errorf("it has numbers: %+v", b)
	}
	r.site = again
	r.count("1", "v", "/", noon)
	if b := r.books(); b.Counted != 1 {
		t.Errorf("its first event: %+v", b)
	}
}

func TestBadSites(t *testing.T) {
	sites := NewSites(storetest.NewMemory(), func() time.Time { return noon })
	for _, s := range []Site{
		{ID: ""}, {ID: "Demo"}, {ID: "a#b"}, {ID: "_"}, {ID: strings.Repeat("x", event.MaxSite+1)},
		{ID: "a", TZ: "Mars/Base"}, {ID: "a", TZ: "Local"}, {ID: "a", Bots: "keep"},
	} {
		if _, err := sites.Add(t.Context(), s); !errors.Is(err, ErrBadSite) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if list := must(sites.List(t.Context())); len(list) != 0 {
		t.Errorf("sites %+v", list)
	}
}

func TestSitesAreListedWithoutTheRemoved(t *testing.T) {
	sites := NewSites(storetest.NewMemory(), func() time.Time { return noon })
	for _, id := range []string{"c.example", "a.example", "b.example"} {
		if s := must(sites.Add(t.Context(), Site{ID: id})); s.TZ != "UTC" || s.Bots != DropBots || s.Gen != 1 || s.Seed == 0 {
			t.Errorf("defaults: %+v", s)
		}
	}
	mustDo(sites.Remove(t.Context(), "b.example"))
	var ids []string
	for _, s := range must(sites.List(t.Context())) {
		ids = append(ids, s.ID)
	}
	if strings.Join(ids, " ") != "a.example c.example" {
		t.Errorf("sites %v", ids)
	}
}

// Of two that create a site at the same time, one does: both have the same seed then.
func TestSitesAreCreatedOnce(t *testing.T) {
	memory := storetest.NewMemory()
	now := func() time.Time { return noon }
	other := NewSites(memory, now)
	var theirs Site
	s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		if op.Method == "Put" && theirs.ID == "" {
			theirs = must(other.Add(t.Context(), Site{ID: "demo"}))
		}
		return storetest.Pass
	})
	ours, created, err := NewSites(s, now).Ensure(t.Context(), "demo")
	if err != nil || created || ours.Seed != theirs.Seed {
		t.Errorf("ours %+v (created %v, %v), theirs %+v", ours, created, err, theirs)
	}
}

// What another process changes is seen within siteTTL.
func TestSitesGrowOld(t *testing.T) {
	s := storetest.NewMemory()
	now := noon
	clock := func() time.Time { return now }
	here, there := NewSites(s, clock), NewSites(s, clock)
	must(here.Add(t.Context(), Site{ID: "demo"}))
	mustDo(there.Remove(t.Context(), "demo"))
	now = now.Add(siteTTL)
	if _, err := here.Get(t.Context(), "demo"); !errors.Is(err, ErrNoSite) {
		t.Errorf("after %v: %v", siteTTL, err)
	}
}

// Somebody else writes the site between the reading and the writing of a removal.
func TestSiteIsRemovedThoughItChangesMeanwhile(t *testing.T) {
	memory := storetest.NewMemory()
	now := func() time.Time { return noon }
	changed := false
	s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		if op.Method == "Put" && changed {
			changed = false
			it := must(memory.Get(t.Context(), store.Key{Partition: op.Partition, Sort: op.Sort}))
			must(memory.Put(t.Context(), it.Key, it.Value, store.Write{Any: true}))
		}
		return storetest.Pass
	})
	sites := NewSites(s, now)
	must(sites.Add(t.Context(), Site{ID: "demo"}))
	changed = true
	if err := sites.Remove(t.Context(), "demo"); err != nil {
		t.Errorf("remove: %v", err)
	}
	if _, err := NewSites(memory, now).Get(t.Context(), "demo"); !errors.Is(err, ErrNoSite) {
		t.Errorf("after the removal: %v", err)
	}
}
