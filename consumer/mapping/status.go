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
	Behind    time.Duration
	Attempts  int   // invocations with the records in hand; zero if there are none
	LastError error // the last failure of anything, if nothing succeeded since
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
	b.set(id, func(s *ShardStatus) { s.State = Reading })
}

func (b *board) failed(id string, err error) {
	b.set(id, func(s *ShardStatus) { s.LastError = err })
}

func (b *board) read(id string, behind time.Duration) {
	b.set(id, func(s *ShardStatus) { s.State, s.Behind, s.LastError = Reading, behind, nil })
}

func (b *board) saved(id, checkpoint string) {
	b.set(id, func(s *ShardStatus) { s.Checkpoint = checkpoint })
}

func (b *board) invoking(id string, attempt int, age time.Duration) {
	b.set(id, func(s *ShardStatus) { s.State, s.Attempts, s.IteratorAge = Invoking, attempt, age })
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
