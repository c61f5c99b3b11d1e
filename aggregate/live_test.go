package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// liveRig is a rig in a bubble of virtual time, with live views.
type liveRig struct {
	*rig
	live  *Live
	fault atomic.Pointer[func(storetest.Op) storetest.Fault] // of the views' calls to the store
}

// testLive runs a test in a bubble. When it returns everything must have ended: synctest sees to that.
func testLive(t *testing.T, run func(t *testing.T, r *liveRig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &liveRig{rig: newRig(t)}
		pass := func(storetest.Op) storetest.Fault { return storetest.Pass }
		r.fault.Store(&pass)
		views := storetest.Faulty(r.store, func(op storetest.Op) storetest.Fault { return (*r.fault.Load())(op) })
		r.sites.now = time.Now
		r.live = NewLive(NewReader(views, r.sites), LiveOptions{Now: time.Now})
		defer r.live.Close()
		r.committer = NewCommitter(r.store, r.sites, Options{OnCommit: r.live.Committed})
		run(t, r)
	})
}

func (r *liveRig) failWith(f func(storetest.Op) storetest.Fault) { r.fault.Store(&f) }

// see counts a pageview now.
func (r *liveRig) see(visitor, url string) {
	r.now = time.Now()
	r.seq++
	r.count(fmt.Sprint("live-", r.seq), visitor, url, time.Now())
}

// page is a browser with the live view of a site.
type page struct {
	frames    <-chan Frame
	leave     context.CancelFunc
	last      string
	snapshots int
	view      LiveView
	windows   map[int64]LiveWindow
}

func (r *liveRig) open(last string) *page {
	ctx, cancel := context.WithCancel(r.t.Context())
	return &page{frames: must(r.live.Subscribe(ctx, "demo", last)), leave: cancel, last: last, windows: make(map[int64]LiveWindow)}
}

// read takes what has come. It reports whether the view goes on.
func (p *page) read() bool {
	for {
		synctest.Wait()
		select {
		case f, open := <-p.frames:
			if !open {
				return false
			}
			p.take(f)
		default:
			return true
		}
	}
}

func (p *page) take(f Frame) {
	p.view = LiveView{}
	mustDo(json.Unmarshal(f.Data, &p.view))
	if f.Snapshot {
		clear(p.windows)
		p.snapshots++
	}
	p.last = f.ID
	for _, w := range p.view.Windows {
		p.windows[w.T] = w
	}
}

func (p *page) events() (n uint64) {
	for _, w := range p.windows {
		n += w.Events
	}
	return n
}

func TestLiveSnapshotThenChanges(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		p := r.open("")
		if !p.read() || p.snapshots != 1 || p.events() != 1 || p.view.CurrentVisitors != 1 || p.view.Ledger.Counted != 1 {
			t.Fatalf("first frame %+v", p.view)
		}
		r.see("bob", "/a")
		time.Sleep(2 * liveGap)
		if !p.read() || p.snapshots != 1 || p.events() != 2 || p.view.CurrentVisitors != 2 || len(p.view.Pages) != 2 {
			t.Errorf("after a commit %+v", p.view)
		}
		for range 320 {
			time.Sleep(time.Second)
			p.read()
		}
		if p.view.CurrentVisitors != 0 || len(p.view.Pages) != 2 {
			t.Errorf("five minutes later %+v", p.view)
		}
		p.leave()
	})
}

// The first frame is the one that brings a reader up to date, in a feed that begins with it as well.
func TestLiveFirstFrame(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		p := r.open("cursor-of-another-process")
		if f := <-p.frames; !f.Snapshot {
			t.Errorf("the first frame is no snapshot: %s", f.Data)
		}
		p.leave()
	})
}

