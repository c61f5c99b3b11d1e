package mapping

import (
	"context"
	"errors"
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
)

// While one key's batch is stuck, the other keys go on, and the checkpoint stays before the stuck record.
func TestLanesGoOnBesideAStuckOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.ParallelizationFactor, r.cfg.BatchSize = 4, 1
		stuck, others := true, elsewhere("a", 4)
		r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
			if stuck && names[0] == "a" {
				return events.KinesisEventResponse{}, errFunction
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, others[0], "a", others[0], others[1], others[2], others[3], "a")
		run := r.start()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		got := slices.DeleteFunc(r.delivered(), func(name string) bool { return name == "a" })
		slices.Sort(got)
		want := append(others, others[0])
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("delivered %q beside the stuck one, want %q", got, want)
		}
		if checkpoint := r.checkpoints.of(0); checkpoint != sequence(1) {
			t.Errorf("checkpoint %s, want that of record 1", checkpoint)
		}
		stuck = false
		run.idle()
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
		if checkpoint := r.checkpoints.of(0); checkpoint != sequence(7) {
			t.Errorf("checkpoint %s, want that of record 7", checkpoint)
		}
	})
}

// elsewhere returns four keys that take other lanes than that one.
func elsewhere(key string, lanes int) (others []string) {
	for i := 0; len(others) < 4; i++ {
		if k := fmt.Sprint("key", i); laneOf(k, lanes) != laneOf(key, lanes) {
			others = append(others, k)
		}
	}
	return others
}

// As many batches are in hand as the factor says, and no more.
func TestLanesAreParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.ParallelizationFactor, r.cfg.BatchSize = 3, 2
		var mu sync.Mutex
		busy, most := 0, 0
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			mu.Lock()
			busy++
			most = max(most, busy)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			busy--
			mu.Unlock()
			return events.KinesisEventResponse{}, nil
		}
		for i := range 60 {
			r.model.put(0, fmt.Sprint("key", i))
		}
		r.consume()
		if most != 3 {
			t.Errorf("%d batches at a time, want 3", most)
		}
	})
}

// TestLaneChaos runs mappings one after the other on one stream with few keys, while everything fails now and then, with all knobs
// at random. An auditor holds the order of every key, and every checkpoint, against what was accepted.
func TestLaneChaos(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) { newLaneChaos(t, seed).run() })
		})
		if *chaosSeed != 0 {
			return
		}
	}
}

// keys are the partition keys, and the filtered one is dropped by the mapping's filter.
var keys = []string{"a", "b", "c", "d", "e", "f", "g", filtered}

const filtered = "filtered"

type laneChaos struct {
	*chaos
	mu    sync.Mutex // guards what follows
	done  map[string]bool
	again map[string]bool   // done in an earlier run: may be delivered again
	busy  map[string]bool   // keys of a shard that are in hand
	saved map[string]string // checkpoints by shard
	tries map[string]int    // invocations by batch, in this run
}

func newLaneChaos(t *testing.T, seed uint64) *laneChaos {
	c := &laneChaos{chaos: newChaos(t, seed), done: map[string]bool{}, saved: map[string]string{}}
	c.model.pageRecords = 1 + c.n(40)
	c.cfg.Checkpoints, c.cfg.Function, c.cfg.OnDiscard = c, c.function, c.discard
	c.cfg.Events.Passed, c.cfg.Events.Drained = c.passed, nil // no shard ends here
	c.cfg.Filters = []string{`{"partitionKey":[{"anything-but":"` + filtered + `"}]}`}
	return c
}

func (c *laneChaos) run() {
	var world sync.WaitGroup
	world.Go(c.produce)
	for range 2 + c.n(4) {
		run := c.startAnew()
		time.Sleep(time.Duration(c.n(60_000)) * time.Millisecond)
		_ = run.stop()
	}
	world.Wait()
	c.settle()
	run := c.startAnew()
	run.idle()
	if err := run.stop(); err != nil {
		c.t.Error(err)
	}
	for i, s := range c.model.shards {
		for _, r := range s.records {
			if !c.isDone(*r.SequenceNumber, *r.PartitionKey) {
				c.t.Errorf("record %s of shard %d is not done", *r.SequenceNumber, i)
			}
		}
		if n := len(s.records); n > 0 && c.saved[s.id] != *s.records[n-1].SequenceNumber {
			c.t.Errorf("the last checkpoint of %s is %q of %d records", s.id, c.saved[s.id], n)
		}
	}
}

func (c *laneChaos) produce() {
	for range 40 {
		for range c.n(12) {
			c.model.put(c.n(2), keys[c.n(len(keys))])
		}
		time.Sleep(time.Duration(c.n(8000)) * time.Millisecond)
	}
}

