package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func (r *liveRig) snapshot() (a Answer, v LiveView) {
	r.t.Helper()
	a = must(r.live.Snapshot(r.t.Context(), "demo"))
	mustDo(json.Unmarshal(a.Data, &v))
	return a, v
}

// What is asked for is what is sent: a snapshot says what the first frame says, after any course of events, with late ones among them.
func TestSnapshotIsTheFirstFrame(t *testing.T) {
	for seed := range uint64(20) {
		testLive(t, func(t *testing.T, r *liveRig) {
			rnd := rand.New(rand.NewPCG(seed, 4))
			for range 40 {
				switch rnd.IntN(4) {
				case 0:
					r.see(fmt.Sprint("v", rnd.IntN(9)), fmt.Sprint("/", rnd.IntN(5)))
				case 1:
					r.now = time.Now()
					r.count(fmt.Sprint("late-", r.seq), "late", "/late", r.now.Add(-time.Duration(rnd.IntN(900))*time.Second))
				case 2:
					r.snapshot()
				case 3:
					time.Sleep(time.Duration(rnd.IntN(60)) * time.Second)
				}
			}
			time.Sleep(booksIdle) // by then everything was read again
			_, asked := r.snapshot()
			p := r.open("")
			p.read()
			oldest := time.Now().UnixMilli() - liveSpanMS
			told := p.view
			asked.Windows, told.Windows = since(asked.Windows, oldest), since(told.Windows, oldest)
			asked.Events, told.Events = nil, nil // a selection, that of who looked earlier may be another
			if !reflect.DeepEqual(asked, told) {
				t.Errorf("seed %d: asked\n%+v, told\n%+v", seed, asked, told)
			}
			p.leave()
		})
	}
}

func since(windows []LiveWindow, t int64) (some []LiveWindow) {
	for _, w := range windows {
		if w.T >= t {
			some = append(some, w)
		}
	}
	return some
}

// However many ask, the store is asked once a second; the tag is that of what is told, not of when.
func TestSnapshotIsShared(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		first, _ := r.snapshot()
		var calls atomic.Int32
		r.failWith(func(op storetest.Op) storetest.Fault {
			if op.Method == "ScanLogs" {
				calls.Add(1)
			}
			return storetest.Pass
		})
		time.Sleep(rescanEvery + snapshotEvery)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if a, err := r.live.Snapshot(t.Context(), "demo"); err != nil || a.Tag != first.Tag {
					t.Errorf("tag %s, before %s, %v", a.Tag, first.Tag, err)
				}
			})
		}
		wg.Wait()
		if calls.Load() != 1 {
			t.Errorf("%d scans for 100 who asked", calls.Load())
		}
		other := NewLive(NewReader(r.store, r.sites), LiveOptions{Now: time.Now})
		defer other.Close()
		if a := must(other.Snapshot(t.Context(), "demo")); a.Tag != first.Tag {
			t.Errorf("another process gives the tag %s, not %s", a.Tag, first.Tag)
		}
		r.see("bob", "/a")
		time.Sleep(snapshotEvery)
		if a, v := r.snapshot(); a.Tag == first.Tag || v.CurrentVisitors != 2 || len(v.Events) != 2 {
			t.Errorf("after another event: %s %+v", a.Tag, v)
		}
		if n := len(r.live.feeds); n != 0 {
			t.Errorf("%d feeds run for those who ask", n)
		}
		time.Sleep(2 * sharedIdle)
		must(r.sites.Add(t.Context(), Site{ID: "other"}))
		must(r.live.Snapshot(t.Context(), "other"))
		if n := len(r.live.shared); n != 1 {
			t.Errorf("what is known of %d sites is kept", n)
		}
	})
}

