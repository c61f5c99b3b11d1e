package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

var (
	start = time.Date(2026, 3, 14, 11, 57, 30, 0, time.UTC) // soon an hour ends
	demo  = aggregate.Site{ID: "demo", TZ: "UTC", Bots: aggregate.DropBots, Created: start, Gen: 1, Seed: 1}
	other = aggregate.Site{ID: "other", TZ: "UTC", Bots: aggregate.CountBots, Created: start, Gen: 3, Seed: 2}
)

// world is one run.
type world struct {
	*scheduler
	truth  store.Store
	mutant mutant
	stream *stream
	faults [5]int // by verdict, in so many of a thousand calls
	// focused: nearly everything happens in one window, while its minute is rolled up again and again.
	focused bool

	events int // made so far
	sent   []event.Event
	copies []*naive.Copy // everything that was put

	idle      []*env
	envs      int
	committed []*naive.Copy // those whose commit was reported, in that order
	rollers   int
	readers   int
	seen      map[string]int // what has happened, to know that it does
	found     *finding       // the first that a reader found in the middle
}

// finding is something that must not be, and the check that says so.
type finding struct{ check, detail string }

func newWorld(seed uint64, m mutant) *world {
	w := &world{scheduler: newScheduler(seed, start), mutant: m, seen: make(map[string]int)}
	w.truth = witness{storetest.NewMemory(), w}
	w.stream = newStream(1 + w.rand.IntN(3))
	w.focused = seed%4 == 0
	harshness := w.rand.IntN(4)
	w.faults = [...]int{0, 15 * harshness, 15 * harshness, 5 * harshness, 5 * harshness}
	for _, s := range []aggregate.Site{demo, other} {
		value, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		if _, err := w.truth.Put(context.Background(), store.Key{Partition: "S", Sort: s.ID}, value, store.Write{}); err != nil {
			panic(err)
		}
	}
	return w
}

func (w *world) hasSite(id string) bool { return id == demo.ID || id == other.ID }

func (w *world) anyShard() *shard { return w.stream.shards[w.rand.IntN(len(w.stream.shards))] }

const (
	recordsPerRun = 30
	maxSteps      = 40_000
)

// run lets everything happen, drains the stream and checks what came out.
func (w *world) run() *finding {
	defer w.killAll()
	for records := 0; records < recordsPerRun && w.found == nil; {
		if w.move() {
			records++
		}
	}
	if f := w.drain(); f != nil {
		return f
	}
	return w.check()
}

// move is one thing that happens. It reports whether a record was put.
func (w *world) move() bool {
	w.now = w.now.Add(w.upTo(80 * time.Millisecond))
	switch n := w.rand.IntN(1000); {
	case n < 60:
		w.produce()
		return true
	case n < 160:
		w.deliver(w.anyShard())
	case n < 170:
		w.abandon(w.anyShard())
	case n < 176:
		w.rewind(w.anyShard())
	case (n < 200 || w.focused && n < 240) && w.rollers < 4:
		w.roll(w.happens(50))
	case n < 248 && n >= 240 && w.readers < 2:
		w.read()
	case n < 254 && n >= 248:
		w.now = w.now.Add(w.upTo(40 * time.Second))
	case len(w.parked) > 0:
		w.stepOne()
	}
	return false
}

// stepOne lets some actor make its next call, or not.
func (w *world) stepOne() {
	a := w.pick()
	if w.nap(a) {
		return
	}
	v, n := pass, w.rand.IntN(1000)
	for i, permille := range w.faults {
		if n < permille {
			v = verdict(i)
			break
		}
		n -= permille
	}
	if a.next.Method == "Wait" {
		w.now = w.now.Add(w.upTo(time.Second))
	}
	if a.next.Method == "Append" {
		w.sawAppend(a, v)
	}
	looks := w.focused && a.name == "roller" && (a.next.Method == "Put" || a.next.Method == "Delete")
	w.step(a, v)
	if looks {
		w.glance()
	}
}

func (w *world) sawAppend(a *actor, v verdict) {
	switch {
	case v == killAfter:
		w.saw("an appender dies at once")
	case v == pass && a.zombie:
		w.saw("a zombie appends")
	}
}

func (w *world) saw(what string) { w.seen[what]++ }

// drain ends all faults and goes on until everything is consumed and rolled up.
func (w *world) drain() *finding {
	w.faults = [5]int{}
	for w.found == nil && (len(w.parked) > 0 || !w.drained()) {
		if w.steps > maxSteps {
			return &finding{"progress", fmt.Sprintf("after %d steps, at %v, the work is not done", w.steps, w.now)}
		}
		w.now = w.now.Add(w.upTo(80 * time.Millisecond))
		w.deliver(w.anyShard())
		if len(w.parked) > 0 {
			w.step(w.parked[w.rand.IntN(len(w.parked))], pass)
		}
	}
	w.now = w.now.Add(12 * time.Minute) // the events that are ahead close too
	for range 2 {
		w.roll(false)
		for len(w.parked) > 0 && w.steps <= maxSteps {
			w.step(w.parked[0], pass)
		}
	}
	return w.found
}

func (w *world) drained() bool {
	return !slices.ContainsFunc(w.stream.shards, func(sh *shard) bool { return !sh.drained() })
}
