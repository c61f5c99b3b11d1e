package mapping

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var (
	chaosRuns = flag.Int("chaos.runs", 60, "schedules of TestChaos; 100 times as many where STREAMGAUGE_LONG is set")
	chaosSeed = flag.Uint64("chaos.seed", 0, "run TestChaos with this seed only")
)

// TestChaos runs mappings one after the other on the same stream and checkpoints, while records come in, shards split and
// merge, and everything fails now and then: calls to Kinesis, the function in all its ways, saves (applied or not), discards,
// and the mapping itself, stopped at any moment. An auditor holds every delivery and every save against the model.
func TestChaos(t *testing.T) {
	runs := *chaosRuns
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		runs *= 100
	}
	for range runs {
		seed := rand.Uint64()
		if *chaosSeed != 0 {
			seed = *chaosSeed
		}
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newChaos(t, seed).run() })
		})
		if *chaosSeed != 0 {
			return
		}
	}
}

type chaos struct {
	*rig
	audit *auditor

	mu   sync.Mutex
	rand *rand.Rand
	calm bool // nothing fails any more
}

func newChaos(t *testing.T, seed uint64) *chaos {
	c := &chaos{rig: newRig(t, 2), rand: rand.New(rand.NewPCG(seed, 1))}
	c.audit = &auditor{t: t, model: c.model, shards: map[string]*audited{}}
	c.model.pageRecords = 1 + c.rand.IntN(8)
	c.model.fault = c.kinesisFault
	c.model.blank = func() bool { return c.happens(20) }
	c.cfg.Checkpoints = c
	c.cfg.Function = c.function
	c.cfg.OnDiscard = c.discard
	c.cfg.FunctionTimeout = time.Hour
	c.cfg.Events.ShardAdded, c.cfg.Events.Passed, c.cfg.Events.Drained = c.audit.added, c.audit.passed, c.audit.drained
	return c
}

// n is a random number below the limit.
func (c *chaos) n(limit int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rand.IntN(limit)
}

// happens is true in so many percent of the cases, and never when all is calm.
func (c *chaos) happens(percent int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.calm && c.rand.IntN(100) < percent
}

func (c *chaos) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calm = true
}

func (c *chaos) run() {
	var world sync.WaitGroup
	world.Go(c.produce)
	for range 2 + c.n(6) {
		run := c.startAnew()
		time.Sleep(time.Duration(c.n(90_000)) * time.Millisecond)
		_ = run.stop() // with whatever was in hand
	}
	world.Wait()
	c.settle()
	run := c.startAnew()
	run.idle()
	if err := run.stop(); err != nil {
		c.t.Error(err)
	}
	c.audit.complete()
}

func (c *chaos) startAnew() *run {
	c.cfg.BatchSize = 1 + c.n(7)
	c.cfg.BatchWindow = time.Duration(c.n(3)*c.n(5)) * time.Second
	c.cfg.MaximumRetryAttempts = new(c.n(4) - 1)
	c.cfg.ParallelizationFactor = 1 + c.n(4) // all records have one key
	c.cfg.DrainTimeout = time.Duration(1+c.n(20)) * time.Second
	if c.cfg.Kinesis = c.model; c.n(2) == 0 {
		c.cfg.Kinesis = waitingModel{c.model}
	}
	c.audit.restarted(*c.cfg.MaximumRetryAttempts)
	return c.start()
}

func (c *chaos) produce() {
	for range 60 {
		open := c.open()
		i := open[c.n(len(open))]
		switch c.n(12) {
		case 0:
			c.model.split(i)
		case 1:
			if j := open[c.n(len(open))]; j != i {
				c.model.merge(i, j)
			}
		default:
			for range c.n(6) {
				c.model.put(i, "record")
			}
		}
		time.Sleep(time.Duration(c.n(8000)) * time.Millisecond)
	}
}

func (c *chaos) open() []int {
	c.model.mu.Lock()
	defer c.model.mu.Unlock()
	var open []int
	for i, s := range c.model.shards {
		if !s.closed {
			open = append(open, i)
		}
	}
	return open
}

