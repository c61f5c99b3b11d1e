package embedded

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/streamgauge/streamgauge/store"
)

func cancelled(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

// calls are all calls of a store, as far as their errors.
var calls = map[string]func(context.Context, *Store) error{
	"Append": func(ctx context.Context, s *Store) error { return appendDelta(ctx, s, "calls", 1) },
	"Read": func(ctx context.Context, s *Store) error {
		_, err := s.Read(ctx, logKey("calls"), 0, store.Bodies)
		return err
	},
	"Get": func(ctx context.Context, s *Store) error {
		_, err := s.Get(ctx, store.Key{Partition: "p", Sort: "s"})
		return err
	},
	"Put": func(ctx context.Context, s *Store) error {
		_, err := s.Put(ctx, store.Key{Partition: "p", Sort: "s"}, nil, store.Write{Any: true})
		return err
	},
	"Delete": func(ctx context.Context, s *Store) error {
		return s.Delete(ctx, store.Key{Partition: "p", Sort: "s"}, store.Write{Any: true})
	},
	"ScanLogs": func(ctx context.Context, s *Store) (last error) {
		for _, err := range s.ScanLogs(ctx, store.Range{Partition: "p"}, store.Heads) {
			last = err
		}
		return last
	},
	"DropLogs": func(ctx context.Context, s *Store) error { return s.DropLogs(ctx, "p") },
	"Scan": func(ctx context.Context, s *Store) (last error) {
		for _, err := range s.Scan(ctx, store.Range{Partition: "p"}) {
			last = err
		}
		return last
	},
}

func wantEveryCall(t *testing.T, s *Store, want error) {
	t.Helper()
	for name, call := range calls {
		if err := call(t.Context(), s); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestClosed(t *testing.T) {
	s := open(t, tiny(vfs.NewMem()))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantEveryCall(t, s, store.ErrClosed)
}

func TestCloseWaits(t *testing.T) {
	s := open(t, tiny(vfs.NewMem()))
	for n := uint32(1); n <= 3; n++ {
		if err := appendDelta(t.Context(), s, "log", n); err != nil {
			t.Fatal(err)
		}
	}
	var closed atomic.Bool
	result := make(chan error, 1)
	seen := 0
	for e, err := range s.ScanLogs(t.Context(), store.Range{Partition: "p"}, store.Bodies) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; e.N == 1 {
			go func() {
				err := s.Close()
				closed.Store(true)
				result <- err
			}()
			for s.isOpen() {
				runtime.Gosched()
			}
		}
		if closed.Load() {
			t.Fatal("closed under a loop")
		}
	}
	if err := <-result; err != nil || seen != 3 {
		t.Fatalf("%d seen, closed with %v", seen, err)
	}
}

func (s *Store) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed
}
