package aggregate

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// logs counts the deltas that are kept.
func (c *counted) logs() (n int) {
	mustDo(c.reader.windows(c.ctx, c.site, []span{{0, c.now.UnixMilli()}}, store.Heads, func(piece) error { n++; return nil }))
	return n
}

// The day after which roll-ups are repaired and logs removed was counted from the start of the process: one that was stopped every night never did either.
func TestTidiedThoughNoProcessLivesForADay(t *testing.T) {
	c := newCounted(t, "UTC")
	c.countAt(time.Hour)
	c.now = c.now.Add(12 * 24 * time.Hour)
	mustDo(c.roller.Round(c.ctx))
	synctest.Test(t, func(*testing.T) {
		for range 3 {
			ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
			mustDo(NewRoller(c.store, c.sites, c.clock).Run(ctx))
			stop()
		}
	})
	if n := c.logs(); n != 0 {
		t.Errorf("%d deltas are kept after 12 days", n)
	}
}

// Roll-ups are tidied once a day, however many rollers start.
func TestTidiedOnceADay(t *testing.T) {
	c := newCounted(t, "UTC")
	calls := 0
	counting := NewRoller(storetest.Faulty(c.store, func(storetest.Op) storetest.Fault { calls++; return storetest.Pass }), c.sites, c.clock)
	for _, step := range []struct {
		later time.Duration
		tidy  bool
	}{{0, true}, {time.Minute, false}, {23 * time.Hour, false}, {time.Hour, true}, {-90 * 24 * time.Hour, true}, {time.Hour, false}} {
		c.now = c.now.Add(step.later)
		calls = 0
		mustDo(counting.tidy(c.ctx))
		if (calls > 1) != step.tidy {
			t.Errorf("%v later: %d calls of the store, want any but one: %v", step.later, calls, step.tidy)
		}
	}
}

// What is not repaired is not expired: its logs may be all that holds an event.
func TestNothingIsRemovedThatCouldNotBeRepaired(t *testing.T) {
	c := newCounted(t, "UTC")
	c.countAt(time.Hour)
	c.now = c.now.Add(12 * 24 * time.Hour)
	mustDo(c.roller.Round(c.ctx))
	calls := 0
	failing := storetest.Faulty(c.store, func(storetest.Op) storetest.Fault {
		if calls++; calls == 2 { // the first asks when that was last done
			return storetest.Fail
		}
		return storetest.Pass
	})
	if err := NewRoller(failing, c.sites, c.clock).tidy(c.ctx); err == nil || errors.Is(err, context.Canceled) {
		t.Fatalf("the repair failed, and that was %v", err)
	}
	if n := c.logs(); n != 1 {
		t.Errorf("%d deltas are kept, want 1", n)
	}
}

// A writer raised a mark, died before it appended, and its events never came again: the day was dirty for ever, and its logs were kept.
func TestAMarkOfADeltaThatNeverCameIsCleared(t *testing.T) {
	c := newCounted(t, "UTC")
	c.countAt(time.Hour)
	hour := c.now.Add(-time.Hour).UnixMilli()
	for _, at := range []int64{hour, hour + 5*minuteMS} { // where something was counted, and where nothing was
		mustDo(raiseMark(c.ctx, c.store, markKey(minutes, c.site.Gen, c.site.ID, child{start: event.Window(at)}), 2, &markState{}))
	}
	for _, step := range []struct{ days, marks, logs int }{{2, 2, 1}, {7, 2, 1}, {3, 0, 0}} {
		c.now = c.now.Add(time.Duration(step.days) * 24 * time.Hour)
		mustDo(c.roller.Round(c.ctx))
		mustDo(c.roller.Expire(c.ctx))
		if marks, logs := len(must(allMarks(c.ctx, c.store, minutes, undamaged))), c.logs(); marks != step.marks || logs != step.logs {
			t.Errorf("%d days later: %d marks, %d logs; want %d and %d", step.days, marks, logs, step.marks, step.logs)
		}
	}
}
