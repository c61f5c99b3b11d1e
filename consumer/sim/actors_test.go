package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store"
)

// maxSkew is how far a clock is off at most. A minute is rolled up 10 s after its end, and two clocks stand between.
const maxSkew = 4 * time.Second

// env is what an execution environment of a Lambda function is: a handler with a memory of its own, that runs one invocation after another.
type env struct {
	seam    *seam
	handler *consumer.Handler
	current *invocation
}

// invocation is one delivery of a batch.
type invocation struct {
	actor   *actor
	env     *env
	shard   *shard
	from    int // index of its first record
	records []*record
	done    int  // records whose commit was reported
	gives   bool // nothing is counted: the records are discarded, or a copy is redriven
	resp    events.KinesisEventResponse
	err     error
}

// clock is a clock that is a little off.
func (w *world) clock() func() time.Time {
	skew := w.upTo(2*maxSkew) - maxSkew
	return func() time.Time { return w.now.Add(skew) }
}

func (w *world) seam(role string) *seam {
	return &seam{inner: w.mutant.seenBy(role, w.truth), page: 1 + w.rand.IntN(12)}
}

func (w *world) newEnv() *env {
	e := &env{seam: w.seam("consumer")}
	now := w.clock()
	sites := aggregate.NewSites(e.seam, now)
	c := aggregate.NewCommitter(e.seam, sites, aggregate.Options{
		Shards: 1 + w.rand.IntN(4), WarmBytes: 1 << (8 + w.rand.IntN(10)), Parallel: 1, Now: now,
		Wait:     func(ctx context.Context, _ time.Duration) error { return e.seam.actor.wait(ctx) },
		NewNonce: func() store.Nonce { return w.mutant.nonce(w.nonce()) },
	})
	e.handler = consumer.New(e.seam, sites, c, consumer.Options{
		SliceCopies: 1 + w.rand.IntN(6), Now: now,
		Report: func(r consumer.Report) { w.report(e.current, r.Records) },
	})
	return e
}

func (w *world) nonce() (n store.Nonce) {
	for i := range n {
		n[i] = byte(w.rand.Uint32())
	}
	return n
}

// report notes that the next records of an invocation are committed.
func (w *world) report(inv *invocation, records int) {
	if inv.gives {
		return
	}
	for _, r := range inv.records[inv.done : inv.done+records] {
		w.committed = append(w.committed, r.copies...)
	}
	inv.done += records
}

// deliver gives the next records of a shard to a handler, if nobody has them.
func (w *world) deliver(sh *shard) {
	if sh.current != nil || sh.checkpoint == len(sh.records) {
		return
	}
	if sh.failures >= 3 && sh.records[sh.checkpoint].crashes() {
		w.discard(sh)
		return
	}
	n := 1 + w.rand.IntN(min(5, len(sh.records)-sh.checkpoint))
	if sh.failures > 0 && w.focus == nil { // the batch is bisected, to the end
		n = 1
	}
	inv := w.newInvocation(sh, "consumer", n)
	if w.mutant.checkpointFirst {
		sh.checkpoint += n
	}
	w.spawn(inv.actor, func() {
		w.handle(inv)
	}, func() { w.invoked(inv) })
}

// newInvocation takes the next n records of a shard in hand.
func (w *world) newInvocation(sh *shard, role string, n int) *invocation {
	inv := &invocation{shard: sh, from: sh.checkpoint, records: sh.records[sh.checkpoint : sh.checkpoint+n]}
	w.equip(inv, role)
	sh.current = inv
	return inv
}

func (w *world) equip(inv *invocation, role string) {
	inv.env = w.takeEnv()
	w.envs++
	inv.actor = &actor{name: fmt.Sprintf("%s %d", role, w.envs)}
	inv.env.seam.actor, inv.env.current = inv.actor, inv
}

func (w *world) takeEnv() *env {
	if i := len(w.idle) - 1; i >= 0 && !w.happens(200) {
		e := w.idle[i]
		w.idle = w.idle[:i]
		return e
	}
	return w.newEnv()
}

// invoked is what the poller does with the answer, if it still waits for it.
func (w *world) invoked(inv *invocation) {
	if !inv.actor.dead {
		w.idle = append(w.idle, inv.env)
	}
	if inv.shard.current != inv {
		w.saw("a zombie's answer comes")
		return
	}
	inv.shard.current = nil
	if !inv.gives {
		inv.shard.failures++
	}
	switch {
	case inv.actor.dead || inv.err != nil:
		w.saw("a batch fails")
	case len(inv.resp.BatchItemFailures) > 0:
		w.saw("a batch fails in part")
		failed := inv.resp.BatchItemFailures[0].ItemIdentifier
		inv.shard.checkpoint = inv.from + slices.IndexFunc(inv.records, func(r *record) bool { return r.seq == failed })
		inv.shard.failures = 0
	default:
		inv.shard.checkpoint, inv.shard.failures = inv.from+len(inv.records), 0
	}
	w.passed(inv.shard)
}

// abandon makes the invocation a zombie: its work will be given to another, and it sleeps.
func (w *world) abandon(sh *shard) {
	if sh.current != nil {
		sh.current.actor.zombie = true
		sh.current.actor.asleep = w.steps + w.rand.IntN(1000)
		sh.current = nil
	}
}

// rewind takes a checkpoint back, as a power cut may.
func (w *world) rewind(sh *shard) {
	if sh.current == nil {
		sh.checkpoint -= w.rand.IntN(min(6, sh.checkpoint+1))
	}
}

// roll starts a round of a roller, or a repair.
func (w *world) roll(repair bool) {
	w.rollers++
	a := &actor{name: "roller"}
	s := w.seam("roller")
	s.actor = a
	now := w.clock()
	r := aggregate.NewRoller(s, aggregate.NewSites(s, now), now)
	r.NewToken = w.rand.Uint64
	if w.settles {
		r.Finals = aggregate.NewFinals(s, aggregate.NewSites(s, now), now, aggregate.FinalsOptions{Parallel: 1})
	}
	job := r.Round
	if repair {
		job = r.Repair
	}
	w.spawn(a, func() { _ = job(context.Background()) }, func() {
		w.rollers--
		w.glance()
	})
}
