package apigw

import (
	"bytes"
	"context"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/embedded"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func (r *rig) salts() (keys []string) {
	r.t.Helper()
	for it, err := range r.store.Scan(r.t.Context(), store.Range{Partition: saltsPartition}) {
		if err != nil {
			r.t.Fatal(err)
		}
		keys = append(keys, it.Key.Sort)
	}
	return keys
}

// The address that a visitor came from is in no byte that was written, neither as text nor as a hash without the salt.
func TestAddressIsNeverWritten(t *testing.T) {
	dir := t.TempDir()
	s, err := embedded.Open(t.Context(), embedded.Options{Dir: filepath.Join(dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, parts{store: s, dir: filepath.Join(dir, "stream")})
	r.from("203.0.113.77:4711", `[{"site":"shop","name":"n"},{"site":"shop","name":"poison","ts":1}]`, "User-Agent: browser",
		"X-Forwarded-For: 198.51.100.99")
	r.consume()
	r.settle()
	if l := r.books("shop"); l.Received != 2 {
		t.Fatalf("books %+v", l)
	}
	visitor := r.onStream()[0].DoorVisitor
	t.Cleanup(func() { // after the rig let go of it
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	found := false
	for _, b := range contents(t, dir) {
		found = found || bytes.Contains(b, []byte(visitor))
		for _, secret := range []string{"203.0.113.77", "198.51.100.99", "\xcb\x00\x71\x4d"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%q was written", secret)
			}
		}
	}
	if !found {
		t.Error("the event itself was not found in the files: this test looks at the wrong ones")
	}
}

func contents(t *testing.T, dir string) (all [][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Two doors over one store find the same visitors, whichever was first.
func TestDoorsShareSalts(t *testing.T) {
	s := storetest.NewMemory()
	one, two := newRig(t, parts{store: s}), newRig(t, parts{store: s})
	one.clock.toNoon()
	two.clock.toNoon()
	var visitors []string
	for _, r := range []*rig{one, two, one, two} {
		visitors = append(visitors, r.doorVisitor("shop", "192.0.2.1:1", "browser", ""))
	}
	if slices.Sort(visitors); visitors[0] != visitors[3] {
		t.Errorf("visitors %q", visitors)
	}
}

// Doors that make the first salt of a day at the same time end with the same one.
func TestDoorsRaceForASalt(t *testing.T) {
	clock, k := newClock(), saltKey{"shop", 20_000}
	for range 50 {
		s := storetest.NewMemory()
		var running sync.WaitGroup
		var got [4]string
		for i := range got {
			running.Go(func() {
				v, err := newSalts(s, clock.now).visitor(t.Context(), k, "address", "agent")
				if err != nil {
					t.Error(err)
				}
				got[i] = v
			})
		}
		if running.Wait(); got[0] == "" || got != [4]string{got[0], got[0], got[0], got[0]} {
			t.Fatalf("visitors %q", got)
		}
	}
}

// A salt lives 48 hours and no longer, also where nobody purged it, or another process still has it in memory.
func TestSaltsEnd(t *testing.T) {
	r := newRig(t, parts{})
	ctx, k := t.Context(), saltKey{"shop", 20_000}
	visitor := func() string {
		v, err := r.server.salts.visitor(ctx, k, "address", "agent")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := visitor()
	r.clock.forward(saltLife - time.Minute)
	r.purge(ctx)
	if visitor() != first || len(r.salts()) != 1 {
		t.Error("the salt ended early")
	}
	r.clock.forward(2 * time.Minute)
	second := visitor()
	if second == first {
		t.Error("the salt is used after its end")
	}
	r.clock.forward(saltLife + time.Minute)
	r.purge(ctx)
	if n := len(r.server.salts.known); n != 0 || len(r.salts()) != 0 {
		t.Errorf("after the purge there are %d salts in memory and %q in the store", n, r.salts())
	}
	if v := visitor(); v == first || v == second {
		t.Error("a deleted salt came back")
	}
}

func (r *rig) purge(ctx context.Context) {
	r.t.Helper()
	if err := r.server.PurgeSalts(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// A salt that cannot be read is replaced, and purged.
func TestCorruptSalts(t *testing.T) {
	r := newRig(t, parts{})
	k := saltKey{"shop", 20_000}
	for _, value := range []string{"", "short", hex.EncodeToString(make([]byte, 40))} {
		if _, err := r.store.Put(t.Context(), k.in(), []byte(value), store.Write{Any: true}); err != nil {
			t.Fatal(err)
		}
		if v, err := newSalts(r.store, r.clock.now).visitor(t.Context(), k, "a", "b"); err != nil || len(v) != 32 {
			t.Errorf("%q: %q %v", value, v, err)
		}
	}
	if _, err := r.store.Put(t.Context(), k.in(), []byte("short"), store.Write{Any: true}); err != nil {
		t.Fatal(err)
	}
	if r.purge(t.Context()); len(r.salts()) != 0 {
		t.Error("it is still there")
	}
}

// The day is the site's own: local midnight changes the visitor, midnight in UTC does not.
func TestLocalDay(t *testing.T) {
	for _, tz := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(tz)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(1969, 12, 30, 0, 0, 0, 0, time.UTC); at.Year() < 1971 || at.Year() > 2025 && at.Year() < 2027; at = at.Add(47 * time.Minute) {
			if at.Year() == 1970 && at.Month() == 3 {
				at = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			got := saltKey{"s", localDay(at.UnixMilli(), zone)}.in().Sort
			if want := "s#" + at.In(zone).Format(time.DateOnly); got != want {
				t.Fatalf("%v in %s: %s, want %s", at, tz, got, want)
			}
		}
	}
}

func TestSaltOfTheSitesDay(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"far","tz":"Pacific/Kiritimati"}`, "Content-Type: application/json")
	r.doorVisitor("far", "192.0.2.1:1", "browser", "")
	zone, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.salts(), "far#"+time.UnixMilli(r.only().ReceivedAt).In(zone).Format(time.DateOnly); len(got) != 1 || got[0] != want {
		t.Errorf("salts %q, want %q", got, want)
	}
}
