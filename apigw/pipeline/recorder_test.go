package pipeline

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/aggregate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listed are the shards that the stream lists.
type listed struct {
	mu  sync.Mutex // guards all
	all []Shard
}

func (l *listed) list() []Shard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func (l *listed) change(f func(all []Shard) []Shard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = f(l.all)
}

// running is a recorder that ticks until stop, with two shards.
func running(t *testing.T) (r *Recorder, shards *listed, stop func()) {
	shards = &listed{all: []Shard{{Shard: "a", State: Polling}, {Shard: "b", State: Idle}}}
	var sums StoreSums
	r = NewRecorder(Sources{
		Shards: shards.list,
		Store: func() StoreSums {
			sums.Writes += 3
			sums.WrittenBytes += 300
			sums.Reads++
			return sums
		},
		Facts: func(context.Context) (Facts, error) {
			return Facts{Books: aggregate.Books{Ledger: aggregate.Ledger{Received: 5, Counted: 4, Quarantined: 1}, Accepted: 5}, Rolls: aggregate.RollState{
				RolledUpTo: time.Now().Add(-time.Minute).UnixMilli(), Marks: aggregate.RollMarks{Minute: 2},
			}}, nil
		},
		Roller: func(out *Rollup) { out.Passes = 9 },
	}, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	time.Sleep(500 * time.Millisecond) // what the test does is between two ticks
	return r, shards, func() { cancel(); <-done }
}

func view(t *testing.T, r *Recorder) *View {
	t.Helper()
	v, err := r.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func near(got, want float64) bool { return math.Abs(got-want) <= 0.02*want }

func TestView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, stop := running(t)
		defer stop()
		for range 20 { // 20 s of traffic: 100 records of 50 bytes and 40 events a second
			time.Sleep(time.Second)
			r.Batch("a", 100, 5000, 40*time.Millisecond, false)
			r.Batch("b", 0, 0, 10*time.Millisecond, true)
			r.Door(40, 2, 1)
			r.Acked(3 * time.Millisecond)
			r.Delays(maps.All(map[time.Duration]uint64{20 * time.Millisecond: 2, 80 * time.Millisecond: 1}))
		}
		r.Bisected("b")
		r.Discarded("b", 7)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		v := view(t, r)
		if d := v.Door; !near(d.AcceptedPerS, 40) || !near(d.InvalidPerS, 2) || !near(d.RetryPerS, 1) || !near(d.AckP50MS, 3) || !near(d.AckP99MS, 3) {
			t.Errorf("door %+v", d)
		}
		if a := v.Shards[0]; !near(a.RecordsPerS, 100) || !near(a.BytesPerS, 5000) || !near(a.BatchP50MS, 40) || a.Batches != 20 || a.Retries != 0 || a.State != Polling {
			t.Errorf("shard a %+v", a)
		}
		if b := v.Shards[1]; b.RecordsPerS != 0 || !near(b.BatchP99MS, 10) || b.Retries != 20 || b.Bisects != 1 || b.Discarded != 7 {
			t.Errorf("shard b %+v", b)
		}
		if d := v.Delay; d.Count != 60 || !near(d.P50MS, 20) || !near(d.P90MS, 80) {
			t.Errorf("delay %+v", d)
		}
		if s := v.Store; !near(s.WritesPerS, 3) || !near(s.BytesPerS, 300) || !near(s.ReadsPerS, 1) {
			t.Errorf("store %+v", s)
		}
		if v.Ledger.Counted != 4 || v.Quarantine.Waiting != 1 || v.Rollup.LagMS != 60_000 || v.Rollup.Marks.Minute != 2 || v.Rollup.Passes != 9 {
			t.Errorf("facts %+v %+v %+v", v.Ledger, v.Quarantine, v.Rollup)
		}
		if v.AsOf-v.StartedAt != 21_000 || v.Missing == nil || len(v.Missing) > 0 {
			t.Errorf("%d to %d, missing %v", v.StartedAt, v.AsOf, v.Missing)
		}
		time.Sleep(10 * time.Second)
		if v := view(t, r); v.Shards[0].RecordsPerS != 0 || v.Door.AcceptedPerS != 0 || v.Delay.Count != 60 {
			t.Errorf("ten quiet seconds later: %+v %+v %+v", v.Shards[0], v.Door, v.Delay)
		}
		time.Sleep(windowSpan + slotSpan)
		if v := view(t, r); v.Delay != (Delay{}) || v.Door.AckP50MS != 0 {
			t.Errorf("long after: %+v", v.Delay)
		}
	})
}

