package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

var (
	start = time.Date(2026, 3, 14, 11, 57, 30, 0, time.UTC) // soon an hour ends, and the day of a site
	demo  = aggregate.Site{ID: "demo", TZ: "Asia/Kamchatka", Bots: aggregate.DropBots, Created: start, Gen: 1, Seed: 1}
	other = aggregate.Site{ID: "other", TZ: "UTC", Bots: aggregate.CountBots, Created: start, Gen: 3, Seed: 2}
	later = aggregate.Site{ID: "later", TZ: "UTC", Bots: aggregate.CountBots, Created: start, Gen: 1, Seed: 3} // registered at some time
	sites = []aggregate.Site{demo, other, later}
)

// world is one run.
type world struct {
	*scheduler
	truth  store.Store
	mutant mutant
	stream *stream
	faults [5]int // by verdict, in so many of a thousand calls
	// focus is what nearly all events are in some runs: of a window that is rolled up again and again, or of the present, that is about to be.
	focus func(*world, *event.Event)

	events int // made so far
	sent   []event.Event
	copies []*naive.Copy // everything that was put

	idle      []*env
	envs      int
	committed []*naive.Copy // those whose commit was reported, in that order
	rollers   int
	readers   int
	redrives  int
	redriven  []string       // keys of copies that somebody has tried to redrive
	fixed     bool           // the function does not crash any more
	seen      map[string]int // what has happened, to know that it does
	found     *finding       // the first that a reader found in the middle

	settles bool // rollers make final values; see settle_test.go
	cursors *aggregate.Cursors
}

// finding is something that must not be, and the check that says so.
type finding struct{ check, detail string }

func newWorld(seed uint64, m mutant) *world {
	w := &world{scheduler: newScheduler(seed, start), mutant: m, seen: make(map[string]int)}
	w.truth = witness{storetest.NewMemory(), w}
	w.stream = newStream(1 + w.rand.IntN(3))
	w.focus = [...]func(*world, *event.Event){old, nil, recent, nil}[seed%4]
	harshness := w.rand.IntN(4)
	w.faults = [...]int{0, 15 * harshness, 15 * harshness, 5 * harshness, 5 * harshness}
	w.register(demo)
	w.register(other)
	// Everything before was rolled up once: the rollers have not to begin with every minute of yesterday.
	for _, level := range []string{"minute", "quarter", "day"} {
		w.put("K", "rolled-up-to#"+level, fmt.Appendf(nil, "%012x", start.Truncate(time.Minute).UnixMilli()))
	}
	return w
}

func (w *world) register(s aggregate.Site) {
	value, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	w.put("S", s.ID, value)
}

func (w *world) put(partition, sort string, value []byte) {
	if _, err := w.truth.Put(context.Background(), store.Key{Partition: partition, Sort: sort}, value, store.Write{}); err != nil {
		panic(err)
	}
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
	case (n < 200 || w.focus != nil && n < 240) && w.rollers < 4:
		w.roll(w.happens(50))
	case n < 248 && n >= 240 && w.readers < 2:
		w.read()
	case n < 256 && n >= 254 && w.focus == nil:
		w.mend()
	case n < 270 && n >= 256 && w.focus == nil && w.redrives < 3:
		w.redriveOne()
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
		if a.stale && w.rollers < 4 {
			w.roll(false)
		}
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
	if a.stale && v == pass && w.faults[killAfter] > 0 && w.happens(300) {
		v = killAfter
	}
	if a.next.Method == "Wait" {
		w.now = w.now.Add(w.upTo(time.Second))
	}
	if a.next.Method == "Append" {
		w.sawAppend(a, v)
		a.stale = false
	}
	looks := w.focus != nil && a.name == "roller" && (a.next.Method == "Put" || a.next.Method == "Delete")
	w.step(a, v)
	if looks {
		w.glance()
	}
}

func (w *world) sawAppend(a *actor, v verdict) {
	switch {
	case v == killAfter && a.stale && w.rolledUp(a.next):
		w.saw("an appender dies before it marks a minute that was rolled up meanwhile")
	case v == killAfter:
		w.saw("an appender dies at once")
	case v == pass && a.zombie:
		w.saw("a zombie appends")
	}
}

// rolledUp reports whether the minute of a log that is about to be appended to has a roll-up.
func (w *world) rolledUp(op storetest.Op) bool {
	parts := strings.Split(op.Partition, "#") // D#gen#site#cell#hour
	at, err := strconv.ParseInt(op.Sort, 16, 64)
	if err != nil {
		panic(err)
	}
	const minute, day = 60_000, 86_400_000
	_, err = w.truth.Get(context.Background(), store.Key{
		Partition: fmt.Sprintf("R#%s#%s#minute#%012x", parts[1], parts[2], at-at%day), Sort: fmt.Sprintf("%012x", at-at%minute),
	})
	return err == nil
}

func (w *world) saw(what string) { w.seen[what]++ }

// drained is how long all is waited for in the end.
const drained = 28 * time.Minute

// drain ends all faults and goes on until everything is consumed and rolled up.
func (w *world) drain() *finding {
	w.faults = [5]int{}
	for !w.fixed {
		w.mend()
	}
	if f := w.consumeAll(); f != nil {
		return f
	}
	if f := w.checkKept(); f != nil {
		return f
	}
	if f := w.emptyQuarantine(); f != nil {
		return f
	}
	w.now = w.now.Add(drained) // the quarters of events that are ahead close too
	for range 2 {
		w.roll(false)
		for len(w.parked) > 0 && w.steps <= maxSteps {
			w.step(w.parked[0], pass)
		}
	}
	return w.found
}

// consumeAll delivers until everything is consumed.
func (w *world) consumeAll() *finding {
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
	return w.found
}

func (w *world) drained() bool {
	return !slices.ContainsFunc(w.stream.shards, func(sh *shard) bool { return !sh.drained() })
}
