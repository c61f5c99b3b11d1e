package aggregate

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// logIDs returns the logs of a span, and what they hold together.
func (r *rig) logIDs(from, to time.Time) (logs []LogIDs) {
	r.t.Helper()
	err := NewReader(r.store, r.sites).EachLogIDs(r.t.Context(), r.site.ID, from.UnixMilli(), to.UnixMilli(), func(l LogIDs) error {
		l.IDs = slices.Clone(l.IDs)
		logs = append(logs, l)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return logs
}

func TestLogIDs(t *testing.T) {
	r := newRig(t)
	before := noon.Add(-time.Hour)
	first := r.place(event.Event{ID: "a", TS: before.UnixMilli()})
	again := r.place(event.Event{ID: "a", TS: before.UnixMilli()})
	r.commit(first)
	r.commit(again)
	r.commit(again) // the second copy once more: it has its outcome
	r.count("b", "", "/", before.Add(time.Second))
	r.count("c", "", "/", noon)
	late := must(r.committer.PlaceDropped(t.Context(), r.site, &event.Event{ID: "d", ReceivedAt: noon.UnixMilli()}, r.position(), Late, ""))
	r.commit(late)

	logs := r.logIDs(before.Truncate(time.Minute), noon.Add(time.Minute))
	hash := r.site.HashID
	if len(logs) != 2 || !slices.Equal(logs[0].IDs, []uint64{hash("a"), hash("b")}) || !slices.Equal(logs[1].IDs, []uint64{hash("c")}) {
		t.Fatalf("logs %+v", logs)
	}
	if o := logs[0].Outcomes; o[Counted] != 2 || o[Duplicate] != 1 {
		t.Errorf("outcomes %v", o)
	}
	if o := logs[1].Outcomes; o[Counted] != 1 || o[Late] != 1 || logs[1].Window != event.Window(noon.UnixMilli()) {
		t.Errorf("outcomes %v of window %d", o, logs[1].Window)
	}
	if logs := r.logIDs(noon, noon.Add(time.Hour)); len(logs) != 1 {
		t.Errorf("the last hour has %+v", logs)
	}
	got := must(NewReader(r.store, r.sites).HashIDs(t.Context(), r.site.ID, []string{"c", "x"}))
	if !slices.Equal(got, []uint64{hash("c"), hash("x")}) {
		t.Errorf("hashes %x", got)
	}
	reader, stop := NewReader(r.store, r.sites), errors.New("stop")
	if err := reader.EachLogIDs(t.Context(), r.site.ID, 0, forEver, func(LogIDs) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error ends with %v", err)
	}
	if err := reader.EachLogIDs(t.Context(), "nobody", 0, forEver, nil); !errors.Is(err, ErrNoSite) {
		t.Errorf("a site that is none: %v", err)
	}
}