// Readers that come and go, fall behind and come back with their last cursor hold in the end what a new reader is told, though the store
// fails now and then.
func TestLiveReadersMissNothing(t *testing.T) {
	for seed := range uint64(30) {
		testLive(t, func(t *testing.T, r *liveRig) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			p := r.open("")
			var failing atomic.Bool
			faults := rand.New(rand.NewPCG(seed, 1)) // of the one feed that there is at a time
			r.failWith(func(storetest.Op) storetest.Fault {
				if failing.Load() && faults.IntN(4) == 0 {
					return storetest.Fail
				}
				return storetest.Pass
			})
			for range 60 {
				switch rnd.IntN(6) {
				case 0, 1:
					r.see(fmt.Sprint("v", rnd.IntN(5)), fmt.Sprint("/", rnd.IntN(3)))
				case 2:
					failing.Store(rnd.IntN(3) == 0)
				case 3:
					p.leave()
					synctest.Wait()
				case 4:
					time.Sleep(time.Duration(rnd.IntN(20_000)) * time.Millisecond)
				}
				if !p.read() {
					p.reopen(r)
				}
			}
			failing.Store(false)
			time.Sleep(2 * rescanEvery)
			for !p.read() {
				p.reopen(r)
			}
			fresh := r.open("")
			fresh.read()
			oldest := time.Now().UnixMilli() - liveSpanMS + minuteMS
			if got, want := p.since(oldest), fresh.since(oldest); !reflect.DeepEqual(got, want) {
				t.Errorf("seed %d: a reader holds %+v, a new one is told %+v", seed, got, want)
			}
			if b := p.view.Ledger; b.Counted != uint64(r.seq/2) { // each takes an id and a position
				t.Errorf("seed %d: %d counted, want %d", seed, b.Counted, r.seq/2)
			}
			p.leave()
			fresh.leave()
		})
	}
}

func (p *page) reopen(r *liveRig) {
	next := r.open(p.last)
	p.frames, p.leave = next.frames, next.leave
}

func (p *page) since(t int64) map[int64]LiveWindow {
	windows := make(map[int64]LiveWindow)
	for _, w := range p.windows {
		if w.T >= t {
			windows[w.T] = w
		}
	}
	return windows
}

// A reader that is away for a while is told what changed, and nothing else.
func TestLiveCursor(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		keeper, p := r.open(""), r.open("") // the feed lives as long as somebody looks
		p.read()
		p.leave()
		time.Sleep(10 * time.Second)
		r.see("bob", "/")
		time.Sleep(2 * liveGap)
		keeper.read()
		back := r.open(p.last)
		back.read()
		if back.snapshots != 0 || len(back.windows) != 1 || back.events() != 1 {
			t.Errorf("back after 10 s: %d snapshots, windows %+v", back.snapshots, back.windows)
		}
		for range 2 * recentChanges {
			time.Sleep(liveEvery)
			keeper.read()
			back.read()
		}
		late := r.open(p.last)
		late.read()
		if late.snapshots != 1 || late.events() != 2 {
			t.Errorf("back after too long: %d snapshots, windows %+v", late.snapshots, late.windows)
		}
		for _, cursor := range []string{"", "x", late.last + "9", "other-1", late.last[:len(late.last)-1] + "-1"} {
			odd := r.open(cursor)
			if odd.read(); odd.snapshots != 1 {
				t.Errorf("cursor %q: no snapshot", cursor)
			}
			odd.leave()
		}
	})
}

// The store fails after a window was read anew and before its frame is sent: the frame comes later.
func TestLiveChangeSurvivesAFailure(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		p := r.open("")
		p.read()
		time.Sleep(rescanEvery + liveGap)
		p.read()
		r.failWith(func(op storetest.Op) storetest.Fault {
			if op.Method == "Scan" {
				return storetest.Fail // the books cannot be read, nor anything be found anew
			}
			return storetest.Pass
		})
		r.see("ann", "/")
		time.Sleep(3 * time.Second)
		p.read()
		if p.events() != 0 {
			t.Fatalf("a frame came in spite of the failure: %+v", p.view)
		}
		r.failWith(func(storetest.Op) storetest.Fault { return storetest.Pass })
		time.Sleep(3 * time.Second)
		if !p.read() || p.events() != 1 || p.snapshots != 1 {
			t.Errorf("after the failure: %+v", p.windows)
		}
	})
}

func TestLiveLetsSlowReadersGo(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		slow, quick := r.open(""), r.open("")
		for range liveBacklog + 5 {
			time.Sleep(liveEvery)
			if !quick.read() {
				t.Fatal("a reader that keeps up was let go")
			}
		}
		n := 0
		for range slow.frames {
			n++
		}
		if n != liveBacklog {
			t.Errorf("the slow one got %d frames, want %d", n, liveBacklog)
		}
	})
}

