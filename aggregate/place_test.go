package aggregate

import (
	"errors"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

const hour = time.Hour

// The copies of an event arrive one after the other, and are processed in every order: it is counted once, at the place where all its copies are looked for.
func TestCopiesThatDisagreeAreCountedOnce(t *testing.T) {
	edge := 5 * time.Minute
	uuid7 := "019cec3a-e4d0-7285-b2a2-afdf636f9e36" // 2026-03-14T12:07:12Z
	for _, c := range []struct {
		name  string
		event event.Event
		after [3]time.Duration // when each copy arrives, after noon
		late  bool             // a copy may be late, where that depends on which is first
	}{
		{"never believed", event.Event{ID: "1", TS: noon.Add(hour).UnixMilli()}, [3]time.Duration{0, time.Minute, 2 * time.Minute}, false},
		{"believed in the end", event.Event{ID: "1", TS: noon.Add(edge + time.Minute).UnixMilli()}, [3]time.Duration{0, 30 * time.Second, time.Minute}, false},
		{"believed but at first", event.Event{ID: "1", TS: noon.Add(edge + 1e6).UnixMilli()}, [3]time.Duration{0, 1e6, 2e6}, false},
		{"no time", event.Event{ID: "order-1"}, [3]time.Duration{0, 15 * time.Second, hour}, false},
		{"a version 7 id that is ahead", event.Event{ID: uuid7}, [3]time.Duration{0, 3 * time.Minute, 10 * time.Minute}, false},
		{"days ahead", event.Event{ID: "1", TS: noon.Add(8 * 24 * hour).UnixMilli()}, [3]time.Duration{0, hour, 8*24*hour - edge}, false},
		{"just at the horizon", event.Event{ID: "1", TS: noon.Add(8*24*hour + edge).UnixMilli()}, [3]time.Duration{0, 1e6, 8 * 24 * hour}, false},
		{"no time, a day between", event.Event{ID: "order-1"}, [3]time.Duration{0, 24 * hour, 24*hour + 1e6}, true},
	} {
		for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			r := newRig(t)
			r.now = noon.Add(c.after[2]) // all have arrived
			for _, i := range order {
				e := c.event
				e.Visitor, e.ReceivedAt = "v", noon.Add(c.after[i]).UnixMilli()
				r.commit(r.place(e))
				if order[0] == 2 {
					r.restart()
				}
			}
			b := r.books()
			if b.Counted != 1 || b.Received != 3 || !b.Balanced() || b.Late > 0 && !c.late {
				t.Errorf("%s, in the order %v: %+v", c.name, order, b.Ledger)
			}
			if got := r.sample(); got.Visitors() != 1 || got.Hits() != 1 {
				t.Errorf("%s, in the order %v: %d visitors, %d hits", c.name, order, got.Visitors(), got.Hits())
			}
		}
	}
}

// All copies in one batch, believing ones first or last.
func TestCopiesThatDisagreeInOneBatch(t *testing.T) {
	for _, swap := range []bool{false, true} {
		r := newRig(t)
		r.now = noon.Add(time.Hour)
		e := event.Event{ID: "1", Visitor: "v", TS: noon.Add(6 * time.Minute).UnixMilli()}
		var copies []Copy
		for _, after := range []time.Duration{0, 10 * time.Second, 2 * time.Minute, 3 * time.Minute} {
			e.ReceivedAt = noon.Add(after).UnixMilli()
			copies = append(copies, r.place(e))
		}
		if swap {
			copies[0], copies[3] = copies[3], copies[0]
		}
		r.commit(copies...)
		l := r.commit(copies...)
		if b := r.books(); b.Counted != 1 || b.Duplicate != 3 || l.Redelivered != 4 || l.Received != 0 {
			t.Errorf("books %+v, redelivered %+v", b.Ledger, l)
		}
	}
}

// The window of an event is over for good only when its horizon is: before, a copy is counted or a duplicate, after that it is refused.
func TestExpiredWindows(t *testing.T) {
	r := newRig(t)
	e := event.Event{Site: "demo", Name: "x", ID: "1", TS: noon.UnixMilli(), ReceivedAt: noon.UnixMilli()}
	window := event.Window(noon.UnixMilli())
	end := time.UnixMilli(window + event.WindowMS + event.HorizonMS)
	for _, c := range []struct {
		now     time.Time
		expired bool
	}{{end.Add(-1e6), false}, {end, true}} {
		r.now = c.now
		_, err := r.committer.Place(t.Context(), r.site, &e, r.position())
		_, errDropped := r.committer.PlaceDropped(t.Context(), r.site, &e, r.position(), Bot, "")
		if errors.Is(err, ErrExpired) != c.expired || errors.Is(errDropped, ErrExpired) != c.expired {
			t.Errorf("at %v: %v, %v", c.now, err, errDropped)
		}
	}
}

func TestLatenessIsJudgedByArrival(t *testing.T) {
	for _, c := range []struct {
		name  string
		event event.Event
		now   time.Time
		want  Outcome
	}{
		{"24 h", event.Event{ID: "1", TS: noon.Add(-24 * hour).UnixMilli()}, noon, Counted},
		{"and 1 ms", event.Event{ID: "1", TS: noon.Add(-24*hour - 1e6).UnixMilli()}, noon, Late},
		{"processed days later", event.Event{ID: "1", TS: noon.UnixMilli(), ReceivedAt: noon.UnixMilli()}, noon.Add(7 * 24 * hour), Counted},
		{"no time is never late", event.Event{ID: "1"}, noon, Counted},
	} {
		r := newRig(t)
		r.now = c.now
		if cp := r.place(c.event); cp.Outcome != c.want {
			t.Errorf("%s: %v, want %v", c.name, cp.Outcome, c.want)
		}
	}
}
