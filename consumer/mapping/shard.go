package mapping

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// shard is the consumption of one shard. Its fields belong to the goroutine in run, but for those that say otherwise.
type shard struct {
	cfg     *Config
	filters filters
	id      string
	board   *board
	reader  *reader
	batcher batcher
	lanes   []*lane

	busy     int       // lanes with a batch in hand
	round    uint64    // the board's when the last read began
	failures int       // of reads, in a row
	asked    time.Time // when the last read began

	progress *progress // has a lock of its own

	deliveries sync.WaitGroup
	finished   chan delivered                     // by the lanes; holds one for each, so that nobody waits to send
	interrupt  atomic.Pointer[context.CancelFunc] // ends the wait for records, for whoever has sent to finished

	gone atomic.Bool // the stream does not list the shard any more
}

func newShard(cfg *Config, f filters, id string, start position, b *board) *shard {
	s := &shard{
		cfg: cfg, filters: f, id: id, board: b, reader: newReader(*cfg, id, start), batcher: newBatcher(*cfg, id),
		lanes: newLanes(cfg.ParallelizationFactor), progress: newProgress(), finished: make(chan delivered, cfg.ParallelizationFactor),
	}
	return s
}

// run consumes the shard until it ends, which it saves and answers with true, or ctx does. The batches that are then in hand may
// go on until work ends; the error says what was left of them.
func (s *shard) run(ctx, work context.Context) (ended bool, _ error) {
	s.board.started(s.id)
	s.cfg.Events.ShardStarted(s.id, s.reader.place.checkpoint())
	for ctx.Err() == nil && !s.drained() {
		s.begin(ctx, work)
		s.turn(ctx, work)
	}
	if err := s.join(); err != nil {
		return false, fmt.Errorf("shard %s: %w", s.id, err)
	}
	if !s.drained() {
		return false, nil
	}
	if err := s.save(work, shardEnd); err != nil {
		return false, fmt.Errorf("shard %s: %w", s.id, err)
	}
	s.cfg.Events.ShardEnded(s.id)
	return true, nil
}

// drained reports whether the shard is closed, read to its end, and nothing of it is in hand.
func (s *shard) drained() bool { return s.reader.ended && s.busy == 0 && s.waiting() == 0 }

// join waits for the batches in hand, and says what they left undone.
func (s *shard) join() error {
	var errs []error
	for s.busy > 0 {
		d := <-s.finished
		s.free(d)
		errs = append(errs, d.err)
	}
	s.deliveries.Wait()
	return errors.Join(errs...)
}

// turn waits until something has happened: a batch is finished, one has become due, or records were read.
func (s *shard) turn(ctx, work context.Context) {
	ctx, cancel := s.untilDue(ctx)
	defer cancel()
	if !s.mayRead() {
		select {
		case d := <-s.finished:
			s.free(d)
		case <-ctx.Done():
		}
		return
	}
	if s.look(ctx) {
		s.settle(work)
	}
	for len(s.finished) > 0 {
		s.free(<-s.finished)
	}
}

// look waits until it may be worth to read, and reads once, unless a batch is finished meanwhile. It reports whether records
// were passed over, so that the checkpoint may move.
func (s *shard) look(ctx context.Context) bool {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	s.interrupt.Store(&cancel)
	defer s.interrupt.Store(nil)
	if len(s.finished) == 0 { // who sent before the store could not interrupt
		s.wait(waiting)
	}
	interrupted := waiting.Err() != nil && ctx.Err() == nil // also by a batch that was taken note of before: who finished it may be late
	if interrupted || len(s.finished) > 0 {
		return false
	}
	return s.fill(ctx)
}

// wait ends early when WaitIdle asks.
func (s *shard) wait(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !s.board.fallAsleep(s.id, s.round, cancel) {
		return
	}
	defer s.board.awake(s.id)
	if s.failures > 0 {
		_ = callBackoff.sleep(ctx, s.failures)
		return
	}
	s.reader.wait(ctx)
}

func (s *shard) fill(ctx context.Context) (passedOver bool) {
	s.round, s.asked = s.board.currentRound(), time.Now()
	records, err := s.reader.read(ctx)
	switch {
	case err == nil:
		s.failures = 0
		return s.take(records)
	case ctx.Err() != nil:
	case isNotFound(err) && s.gone.Load():
		s.reader.ended = true // its records outlived the retention period; nothing is left to read
	default:
		s.failures++
		s.reportRead(err)
	}
	return false
}

// take gives records to their lanes, but for those that no filter lets through.
func (s *shard) take(records []types.Record) (passedOver bool) {
	if len(records) > 0 {
		s.progress.began(records)
		kept := s.filters.keep(records)
		passedOver = len(kept) < len(records)
		if passedOver {
			s.progress.passOver(records, kept)
		}
		s.hold(kept)
	}
	s.board.read(s.id, s.reader.behind)
	if s.reader.atTip() && s.busy == 0 && s.waiting() == 0 {
		s.board.idle(s.id, s.round)
		s.cfg.Events.Passed(s.id, s.asked)
	}
	return passedOver
}

// settle moves the checkpoint past records that were passed over. What fails here is made up for by the next batch or the next run.
func (s *shard) settle(work context.Context) { _ = s.finish(work, nil) }

// reportRead reports a failed read. That an iterator expires is in the order of things, where a batch took long.
func (s *shard) reportRead(err error) {
	switch {
	case isExpiredIterator(err):
	case isThrottle(err):
		s.cfg.Events.Throttled(s.id)
	default:
		s.failed(fmt.Errorf("read: %w", err))
	}
}

func (s *shard) failed(err error) {
	s.board.failed(s.id, err)
	s.cfg.Events.Failed(s.id, err)
}

// finish takes note that records are done, and moves the checkpoint if everything before them is.
func (s *shard) finish(work context.Context, records []types.Record) error {
	return s.progress.finish(records, func(last mark) error {
		if err := s.save(work, after(last.sequence)); err != nil {
			return err
		}
		s.cfg.Events.Passed(s.id, last.arrival)
		return nil
	})
}

// save moves the shard's checkpoint. It does not give up before work ends: the function has accepted what is before it.
func (s *shard) save(work context.Context, p position) error {
	checkpoint := p.checkpoint()
	for failures := 1; ; failures++ {
		err := s.cfg.Checkpoints.Save(work, s.id, checkpoint)
		if err == nil {
			s.board.saved(s.id, checkpoint)
			return nil
		}
		err = fmt.Errorf("save checkpoint %s: %w", checkpoint, err)
		s.failed(err)
		if callBackoff.sleep(work, failures) != nil {
			return err
		}
	}
}

// untilDue ends with ctx, or when what waits in a lane that is free becomes due.
func (s *shard) untilDue(ctx context.Context) (context.Context, context.CancelFunc) {
	var next time.Time
	for _, l := range s.lanes {
		if due := l.since.Add(s.cfg.BatchWindow); !l.busy && len(l.buffer) > 0 && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, next)
}
