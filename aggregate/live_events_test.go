package aggregate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// batch counts n pageviews now, of different visitors, in one commit. Their pages are told apart.
func (r *liveRig) batch(n int) {
	r.now = time.Now()
	copies := make([]Copy, n)
	for i := range copies {
		r.seq++
		copies[i] = r.place(event.Event{
			ID: fmt.Sprint("batch-", r.seq), Visitor: fmt.Sprint("secret-", r.seq), URL: fmt.Sprint("/", r.seq), TS: r.now.UnixMilli(),
		})
	}
	r.commit(copies...)
}

// Readers that come, go and come back are told of each event once, of the newest at most fifty, and of none that was not counted.
func TestLiveEventsAreToldOnce(t *testing.T) {
	for seed := range uint64(20) {
		testLive(t, func(t *testing.T, r *liveRig) {
			rnd := rand.New(rand.NewPCG(seed, 3))
			keeper, p := r.open(""), r.open("")
			keeper.read()
			counted, told, away := 0, make(map[string]bool), false
			take := func(f Frame) {
				var v LiveView
				mustDo(json.Unmarshal(f.Data, &v))
				most := frameEvents
				if away {
					most = recentEvents
				}
				if away = false; len(v.Events) > most {
					t.Errorf("seed %d: a frame of %d events", seed, len(v.Events))
				}
				if !slices.IsSortedFunc(v.Events, func(a, b LiveEvent) int { return int(a.T - b.T) }) {
					t.Errorf("seed %d: %+v are not in order", seed, v.Events)
				}
				for _, e := range v.Events {
					if told[e.Page] && !f.Snapshot {
						t.Errorf("seed %d: %s was told of again", seed, e.Page)
					}
					told[e.Page] = true
				}
				p.last = f.ID
			}
			drain := func() {
				synctest.Wait()
				for {
					select {
					case f, open := <-p.frames:
						if !open {
							return
						}
						take(f)
						continue
					default:
					}
					return
				}
			}
			for range 60 {
				switch rnd.IntN(4) {
				case 0, 1:
					n := 1 + rnd.IntN(6)
					r.batch(n)
					counted += n
					time.Sleep(2 * liveGap) // more than frameEvents at a time are not all shown
				case 2:
					time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
				case 3:
					drain()
					p.leave()
					synctest.Wait()
					drain()
					for range rnd.IntN(3) {
						r.batch(1)
						counted++
						time.Sleep(liveEvery)
						keeper.read()
					}
					p.reopen(r)
					away = true
				}
				keeper.read()
				drain()
			}
			time.Sleep(2 * liveEvery)
			keeper.read()
			drain()
			if len(told) != counted {
				t.Errorf("seed %d: %d events were told of, %d counted", seed, len(told), counted)
			}
			p.leave()
			keeper.leave()
		})
	}
}

// However much is counted, only so many bodies are read for a frame, and what is shown is the newest.
func TestLiveEventsReadFewBodies(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		var bodies atomic.Int32
		r.failWith(func(op storetest.Op) storetest.Fault {
			if op.Method == "Read" && op.Parts == store.Bodies {
				bodies.Add(1)
			}
			return storetest.Pass
		})
		for range 3 * firstBodies {
			r.batch(1)
		}
		p := r.open("")
		if p.read(); bodies.Load() != firstBodies || len(p.view.Events) != frameEvents {
			t.Errorf("%d bodies read for %d events in the first frame", bodies.Load(), len(p.view.Events))
		}
		time.Sleep(liveEvery)
		for p.read() && len(p.frames) > 0 {
		}
		bodies.Store(0)
		for range 5 * frameBodies {
			r.batch(3)
		}
		time.Sleep(2 * liveGap)
		var frames []Frame
		for synctest.Wait(); len(p.frames) > 0; {
			frames = append(frames, <-p.frames)
		}
		if most := len(frames) * frameBodies; int(bodies.Load()) > most || bodies.Load() == 0 {
			t.Errorf("%d bodies read for %d frames", bodies.Load(), len(frames))
		}
		last := fmt.Sprintf(`"page":"/%d"`, r.seq-1)
		if !strings.Contains(string(frames[len(frames)-1].Data), last) {
			t.Errorf("the newest event is not shown: %s", frames[len(frames)-1].Data)
		}
		p.leave()
	})
}

// Nothing that a view tells names a visitor, and an engagement is no event.
func TestLiveEventsNameNobody(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		r.batch(3)
		r.now = time.Now()
		cp := r.place(event.Event{ID: "e", Visitor: "secret-e", URL: "/read", TS: r.now.UnixMilli()})
		cp.Hit = plainHit(&event.Event{Name: event.Engagement, URL: "/read"}, cp.At)
		r.commit(cp)
		p := r.open("")
		f := <-p.frames
		if strings.Contains(string(f.Data), "secret") || strings.Contains(string(f.Data), "/read") || strings.Contains(string(f.Data), event.Engagement) {
			t.Errorf("frame %s", f.Data)
		}
		if strings.Count(string(f.Data), `"name":"pageview"`) != 3 {
			t.Errorf("frame %s", f.Data)
		}
		p.leave()
	})
}

// While reading bodies is slow, it is done a twentieth of the time.
func TestLiveEventsCostATwentieth(t *testing.T) {
	testLive(t, func(t *testing.T, r *liveRig) {
		var spent time.Duration
		r.failWith(func(op storetest.Op) storetest.Fault {
			if op.Method == "Read" && op.Parts == store.Bodies {
				time.Sleep(20 * time.Millisecond)
				spent += 20 * time.Millisecond
			}
			return storetest.Pass
		})
		p := r.open("")
		p.read()
		const span = 60 * time.Second
		for began := time.Now(); time.Since(began) < span; {
			r.batch(2)
			time.Sleep(150 * time.Millisecond)
			p.read()
		}
		if spent == 0 || spent > span/bodiesShare+time.Second {
			t.Errorf("%v of %v spent on bodies", spent, span)
		}
		p.leave()
	})
}