// Sites have nothing to do with each other, and their feeds end with their last reader.
func TestLiveFeedsOfTwoSites(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		must(r.sites.Add(t.Context(), Site{ID: "other"}))
		ctx, leave := context.WithCancel(t.Context())
		others := must(r.live.Subscribe(ctx, "other", ""))
		p := r.open("")
		<-others
		r.see("ann", "/")
		time.Sleep(2 * liveGap)
		p.read()
		select {
		case f := <-others:
			t.Errorf("the other site was told: %s", f.Data)
		default:
		}
		leave()
		synctest.Wait()
		if _, open := <-others; open || len(r.live.feeds) != 1 {
			t.Errorf("%d feeds after one has no reader", len(r.live.feeds))
		}
		if p.events() != 1 {
			t.Errorf("windows %+v", p.windows)
		}
		p.leave()
		synctest.Wait()
		if len(r.live.feeds) != 0 {
			t.Errorf("%d feeds without a reader", len(r.live.feeds))
		}
	})
}

// Readers join while the feed retires under them, again and again: each gets a first frame.
func TestLiveRetireAndJoin(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		done := make(chan bool)
		const readers, times = 8, 50
		for range readers {
			go func() {
				defer func() { done <- true }()
				for range times {
					ctx, leave := context.WithCancel(context.Background())
					frames, err := r.live.Subscribe(ctx, "demo", "")
					if err != nil {
						t.Error(err)
					} else if f, open := <-frames; !open || !f.Snapshot {
						t.Errorf("first frame %+v, open %v", f, open)
					}
					leave()
				}
			}()
		}
		for range readers {
			<-done
		}
	})
}

func TestLiveEnds(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		p := r.open("")
		p.read()
		r.live.Close()
		if p.read() {
			t.Error("the view goes on after Close")
		}
		if _, err := r.live.Subscribe(t.Context(), "demo", ""); !errors.Is(err, ErrLiveClosed) {
			t.Errorf("after Close: %v", err)
		}
		if _, err := r.live.Subscribe(t.Context(), "nobody", ""); !errors.Is(err, ErrNoSite) {
			t.Errorf("no such site: %v", err)
		}
		r.live.Committed(Log{Gen: 1, Site: "demo"}) // nobody hears it
	})
}

// The site is removed and taken anew: its readers come again, and are told of the new numbers only.
func TestLiveOfASiteTakenAnew(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		p := r.open("")
		p.read()
		mustDo(r.sites.Remove(t.Context(), "demo"))
		r.site = must(r.sites.Add(t.Context(), Site{ID: "demo"}))
		r.see("bob", "/")
		if p.read() {
			t.Fatal("the feed of the old numbers goes on")
		}
		p.reopen(r)
		if !p.read() || p.snapshots != 2 || p.events() != 1 {
			t.Errorf("windows %+v", p.windows)
		}
	})
}

// A guard far ahead is no window that a person would look at.
func TestLiveDoesNotShowGuards(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		p := r.open("")
		p.read()
		r.now = time.Now()
		r.commit(r.place(event.Event{ID: "1", Visitor: "ann", TS: r.now.Add(48 * time.Hour).UnixMilli()}))
		time.Sleep(2 * liveGap)
		p.read()
		if len(p.windows) != 1 || p.events() != 1 {
			t.Errorf("windows %+v", p.windows)
		}
	})
}

// A click after a quiet moment is shown at once; those that follow closely are shown together.
func TestLiveShowsTheFirstClickAtOnce(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.see("ann", "/")
		p := r.open("")
		p.read()
		r.see("bob", "/a")
		if p.read(); p.events() != 2 {
			t.Errorf("%d events shown without a wait, want 2", p.events())
		}
		r.see("cid", "/b")
		r.see("dan", "/b")
		if p.read(); p.events() != 2 {
			t.Errorf("%d events shown too soon after a frame, want 2", p.events())
		}
		time.Sleep(liveGap)
		if p.read(); p.events() != 4 {
			t.Errorf("%d events shown after the gap, want 4", p.events())
		}
		p.leave()
	})
}