func (c *chaos) kinesisFault(string, string) error {
	faults := []error{
		&types.ProvisionedThroughputExceededException{}, &types.ExpiredIteratorException{},
		&types.ResourceNotFoundException{}, errors.New("connection reset"),
	}
	if !c.happens(25) {
		return nil
	}
	return faults[c.n(len(faults))]
}

func (c *chaos) Load(ctx context.Context, shardID string) (string, bool, error) {
	if c.happens(10) {
		return "", false, errors.New("store is down")
	}
	return c.checkpoints.Load(ctx, shardID)
}

func (c *chaos) Save(ctx context.Context, shardID, checkpoint string) error {
	if err := ctx.Err(); err != nil || c.happens(20) {
		return errors.Join(err, errors.New("store is down"))
	}
	c.audit.saved(shardID, checkpoint)
	_ = c.checkpoints.Save(ctx, shardID, checkpoint)
	if c.happens(10) {
		return errors.New("the answer was lost")
	}
	return nil
}

func (c *chaos) function(ctx context.Context, e events.KinesisEvent) (response events.KinesisEventResponse, err error) {
	shard, sequences := c.audit.delivered(e)
	_ = sleep(ctx, time.Duration(c.n(4000))*time.Millisecond)
	if c.happens(2) {
		time.Sleep(iteratorLife)
	}
	switch {
	case c.happens(15):
		return response, errFunction
	case c.happens(10):
		panic("poison")
	case c.happens(10):
		return failed(sequences[0], sequence(0))
	case c.happens(25):
		lowest := c.n(len(sequences))
		c.audit.accepted(shard, lowest)
		return failed(sequences[len(sequences)-1], sequences[lowest])
	default:
		c.audit.accepted(shard, len(sequences))
		return response, nil
	}
}

func (c *chaos) discard(_ context.Context, d Discard) error {
	if c.happens(30) {
		return errors.New("destination is down")
	}
	c.audit.discarded(d)
	return nil
}

// auditor knows what each shard's function has accepted.
type auditor struct {
	t     *testing.T
	model *model

	mu      sync.Mutex
	retries int
	shards  map[string]*audited
	told    int // how often it was told that a shard was passed up to a time
}

type audited struct {
	known    bool // it was told that there is the shard
	done     int  // records, from the first, that were accepted or discarded
	saved    int  // records, from the first, that the checkpoint covers
	at       int  // index of the first record of the last delivery
	hand     int  // records that the next delivery in this run must consist of; 0: any
	attempts int  // deliveries of what is in hand
}

func (a *auditor) shard(id string) *audited {
	if a.shards[id] == nil {
		a.shards[id] = &audited{}
	}
	return a.shards[id]
}

func (a *auditor) restarted(retries int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.retries = retries
	for _, s := range a.shards {
		s.hand, s.attempts = 0, 0
	}
}

// look is a copy of a shard of the model.
func (a *auditor) look(id string) modelShard {
	a.model.mu.Lock()
	defer a.model.mu.Unlock()
	s := *a.model.shard(id)
	s.records = slices.Clone(s.records)
	return s
}

func (a *auditor) indexOf(s modelShard, sequence string) int {
	return slices.IndexFunc(s.records, func(r types.Record) bool { return *r.SequenceNumber == sequence })
}