// Where a page polls, its books may be booksPolled old and say so; what else there is to tell is of now. That they were read again is nothing new.
func TestSnapshotsBooksSayOfWhenTheyAre(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		_, first := r.snapshot()
		time.Sleep(booksPolled - snapshotEvery)
		r.see("bob", "/a")
		_, between := r.snapshot()
		if between.CurrentVisitors != 2 || !reflect.DeepEqual(between.Ledger, first.Ledger) || first.Ledger.AsOf != first.AsOf {
			t.Errorf("books of %+v and %+v, current visitors %d", first.Ledger, between.Ledger, between.CurrentVisitors)
		}
		time.Sleep(snapshotEvery)
		again, then := r.snapshot()
		if then.Ledger.Counted != 2 || then.Ledger.AsOf != then.AsOf {
			t.Errorf("books %v later: %+v", booksPolled, then.Ledger)
		}
		time.Sleep(booksIdle)
		if same, v := r.snapshot(); same.Tag != again.Tag || v.Ledger.AsOf == then.Ledger.AsOf {
			t.Errorf("tags %s and %s, of %d and %d", same.Tag, again.Tag, v.Ledger.AsOf, then.Ledger.AsOf)
		}
	})
}

// A store that fails is not asked by everyone who waits; a computation goes on when the one who began it is gone.
func TestSnapshotOfAFailingStore(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		must(r.sites.Get(t.Context(), "demo"))
		var calls atomic.Int32
		r.failWith(func(op storetest.Op) storetest.Fault {
			calls.Add(1)
			return storetest.Fail
		})
		for range 10 {
			if _, err := r.live.Snapshot(t.Context(), "demo"); !errors.Is(err, storetest.ErrInjected) {
				t.Errorf("answer of a failing store: %v", err)
			}
		}
		if calls.Load() != 1 {
			t.Errorf("a failing store was asked %d times", calls.Load())
		}
		time.Sleep(snapshotEvery)
		slow := make(chan struct{})
		r.failWith(func(storetest.Op) storetest.Fault { <-slow; return storetest.Pass })
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = r.live.Snapshot(ctx, "demo") })
		synctest.Wait()
		wg.Go(func() {
			if a, err := r.live.Snapshot(t.Context(), "demo"); err != nil || a.Tag == "" {
				t.Errorf("who waited got %v", err)
			}
		})
		synctest.Wait()
		leave()
		close(slow)
		wg.Wait()
		r.live.Close()
		if _, err := r.live.Snapshot(t.Context(), "demo"); !errors.Is(err, ErrLiveClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func (r *liveRig) hour() (v HourView) {
	r.t.Helper()
	mustDo(json.Unmarshal(must(r.live.Hour(r.t.Context(), "demo")).Data, &v))
	return v
}

// An hour that was read on and on says what one says that is read at once, and both what the windows hold.
func TestHour(t *testing.T) {
	for seed := range uint64(6) {
		testLive(t, func(t *testing.T, r *liveRig) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			want := make(map[int64]uint64) // events by window
			views := make(map[int64]map[string]uint64)
			for range 400 {
				r.now = time.Now()
				at, page := r.now, fmt.Sprint("/", rnd.IntN(15))
				if rnd.IntN(5) == 0 {
					at = at.Add(-time.Duration(rnd.IntN(3000)) * time.Second)
				}
				r.count(fmt.Sprint("h-", r.seq), fmt.Sprint("v", rnd.IntN(9)), page, at)
				want[event.Window(at.UnixMilli())]++
				m := floor(at.UnixMilli(), minuteMS)
				if views[m] == nil {
					views[m] = make(map[string]uint64)
				}
				views[m][page]++
				time.Sleep(time.Duration(rnd.IntN(20)) * time.Second)
				if rnd.IntN(10) == 0 {
					r.hour()
				}
			}
			time.Sleep(hourRescan)
			v := r.hour()
			fresh := NewLive(NewReader(r.store, r.sites), LiveOptions{Now: time.Now})
			defer fresh.Close()
			var again HourView
			mustDo(json.Unmarshal(must(fresh.Hour(t.Context(), "demo")).Data, &again))
			if len(again.Events) == 0 || len(again.Events) > hourEvents || len(v.Events) > hourEvents {
				t.Errorf("seed %d: %d and %d events", seed, len(v.Events), len(again.Events))
			}
			v.Events, again.Events = nil, nil // a selection
			if !reflect.DeepEqual(v, again) {
				t.Errorf("seed %d: read on and on\n%+v, at once\n%+v", seed, v, again)
			}
			if v.From != floor(time.Now().UnixMilli()-hourMS, minuteMS) || v.To != time.Now().UnixMilli() {
				t.Errorf("from %d to %d", v.From, v.To)
			}
			for _, w := range v.Windows {
				if w.Events != want[w.T] || w.T < v.From {
					t.Errorf("seed %d: window %+v, want %d events", seed, w, want[w.T])
				}
				delete(want, w.T)
			}
			for w, n := range want {
				if w >= v.From {
					t.Errorf("seed %d: %d events of window %d are not shown", seed, n, w)
				}
			}
			for _, m := range v.Minutes {
				top := Top(views[m.T], liveRows)
				for i, row := range m.Tops["pages"].Rows {
					if row != (LiveRow{top[i].Name, top[i].Count}) {
						t.Errorf("seed %d: minute %d has %+v, want %+v", seed, m.T, row, top[i])
					}
				}
			}
		})
	}
}

