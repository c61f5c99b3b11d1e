package embedded

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/streamgauge/streamgauge/store"
)

// Store is an open folder. It implements [store.Store].
//
// Locks, in the order in which they are taken: a stripe; guard.mu; what pebble has inside; fence.changing. mu is held alone.
type Store struct {
	db        *pebble.DB
	fence     *fence
	guard     *guard
	revisions atomic.Uint64 // the last one given

	// A write holds the stripe of its key from the look at what is there until it is on disk. Writes hold one stripe each.
	stripes [256]stripe
	seed    maphash.Seed

	mu      sync.Mutex // guards closed, and so that no caller begins when Close waits
	closed  bool
	callers sync.WaitGroup // calls and loops under way
	commits sync.WaitGroup // goroutines that wait for pebble
	closing sync.Once
	closeIt error
}

var _ store.Store = (*Store)(nil)

// enter begins a call. If it answers nil, s.callers.Done ends it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if err := s.fence.failure(); err != nil {
		return err
	}
	s.callers.Add(1)
	return nil
}

// Close waits for the calls under way and closes the folder; later calls answer store.ErrClosed. If the store failed, or writes wait for room on a
// full disk, what was answered is safe in the log and Close returns the failure; the database's memory and goroutines stay
// until the process ends, and the folder may be opened again.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closeIt = s.close() })
	return s.closeIt
}

func (s *Store) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.fence.strict.Store(true)
	s.callers.Wait()
	closed := make(chan error, 1)
	go func() {
		s.commits.Wait()
		s.fence.strict.Store(false) // no write waits: a table that finds no room now is written again from the log
		closed <- s.db.Close()
	}()
	select {
	case err := <-closed:
		return err
	case <-s.fence.failed:
		s.fence.settle()
		return s.fence.failure()
	}
}

// view calls see with the value of a key. It does nothing if there is none. The value is valid during the call.
func (s *Store) view(key []byte, see func(value []byte) error) error {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(see(value), closer.Close())
}