// delivered checks a delivery: it is a run of records of one shard, with no gap before it and nothing that the checkpoint
// covers; the same as the last one where that failed; and after everything that the parents have.
func (a *auditor) delivered(e events.KinesisEvent) (id string, sequences []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, _, _ = strings.Cut(e.Records[0].EventID, ":")
	s, m := a.shard(id), a.look(id)
	at := a.indexOf(m, e.Records[0].Kinesis.SequenceNumber)
	for i, r := range e.Records {
		if r.EventID != id+":"+r.Kinesis.SequenceNumber || a.indexOf(m, r.Kinesis.SequenceNumber) != at+i {
			a.t.Errorf("delivered %s at place %d of a batch that begins with record %d", r.EventID, i, at)
		}
		sequences = append(sequences, r.Kinesis.SequenceNumber)
	}
	if at > s.done || at < s.saved {
		a.t.Errorf("%s: delivered from %d on; %d are done and %d saved", id, at, s.done, s.saved)
	}
	if s.hand > 0 && (at != s.at || len(sequences) != s.hand) {
		a.t.Errorf("%s: delivered %d from %d on, but %d from %d on were in hand", id, len(sequences), at, s.hand, s.at)
	}
	a.checkParents(m)
	s.at, s.hand = at, len(sequences)
	if s.attempts++; a.retries >= 0 && s.attempts > a.retries+1 {
		a.t.Errorf("%s: attempt %d with %d retries", id, s.attempts, a.retries)
	}
	return id, sequences
}

func (a *auditor) checkParents(child modelShard) {
	for _, id := range child.parents {
		if done, all := a.shard(id).done, len(a.look(id).records); done != all {
			a.t.Errorf("delivered %s while %d of %d records of its parent %s are done", child.id, done, all, id)
		}
	}
}

// accepted takes note of an invocation that made so many records done.
func (a *auditor) accepted(id string, records int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shard(id)
	if records > 0 {
		s.at, s.hand, s.attempts = s.at+records, s.hand-records, 0
	}
	s.done = max(s.done, s.at)
}

func (a *auditor) discarded(d Discard) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shard(d.ShardID)
	if at := a.indexOf(a.look(d.ShardID), d.FirstSequenceNumber); at != s.at || len(d.Event.Records) != s.hand || d.Attempts != a.retries+1 {
		a.t.Errorf("discarded %d records from %d on after %d attempts; in hand are %d from %d on, with %d retries",
			len(d.Event.Records), at, d.Attempts, s.hand, s.at, a.retries)
	}
	s.at, s.hand, s.attempts = s.at+s.hand, 0, 0
	s.done = max(s.done, s.at)
}

// saved checks a checkpoint: it is not ahead of what is done, nor behind the last.
func (a *auditor) saved(id, checkpoint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, m := a.shard(id), a.look(id)
	covers := len(m.records)
	if checkpoint != ShardEnd {
		covers = 1 + a.indexOf(m, checkpoint)
	} else if !m.closed {
		a.t.Errorf("%s is saved as ended and is open", id)
	}
	if covers > s.done || covers < s.saved {
		a.t.Errorf("%s: saved %d; %d are done and %d were saved", id, covers, s.done, s.saved)
	}
	s.saved = covers
}

func (a *auditor) added(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shard(id).known = true
}

// passed checks that every record is done that came before the time.
func (a *auditor) passed(id string, before time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told++
	s, m := a.shard(id), a.look(id)
	for i := s.done; i < len(m.records); i++ {
		if m.records[i].ApproximateArrivalTimestamp.Before(before) {
			a.t.Errorf("%s: passed up to %v; record %d of %v is not done", id, before, i, m.records[i].ApproximateArrivalTimestamp)
		}
	}
}

// drained checks that a shard has nothing left, and that its children were told of before.
func (a *auditor) drained(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.look(id); !m.closed || a.shard(id).done != len(m.records) {
		a.t.Errorf("%s: drained with %d of %d records done", id, a.shard(id).done, len(m.records))
	}
	for i := range a.model.shards {
		if child := a.look(shardID(i)); slices.Contains(child.parents, id) && !a.shard(child.id).known {
			a.t.Errorf("%s is drained, and its child %s was not told of", id, child.id)
		}
	}
}

func (a *auditor) complete() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == 0 {
		a.t.Error("it was never told how far a shard was passed")
	}
	for i := range a.model.shards {
		if id, all := shardID(i), len(a.model.shards[i].records); a.shard(id).done != all || a.shard(id).saved != all {
			a.t.Errorf("%s: %d of %d records are done and %d saved", id, a.shard(id).done, all, a.shard(id).saved)
		}
	}
}
