package aggregate

import (
	"context"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func TestRollState(t *testing.T) {
	r := newRig(t)
	verdict := storetest.Pass
	roller := NewRoller(storetest.Faulty(r.store, func(storetest.Op) storetest.Fault { return verdict }), r.sites, r.clock)
	reader := NewReader(r.store, r.sites)
	state := func() RollState { return must(reader.RollState(t.Context())) }
	if s := state(); s != (RollState{}) || s.Lag(r.now) != 0 {
		t.Errorf("before anything: %+v", s)
	}

	r.commit(r.place(event.Event{ID: "1", Visitor: "v"}))
	r.now = r.now.Add(3 * time.Minute)
	mustDo(roller.Round(t.Context()))
	if s := state(); s.RolledUpTo != r.now.UnixMilli()/minuteMS*minuteMS || s.Marks != (RollMarks{}) || s.Lag(r.now) != 30*time.Second {
		t.Errorf("after a round: %+v, behind by %v", s, s.Lag(r.now))
	}
	if got := roller.Stats(); got != (RollStats{Passes: 1, LastPass: r.now}) {
		t.Errorf("after a round: %+v", got)
	}

	// A late event marks its minute, and a round that fails leaves the mark and the lag.
	r.commit(r.place(event.Event{ID: "2", Visitor: "v", TS: r.now.Add(-3 * time.Minute).UnixMilli()}))
	done := r.now
	r.now = r.now.Add(10 * time.Minute)
	verdict = storetest.Fail
	if err := roller.Round(t.Context()); err == nil {
		t.Error("a round on a store that is down is done")
	}
	if s := state(); s.Marks != (RollMarks{Minute: 1}) || s.Lag(r.now) != 10*time.Minute+30*time.Second {
		t.Errorf("after a round that failed: %+v, behind by %v", s, s.Lag(r.now))
	}
	if got := roller.Stats(); got != (RollStats{Passes: 2, Failures: 1, LastPass: done}) {
		t.Errorf("after a round that failed: %+v", got)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	_ = roller.Round(ended)
	if got := roller.Stats(); got.Failures != 1 {
		t.Errorf("a round that the process did not wait for is a failure: %+v", got)
	}
	verdict = storetest.Pass
	mustDo(roller.Round(t.Context()))
	if s := state(); s.Marks != (RollMarks{}) || s.Lag(r.now) >= 71*time.Second {
		t.Errorf("in the end: %+v, behind by %v", s, s.Lag(r.now))
	}
}