// The history has a point for each five seconds of the last ten minutes; a point never changes, and no second is in two of them.
func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shards, stop := running(t)
		defer stop()
		before := map[int64]Point{}
		var total float64
		for second := range 1500 {
			time.Sleep(time.Second)
			r.Batch("a", second%7, 0, time.Millisecond, false)
			shards.change(func(all []Shard) []Shard { all[1].IteratorAgeMS = int64(second % 100); return all })
			synctest.Wait()
			if second%5 != 2 {
				continue
			}
			history := view(t, r).History
			if len(history) > historyTicks/rateTicks {
				t.Fatalf("%d points", len(history))
			}
			for i, p := range history {
				if old, known := before[p.T]; known && old != p {
					t.Fatalf("the point at %d was %+v, and is %+v", p.T, old, p)
				} else if !known {
					total += p.RecordsPerS * rateTicks
				}
				before[p.T] = p
				if i > 0 && p.T-history[i-1].T != rateTicks*1000 {
					t.Fatalf("points at %d and %d", history[i-1].T, p.T)
				}
			}
		}
		var want float64
		for second := range 1500 {
			want += float64(second % 7)
		}
		if !near(total, want) {
			t.Errorf("the points add up to %v records, %v were counted", total, want)
		}
		var oldest uint64 = math.MaxUint64
		if n := len(r.ticks.all); n != historyTicks+1 {
			t.Errorf("%d ticks are kept", n)
		}
		for _, one := range r.ticks.all {
			if one.shards != nil {
				oldest = min(oldest, one.n)
			}
		}
		if kept := r.ticks.next - oldest; kept != rateTicks+1 {
			t.Errorf("the sums of shards are kept for %d ticks", kept)
		}
	})
}

// A shard that the stream does not list any more is forgotten, and the rate of all does not drop below zero for it.
func TestShardsThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, shards, stop := running(t)
		defer stop()
		r.Batch("b", 1000, 0, time.Millisecond, false)
		time.Sleep(7 * time.Second)
		shards.change(func(all []Shard) []Shard { return all[:1] })
		for range 30 {
			r.Batch("a", 10, 0, time.Millisecond, false)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		v := view(t, r)
		if len(v.Shards) != 1 || len(r.shards) != 1 {
			t.Errorf("%d shards are shown, %d kept", len(v.Shards), len(r.shards))
		}
		if last := v.History[len(v.History)-1]; !near(last.RecordsPerS, 10) {
			t.Errorf("the last point is %+v", last)
		}
		for _, p := range v.History[2:] {
			if p.RecordsPerS > 12 {
				t.Errorf("a shard that went counts again: %+v", p)
			}
		}
	})
}

func TestViewWithoutFacts(t *testing.T) {
	down := errors.New("down")
	r := NewRecorder(Sources{Facts: func(context.Context) (Facts, error) { return Facts{}, down }, Missing: []string{"delay"}}, time.Now)
	if _, err := r.View(t.Context()); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	r.sources.Facts = func(context.Context) (Facts, error) { return Facts{}, nil }
	if v := view(t, r); len(v.Missing) != 1 || v.Shards == nil || v.History == nil {
		t.Errorf("%+v", v)
	}
}

// What the page's question costs, once a second while it is open: two shards, five minutes of everything.
func BenchmarkView(b *testing.B) {
	now := time.Now()
	r := NewRecorder(Sources{
		Facts:  func(context.Context) (Facts, error) { return Facts{}, nil },
		Shards: func() []Shard { return []Shard{{Shard: "a"}, {Shard: "b"}} },
	}, func() time.Time { return now })
	for i := range 1000 {
		now = now.Add(time.Second)
		for j := range 50 {
			d := time.Duration(1+(i*j)%300) * time.Millisecond
			r.Batch("a", 10, 10, d, false)
			r.Batch("b", 10, 10, d, false)
			r.Acked(d)
			r.Delays(maps.All(map[time.Duration]uint64{d: 1}))
		}
		r.tick()
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.View(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
