package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
)

// crash is the title of events that the function crashes on, until it is mended.
const crash = "crash"

func (r *record) crashes() bool { return bytes.Contains(r.data, []byte(`"title":"`+crash+`"`)) }

// handle is an invocation. The function crashes on some records: before it has done anything, when it has counted what is before them, or
// after everything.
func (w *world) handle(inv *invocation) {
	at := -1
	for i, r := range inv.records {
		if r.crashes() && !w.fixed {
			at = i
			break
		}
	}
	records := inv.records
	if at >= 0 {
		records = records[:[...]int{0, at, at, len(records)}[w.rand.IntN(4)]]
	}
	if at < 0 || len(records) > 0 {
		inv.resp, inv.err = inv.env.handler.Handle(context.Background(), inv.shard.batch(records))
	}
	if at >= 0 && inv.err == nil {
		if len(records) > at {
			w.saw("a discarded copy is counted already")
		}
		inv.err = errors.New("the function has crashed")
	}
}

// mend registers the site that comes later, or mends the function.
func (w *world) mend() {
	if _, err := aggregate.NewSites(w.truth, w.clock()).Get(context.Background(), later.ID); err != nil {
		w.register(later)
		return
	}
	w.fixed = true
}

// discard gives the record at the checkpoint to the destination.
func (w *world) discard(sh *shard) {
	inv := w.newInvocation(sh, "destination", 1)
	inv.gives = true
	w.spawn(inv.actor, func() {
		inv.err = inv.env.handler.Discard(context.Background(), sh.batch(inv.records), "retries_exhausted", "it crashed")
	}, func() {
		if inv.err == nil && !inv.actor.dead {
			w.saw("a record is discarded")
		}
		w.invoked(inv)
	})
}

// keys returns the keys of everything that was put aside and not brought back, the last that arrived first.
func (w *world) keys() (keys []string) {
	list, _, err := aggregate.NewQuarantine(w.truth, w.clock()).List(context.Background(), "", "", 1000)
	if err != nil {
		panic(err)
	}
	for _, c := range list {
		keys = append(keys, c.Key())
	}
	return keys
}

// kept is how many copies were ever put aside.
func (w *world) kept() uint64 { return uint64(w.seen["a copy is kept"]) }

// redriveOne lets somebody redrive a copy, one that is kept or one that was redriven already.
func (w *world) redriveOne() {
	keys := append(w.keys(), w.redriven...)
	if len(keys) > 0 {
		w.redrive(keys[w.rand.IntN(len(keys))])
	}
}

func (w *world) redrive(key string) {
	w.redrives++
	inv := &invocation{gives: true}
	w.equip(inv, "redrive")
	var outcome aggregate.Outcome
	again := !slices.Contains(w.keys(), key)
	w.spawn(inv.actor, func() {
		outcome, inv.err = inv.env.handler.Redrive(context.Background(), key)
	}, func() {
		w.redrives--
		if !inv.actor.dead {
			w.idle = append(w.idle, inv.env)
		}
		w.redriven = append(w.redriven, key)
		if _, refused := errors.AsType[*aggregate.RefusedError](inv.err); refused {
			w.saw("a redrive is refused")
		}
		if again && inv.err == nil {
			w.saw("a copy is redriven again")
		}
		if inv.err == nil && outcome == 0 {
			w.find(&finding{"redrive", fmt.Sprintf("the copy %s was redriven and has no outcome", key)})
		}
	})
}

// checkKept looks for copies that are booked in quarantine and elsewhere. Whoever had a hand in one and did not finish comes again, but for redrives.
func (w *world) checkKept() *finding {
	list, _, err := aggregate.NewQuarantine(w.truth, w.clock()).List(context.Background(), "", "", 1000)
	if err != nil {
		return &finding{"twice", err.Error()}
	}
	lookup := aggregate.NewLookup(w.truth, w.sites())
	for _, kept := range list {
		i := slices.IndexFunc(w.copies, func(c *naive.Copy) bool { return c.Position == kept.Position })
		c := w.copies[i]
		if c.Outcome != 0 || slices.Contains(w.redriven, kept.Key()) {
			continue
		}
		inside, err1 := lookup.Poison(context.Background(), kept.Position, kept.Arrival)
		outside, err2 := lookup.Booked(context.Background(), &c.Event, kept.Position)
		if err := errors.Join(err1, err2); err != nil {
			return &finding{"twice", err.Error()}
		}
		if inside.Outcome != 0 && outside.Outcome != 0 {
			return &finding{"twice", fmt.Sprintf("copy %s is %v, and %v as well", kept.Key(), inside.Outcome, outside.Outcome)}
		}
	}
	return nil
}

// emptyQuarantine brings back what can be: by redriving all of it, or by delivering the whole stream again.
func (w *world) emptyQuarantine() *finding {
	if w.happens(500) {
		return w.redriveAll()
	}
	for _, sh := range w.stream.shards {
		sh.checkpoint, sh.failures = 0, 0
	}
	return w.consumeAll()
}

// redriveAll redrives what can be, twice: the second time nothing changes.
func (w *world) redriveAll() *finding {
	for range 2 {
		keys := append(w.keys(), w.redriven...)
		before := w.redriven
		for _, key := range keys {
			w.redrive(key)
			for len(w.parked) > 0 && w.steps <= maxSteps {
				w.step(w.parked[0], pass)
			}
		}
		w.redriven = before
	}
	return w.found
}
