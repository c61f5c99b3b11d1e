package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// coordinator finds the shards and runs each when its time has come. Its fields belong to the goroutine in run.
type coordinator struct {
	cfg     *Config
	filters filters
	board   *board
	lineage *lineage
	listed  bool // at least once

	shards   sync.WaitGroup
	outcomes chan outcome
	errs     []error // of the outcomes
}

// outcome is how the goroutine of a shard ended.
type outcome struct {
	id      string
	drained bool
	err     error
}

func newCoordinator(cfg *Config, f filters, b *board) *coordinator {
	return &coordinator{cfg: cfg, filters: f, board: b, lineage: newLineage(), outcomes: make(chan outcome)}
}

// run returns when ctx has ended and every shard's goroutine has.
func (c *coordinator) run(ctx, work context.Context) error {
	var drained []string // by this run, and not yet followed by a listing
	next := time.NewTimer(0)
	defer next.Stop()
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return c.join()
		case o := <-c.outcomes:
			c.errs = append(c.errs, o.err)
			if o.drained {
				drained = append(drained, o.id)
				next.Reset(0)
			}
		case <-next.C:
			if err := c.discover(ctx); err != nil {
				failures++
				c.report(ctx, err)
				next.Reset(callBackoff.pause(failures))
				continue
			}
			// A parent counts as drained only now that its children are known, so that WaitIdle does not overlook them.
			c.settle(drained)
			c.startReady(ctx, work)
			failures, drained = 0, nil
			next.Reset(c.cfg.ListInterval)
		}
	}
}

// join waits for the shards and says what they left undone.
func (c *coordinator) join() error {
	go func() {
		c.shards.Wait()
		close(c.outcomes)
	}()
	for o := range c.outcomes {
		c.errs = append(c.errs, o.err)
	}
	return errors.Join(c.errs...)
}

func (c *coordinator) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case isThrottle(err):
		c.cfg.Events.Throttled("")
	default:
		c.cfg.Events.Failed("", err)
	}
}

// discover adds the shards that are new.
//
// The youngest are added first: where the first start is cut short, no shard is left without a saved position whose parent has
// one, for that is how a shard is told that appeared later.
func (c *coordinator) discover(ctx context.Context) error {
	shards, err := listShards(ctx, c.cfg.Kinesis, c.cfg.StreamName)
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	listed := make(map[string]bool, len(shards))
	var done []string                           // before this run
	for _, s := range slices.Backward(shards) { // they are listed by id, parents first
		id := aws.ToString(s.ShardId)
		listed[id] = true
		if c.lineage.knows(id) {
			continue
		}
		start, err := c.startOf(ctx, s)
		if err != nil {
			return fmt.Errorf("find start of shard %s: %w", id, err)
		}
		c.lineage.add(s, start)
		c.board.add(id, start)
		if start == shardEnd {
			done = append(done, id)
		} else {
			c.cfg.Events.ShardAdded(id)
		}
	}
	gone := c.lineage.prune(listed)
	c.board.remove(gone)
	c.board.complete()
	for _, id := range append(done, gone...) { // after their children
		c.cfg.Events.Drained(id)
	}
	c.listed = true
	return nil
}

// startOf finds where a shard is to be read from: behind its checkpoint; without one at its beginning if it came into being
// after the first start, and at the starting position otherwise.
func (c *coordinator) startOf(ctx context.Context, s types.Shard) (position, error) {
	id := aws.ToString(s.ShardId)
	checkpoint, ok, err := c.cfg.Checkpoints.Load(ctx, id)
	if err != nil {
		return position{}, err
	}
	if ok {
		return parsePosition(checkpoint)
	}
	later, err := c.appearedLater(ctx, s)
	if err != nil || later {
		return beginning, err
	}
	start := c.cfg.start(time.Now())
	if start.kind != types.ShardIteratorTypeLatest {
		return start, nil // the next start would choose the same
	}
	return start, c.cfg.Checkpoints.Save(ctx, id, start.checkpoint())
}

// appearedLater reports whether a shard without a checkpoint came into being after the first start.
func (c *coordinator) appearedLater(ctx context.Context, s types.Shard) (bool, error) {
	if c.listed {
		return true, nil
	}
	for _, parent := range parents(s) {
		if _, ok, err := c.cfg.Checkpoints.Load(ctx, parent); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (c *coordinator) settle(drained []string) {
	for _, id := range drained {
		if n := c.lineage.nodes[id]; n != nil {
			n.drained = true
			c.board.drained(id)
			c.cfg.Events.Drained(id)
		}
	}
}

func (c *coordinator) startReady(ctx, work context.Context) {
	for _, n := range c.lineage.ready() {
		s := newShard(c.cfg, c.filters, n.id, n.start, c.board)
		n.shard = s
		c.shards.Go(func() {
			drained, err := s.run(ctx, work)
			c.outcomes <- outcome{id: s.id, drained: drained, err: err}
		})
	}
}