// What an hour costs is bounded: so many bodies for each minute, and nothing while it is cached.
func TestHourReadsFewBodies(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		for range 90 {
			for range 8 {
				r.batch(3)
			}
			time.Sleep(time.Minute)
		}
		var bodies, scans atomic.Int32
		r.failWith(func(op storetest.Op) storetest.Fault {
			switch {
			case op.Method == "Read" && op.Parts == store.Bodies:
				bodies.Add(1)
			case op.Method == "ScanLogs":
				scans.Add(1)
			}
			return storetest.Pass
		})
		v := r.hour()
		if n := bodies.Load(); n > 61*minuteBodies || len(v.Events) > 61*minuteEvents || len(v.Events) < 59*minuteEvents {
			t.Errorf("%d bodies read for %d events", n, len(v.Events))
		}
		bodies.Store(0)
		scans.Store(0)
		for range 10 {
			r.hour()
		}
		if scans.Load() != 0 {
			t.Errorf("%d scans while it is cached", scans.Load())
		}
		time.Sleep(hourEvery)
		r.batch(1)
		if r.hour(); bodies.Load() != 1 {
			t.Errorf("%d bodies read for one new delta", bodies.Load())
		}
	})
}

// What other processes count is in the next answer, also what is late: a mark tells of it. Where a roll-up was quicker and has cleared the mark, it is there within a minute.
func TestSnapshotFindsWhatOthersCount(t *testing.T) {
	for seed := range uint64(10) {
		testLive(t, func(t *testing.T, r *liveRig) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			r.committer = NewCommitter(r.store, r.sites, Options{Now: time.Now}) // of another process
			roller := NewRoller(r.store, r.sites, time.Now)
			compare := func(when string) {
				t.Helper()
				_, asked := r.snapshot()
				fresh := NewLive(NewReader(r.store, r.sites), LiveOptions{Now: time.Now})
				defer fresh.Close()
				var want LiveView
				mustDo(json.Unmarshal(must(fresh.Snapshot(t.Context(), "demo")).Data, &want))
				oldest := time.Now().UnixMilli() - liveSpanMS
				asked.Windows, want.Windows = since(asked.Windows, oldest), since(want.Windows, oldest)
				if !reflect.DeepEqual(asked.Windows, want.Windows) || asked.CurrentVisitors != want.CurrentVisitors {
					t.Errorf("seed %d, %s: asked\n%+v, want\n%+v", seed, when, asked, want)
				}
			}
			r.see("ann", "/")
			for range 60 {
				time.Sleep(time.Duration(1000+rnd.IntN(40_000)) * time.Millisecond)
				r.now = time.Now()
				r.seq++
				r.count(fmt.Sprint("any-", r.seq), "bob", "/", r.now.Add(-time.Duration(rnd.IntN(590)*rnd.IntN(2))*time.Second))
				time.Sleep(time.Duration(rnd.IntN(40_000)) * time.Millisecond)
				compare("at once")
			}
			r.count("quick", "cid", "/", time.Now().Add(-200*time.Second))
			mustDo(roller.Round(t.Context())) // and the mark is gone
			time.Sleep(rescanPolled)
			compare("after a roll-up")
		})
	}
}
