package mapping

import (
	"context"
	"errors"
	"time"
)

// ErrStopped is the error of a WaitIdle whose mapping has ended its Run.
var ErrStopped = errors.New("mapping: stopped")

// WaitIdle returns nil once every shard that is not drained was read at its tip, without finding a record, after the call
// began and with everything before it checkpointed. So what was in the stream when it was called is consumed. It wakes shards
// that wait for records. It waits for a Run to begin; it returns ErrStopped when that has ended, and the error of ctx when
// that ends.
func (m *Mapping) WaitIdle(ctx context.Context) error {
	round := m.board.ask()
	for {
		verdict, changed := m.board.answer(round)
		switch verdict {
		case allIdle:
			return nil
		case halted:
			return ErrStopped
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rounds are how WaitIdle asks: it takes the next number and wakes all sleepers. A read at the tip answers the round that was
// current when the read began, and all before it.
type rounds struct {
	current uint64
	listed  bool // every shard of the stream is on the board
	halted  bool
	changed chan struct{} // closed and replaced when an answer may have changed
}

type verdict uint8

const (
	busy verdict = iota
	allIdle
	halted
)

func (b *board) ask() (round uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rounds.current++
	for _, e := range b.shards {
		if e.sleeper != nil {
			e.sleeper()
		}
	}
	return b.rounds.current
}

// answer says what is known of a round, and what to wait for if that is not enough.
func (b *board) answer(round uint64) (verdict, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.answered(round):
		return allIdle, nil
	case b.rounds.halted:
		return halted, nil
	default:
		return busy, b.rounds.changed
	}
}

func (b *board) answered(round uint64) bool {
	if !b.rounds.listed {
		return false
	}
	for _, e := range b.shards {
		if e.State != Drained && e.answered < round {
			return false
		}
	}
	return true
}

// change makes every WaitIdle look again.
func (b *board) change(what func(*board)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what(b)
	close(b.rounds.changed)
	b.rounds.changed = make(chan struct{})
}

func (b *board) complete() { b.change(func(b *board) { b.rounds.listed = true }) }

func (b *board) halt() { b.change(func(b *board) { b.rounds.halted = true }) }

// drained tells that a shard is, and that its children are on the board.
func (b *board) drained(id string) {
	b.change(func(b *board) { b.shards[id].State = Drained })
}

// idle tells that a read which began in the round found nothing at the tip, and nothing was in hand.
func (b *board) idle(id string, round uint64) {
	b.change(func(b *board) {
		e := b.shards[id]
		e.State, e.IteratorAge, e.Arrived, e.answered = Idle, 0, time.Time{}, round
	})
}

func (b *board) currentRound() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rounds.current
}

// fallAsleep leaves the function that wakes the shard, unless a round has begun since its last read, which then it shall not
// sleep through.
func (b *board) fallAsleep(id string, round uint64, wake context.CancelFunc) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if round != b.rounds.current {
		return false
	}
	b.shards[id].sleeper = wake
	return true
}

func (b *board) awake(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shards[id].sleeper = nil
}
