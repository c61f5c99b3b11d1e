package mapping

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// State is what a shard is busy with.
type State string

// The states of a shard.
const (
	Waiting  State = "waiting"  // for its parents to be drained
	Reading  State = "reading"  // or waiting for a batch to become full
	Idle     State = "idle"     // at the tip, with everything before it checkpointed
	Invoking State = "invoking" // the function
	Retrying State = "retrying" // pausing before the same records are delivered again, or handing them over as given up
	Drained  State = "drained"  // closed and consumed to its end
)

// ShardStatus is how far one shard is.
type ShardStatus struct {
	ShardID    string
	State      State
	Checkpoint string // as in Checkpoints, or where the shard is read from if nothing was saved yet
	// IteratorAge is that of the last invocation (see Invocation); zero at the tip.
	IteratorAge time.Duration
	// Behind is how far from the tip the last read was: MillisBehindLatest.
	Behind time.Duration
	// Arrived is when the last record of the last invocation came into the stream; zero at the tip.
	Arrived time.Time
	// Progress is when the shard last got on: it was begun, its checkpoint moved, or it was at its tip until then.
	Progress  time.Time
	Attempts  int   // invocations with the records in hand; zero if there are none
	LastError error // the last failure of anything, if nothing succeeded since
}

// Age is how old the newest record is that the shard is busy with. It goes on growing while the same records are delivered again, which
// IteratorAge does not. It is zero at the tip.
func (s *ShardStatus) Age(now time.Time) time.Duration {
	age := max(s.IteratorAge, s.Behind)
	if s.State == Invoking || s.State == Retrying {
		age = max(age, now.Sub(s.Arrived))
	}
	return age
}

// Stalled is how long the shard has not got on though there is something to do: records are in hand, or it cannot be read. A shard that has nothing
// to do is never stalled.
func (s *ShardStatus) Stalled(now time.Time) time.Duration {
	if s.State == Waiting || s.State == Drained || s.State == Idle && s.LastError == nil {
		return 0
	}
	return max(0, now.Sub(s.Progress))
}

// Status returns a snapshot of every shard that the stream lists, in order of their ids.
func (m *Mapping) Status() []ShardStatus { return m.board.snapshot() }

// board is what the goroutines of the shards tell, and Status and WaitIdle ask. It calls nothing under its lock but the cancel
// function of a sleeper.
type board struct {
	mu     sync.Mutex // guards all
	shards map[string]*entry
	rounds rounds
}

// entry is one shard on the board.
type entry struct {
	ShardStatus
	answered uint64             // the last round that it answered
	sleeper  context.CancelFunc // ends its sleep; nil: it is awake
}

func newBoard() *board {
	return &board{shards: map[string]*entry{}, rounds: rounds{changed: make(chan struct{})}}
}

func (b *board) add(id string, start position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := Waiting
	if start == shardEnd {
		state = Drained
	}
	b.shards[id] = &entry{ShardStatus: ShardStatus{ShardID: id, State: state, Checkpoint: start.checkpoint()}}
}

func (b *board) remove(ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		delete(b.shards, id)
	}
}

// set changes the status of a shard that has been added and not removed, as every shard that runs is.
func (b *board) set(id string, change func(*ShardStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.shards[id].ShardStatus)
}

func (b *board) snapshot() []ShardStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]ShardStatus, 0, len(b.shards))
	for _, e := range b.shards {
		all = append(all, e.ShardStatus)
	}
	slices.SortFunc(all, func(a, b ShardStatus) int { return cmp.Compare(a.ShardID, b.ShardID) })
	return all
}

// What a shard tells.

func (b *board) started(id string) {
	b.set(id, func(s *ShardStatus) { s.State, s.Progress = Reading, time.Now() })
}

func (b *board) failed(id string, err error) {
	b.set(id, func(s *ShardStatus) {
		s.leaveTip()
		s.LastError = err
	})
}

// leaveTip notes that there was nothing to do until now.
func (s *ShardStatus) leaveTip() {
	if s.State == Idle && s.LastError == nil {
		s.Progress = time.Now()
	}
}

func (b *board) read(id string, behind time.Duration) {
	b.set(id, func(s *ShardStatus) {
		s.leaveTip()
		s.State, s.Behind, s.LastError = Reading, behind, nil
	})
}

func (b *board) saved(id, checkpoint string) {
	b.set(id, func(s *ShardStatus) { s.Checkpoint, s.Progress = checkpoint, time.Now() })
}

func (b *board) invoking(id string, attempt int, arrived time.Time, age time.Duration) {
	b.set(id, func(s *ShardStatus) { s.State, s.Attempts, s.Arrived, s.IteratorAge = Invoking, attempt, arrived, age })
}

func (b *board) invoked(id string, err error) {
	b.set(id, func(s *ShardStatus) {
		s.State, s.LastError = Retrying, err
		if err == nil {
			s.State, s.Attempts = Reading, 0
		}
	})
}

func (b *board) discarded(id string) {
	b.set(id, func(s *ShardStatus) { s.State, s.Attempts, s.LastError = Reading, 0, nil })
}