func (c *laneChaos) startAnew() *run {
	c.cfg.BatchSize = 1 + c.n(7)
	c.cfg.ParallelizationFactor = 1 + c.n(5)
	c.cfg.BatchWindow = time.Duration(c.n(3)*c.n(5)) * time.Second
	c.cfg.MaximumRetryAttempts = new(c.n(5) - 1)
	c.cfg.MaximumRecordAge = time.Duration(c.n(2)*(60+c.n(60))) * time.Second
	c.cfg.BisectBatchOnFunctionError = c.n(2) == 0
	c.cfg.DrainTimeout = time.Duration(1+c.n(20)) * time.Second
	if c.cfg.Kinesis = c.model; c.n(2) == 0 {
		c.cfg.Kinesis = waitingModel{c.model}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy, c.tries, c.again = map[string]bool{}, map[string]int{}, map[string]bool{}
	for sequence := range c.done {
		c.again[sequence] = true
	}
	return c.start()
}

func (c *laneChaos) function(ctx context.Context, e events.KinesisEvent) (events.KinesisEventResponse, error) {
	sequences := c.delivered(e)
	defer c.finished(e)
	_ = sleep(ctx, time.Duration(c.n(4000))*time.Millisecond)
	switch {
	case c.happens(10):
		c.untry(sequences)
		return events.KinesisEventResponse{}, ErrThrottled
	case c.happens(20):
		return events.KinesisEventResponse{}, errFunction
	case c.happens(10):
		return failed(sequences[0], "foreign")
	case c.happens(20):
		lowest := c.n(len(sequences))
		c.accepted(sequences[:lowest])
		return failed(sequences[lowest])
	}
	c.accepted(sequences)
	return events.KinesisEventResponse{}, nil
}

// delivered checks that the records of each key come in order, behind all others of their key, and never twice in a run once accepted.
func (c *laneChaos) delivered(e events.KinesisEvent) (sequences []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shard, _, _ := strings.Cut(e.Records[0].EventID, ":")
	names := namesOf(e)
	for i, r := range e.Records {
		sequence := r.Kinesis.SequenceNumber
		if i > 0 && compareSequences(sequences[i-1], sequence) >= 0 {
			c.t.Errorf("%s comes behind %s", sequence, sequences[i-1])
		}
		if c.done[sequence] && !c.again[sequence] {
			c.t.Errorf("%s was accepted and comes again", sequence)
		}
		if names[i] == filtered {
			c.t.Errorf("%s is delivered and should be filtered", sequence)
		}
		if !slices.Contains(names[:i], names[i]) {
			if c.busy[shard+names[i]] {
				c.t.Errorf("key %s is in two batches", names[i])
			}
			c.behindAll(shard, names[i], sequence)
		}
		sequences = append(sequences, sequence)
	}
	for _, name := range names {
		c.busy[shard+name] = true
	}
	batch := strings.Join(sequences, " ")
	if c.tries[batch]++; *c.cfg.MaximumRetryAttempts >= 0 && c.tries[batch] > 1+*c.cfg.MaximumRetryAttempts {
		c.t.Errorf("invocation %d of a batch with %d retries", c.tries[batch], *c.cfg.MaximumRetryAttempts)
	}
	return sequences
}

// behindAll checks that the records of a key before a sequence number are done.
func (c *laneChaos) behindAll(shard, key, sequence string) {
	c.model.mu.Lock()
	defer c.model.mu.Unlock()
	for _, r := range c.model.shard(shard).records {
		if *r.PartitionKey == key && compareSequences(*r.SequenceNumber, sequence) < 0 && !c.done[*r.SequenceNumber] {
			c.t.Errorf("%s of key %s overtakes %s", sequence, key, *r.SequenceNumber)
		}
	}
}

func (c *laneChaos) finished(e events.KinesisEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shard, _, _ := strings.Cut(e.Records[0].EventID, ":")
	for _, name := range namesOf(e) {
		delete(c.busy, shard+name)
	}
}

func (c *laneChaos) untry(sequences []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries[strings.Join(sequences, " ")]--
}

func (c *laneChaos) accepted(sequences []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range sequences {
		c.done[s] = true
		delete(c.again, s)
	}
}

func (c *laneChaos) discard(_ context.Context, d Discard) error {
	if c.happens(20) {
		return errors.New("destination is down")
	}
	var sequences []string
	for _, r := range d.Event.Records {
		sequences = append(sequences, r.Kinesis.SequenceNumber)
		age := d.At.Sub(r.Kinesis.ApproximateArrivalTimestamp.Time)
		if d.Condition == RecordAgeExceeded && age <= c.cfg.MaximumRecordAge {
			c.t.Errorf("%s is given up at the age of %v", r.Kinesis.SequenceNumber, age)
		}
	}
	if d.Condition == RetryAttemptsExhausted && d.Attempts != 1+*c.cfg.MaximumRetryAttempts {
		c.t.Errorf("given up after %d attempts with %d retries", d.Attempts, *c.cfg.MaximumRetryAttempts)
	}
	c.accepted(sequences)
	return nil
}

// passed checks that every record is done that came into the shard before the time, whatever lane it is in.
func (c *laneChaos) passed(id string, before time.Time) {
	records := c.audit.look(id).records
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		if r.ApproximateArrivalTimestamp.Before(before) && !c.isDone(*r.SequenceNumber, *r.PartitionKey) {
			c.t.Errorf("%s: passed up to %v; record %s of %v is not done", id, before, *r.SequenceNumber, r.ApproximateArrivalTimestamp)
			return
		}
	}
}

func (c *laneChaos) isDone(sequence, key string) bool { return key == filtered || c.done[sequence] }

// Save checks a checkpoint: everything up to it is done, and it does not go back.
func (c *laneChaos) Save(ctx context.Context, shard, checkpoint string) error {
	if err := ctx.Err(); err != nil || c.happens(10) {
		return errors.Join(err, errors.New("store is down"))
	}
	c.mu.Lock()
	if compareSequences(checkpoint, c.saved[shard]) < 0 {
		c.t.Errorf("checkpoint of %s goes from %s back to %s", shard, c.saved[shard], checkpoint)
	}
	c.saved[shard] = checkpoint
	c.model.mu.Lock()
	for _, r := range c.model.shard(shard).records {
		if s := *r.SequenceNumber; compareSequences(s, checkpoint) <= 0 && !c.isDone(s, *r.PartitionKey) {
			c.t.Errorf("checkpoint %s is ahead of %s, which is not done", checkpoint, s)
		}
	}
	c.model.mu.Unlock()
	c.mu.Unlock()
	_ = c.checkpoints.Save(ctx, shard, checkpoint)
	if c.happens(10) {
		return errors.New("the answer was lost")
	}
	return nil
}
