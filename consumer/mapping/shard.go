package mapping

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// shard is the consumption of one shard. Its fields belong to the goroutine in run, but for gone.
type shard struct {
	cfg     *Config
	id      string
	board   *board
	reader  *reader
	batcher batcher

	buffer   []types.Record // read, and not yet in a batch
	since    time.Time      // when the first of the buffer was read
	round    uint64         // the board's when the last read began
	failures int            // of reads, in a row

	gone atomic.Bool // the stream does not list the shard any more
}

func newShard(cfg *Config, id string, start position, b *board) *shard {
	return &shard{cfg: cfg, id: id, board: b, reader: newReader(*cfg, id, start), batcher: newBatcher(*cfg, id)}
}

// run consumes the shard until it ends, which it saves and answers with true, or ctx does. The batch that is then in hand may
// go on until work ends; the error says what was left of it.
func (s *shard) run(ctx, work context.Context) (ended bool, _ error) {
	s.board.started(s.id)
	s.cfg.Events.ShardStarted(s.id, s.reader.place.checkpoint())
	for {
		records, err := s.collect(ctx)
		if err != nil {
			return false, nil // nothing was in hand
		}
		if len(records) == 0 {
			break
		}
		if err := s.deliver(ctx, work, records); err != nil {
			return false, fmt.Errorf("shard %s: %w", s.id, err)
		}
	}
	if err := s.save(work, shardEnd); err != nil {
		return false, fmt.Errorf("shard %s: %w", s.id, err)
	}
	s.cfg.Events.ShardEnded(s.id)
	return true, nil
}

// collect returns the next batch, or nothing at the end of the shard.
func (s *shard) collect(ctx context.Context) ([]types.Record, error) {
	for ctx.Err() == nil {
		n, full := s.batcher.cut(s.buffer)
		due := s.since.Add(s.cfg.BatchWindow)
		if full || s.reader.ended || n > 0 && !time.Now().Before(due) {
			records := s.buffer[:n:n]
			s.buffer = s.buffer[n:]
			s.reader.empty = false // the last read says nothing of the time after the batch
			return records, nil
		}
		s.look(ctx, due)
	}
	return nil, ctx.Err()
}

// look waits until it may be worth to read, and reads once. Where there is something to deliver neither goes on beyond the
// time at which it is due.
func (s *shard) look(ctx context.Context, due time.Time) {
	if len(s.buffer) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, due)
		defer cancel()
	}
	s.wait(ctx)
	s.fill(ctx)
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

func (s *shard) fill(ctx context.Context) {
	s.round = s.board.currentRound()
	records, err := s.reader.read(ctx)
	switch {
	case err == nil:
		s.failures = 0
		s.take(records)
	case ctx.Err() != nil:
	case isNotFound(err) && s.gone.Load():
		s.reader.ended = true // its records outlived the retention period; nothing is left to read
	default:
		s.failures++
		s.reportRead(err)
	}
}

func (s *shard) take(records []types.Record) {
	if len(records) > 0 {
		s.hold(records)
	}
	s.board.read(s.id, s.reader.behind)
	if s.reader.atTip() && len(s.buffer) == 0 {
		s.board.idle(s.id, s.round)
	}
}

// hold appends to the buffer. Its window begins with its first record; what an earlier batch left over began one when it was
// read.
func (s *shard) hold(records []types.Record) {
	if len(s.buffer) == 0 {
		s.buffer, s.since = records, time.Now()
		return
	}
	s.buffer = append(s.buffer, records...)
}

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
