package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/streamgauge/streamgauge/store"
)

// history is what a process was answered before a power cut.
type history struct {
	mu       sync.Mutex
	deltas   [3]uint32 // by log
	relaxed  int       // the chain of relaxed items written so far
	implied  int       // how much of the chain a durable write came after
	durable  int       // rounds of a durable Put and Delete
	revision map[store.Revision]bool
}

func (h *history) note(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func link(i int) store.Key { return store.Key{Partition: "chain", Sort: fmt.Sprintf("%06d", i)} }

// The power is cut again and again, at any moment, with any part of what was not synced on disk. Whatever was answered is there; relaxed
// writes are there up to some point and not beyond it; what came durably after them brings them along; no revision comes twice.
func TestPowerCuts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	disk := vfs.NewCrashableMem()
	h := &history{revision: map[store.Revision]bool{}}
	for range 15 {
		disk = runUntilCut(t, disk, h, rng)
	}
	if h.deltas[0] == 0 || h.relaxed == 0 {
		t.Fatalf("nothing happened: %v, %d", h.deltas, h.relaxed)
	}
}

// runUntilCut checks the store that a cut left, writes on, and returns the disk as another cut leaves it.
func runUntilCut(t *testing.T, disk *vfs.MemFS, h *history, rng *rand.Rand) *vfs.MemFS {
	s := open(t, tiny(disk))
	h.check(t, s)
	deadline, unsynced := rng.IntN(300), []int{0, 30, 100}[rng.IntN(3)]
	steps, cut := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for l := range h.deltas {
		wg.Go(func() { h.appendUntil(t, s, l, steps, cut) })
	}
	wg.Go(func() { h.chainUntil(t, s, steps, cut) })
	wg.Go(func() { h.replaceUntil(t, s, steps, cut) })
	for range deadline {
		<-steps
	}
	// What was answered up to here must survive. The writers go on meanwhile, and are forgotten.
	var before history
	h.note(func() { before = history{deltas: h.deltas, relaxed: h.relaxed, implied: h.implied, durable: h.durable} })
	left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rng})
	close(cut)
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	h.deltas, h.relaxed, h.implied, h.durable = before.deltas, before.relaxed, before.implied, before.durable
	return left
}

// step tells that something was answered, and returns false after the cut.
func step(steps, cut chan struct{}) bool {
	select {
	case steps <- struct{}{}:
		return true
	case <-cut:
		return false
	}
}

func (h *history) appendUntil(t *testing.T, s *Store, l int, steps, cut chan struct{}) {
	for n := h.deltas[l] + 1; step(steps, cut); n++ {
		var chain int
		h.note(func() { chain = h.relaxed })
		if err := appendDelta(t.Context(), s, fmt.Sprint(l), n); err != nil {
			t.Error(err)
		}
		h.note(func() { h.deltas[l], h.implied = n, max(h.implied, chain) })
	}
}

func (h *history) chainUntil(t *testing.T, s *Store, steps, cut chan struct{}) {
	for i := h.relaxed + 1; step(steps, cut); i++ {
		rev, err := s.Put(t.Context(), link(i), []byte("x"), store.Write{Any: true, Relaxed: true})
		if err != nil {
			t.Error(err)
		}
		h.note(func() {
			if h.revision[rev] {
				t.Errorf("revision %d was given before", rev)
			}
			h.revision[rev], h.relaxed = true, i
		})
	}
}

// kept holds the last round. Every round ends with the deletion of an item.
var kept = store.Key{Partition: "p", Sort: "kept"}

func gone(n int) store.Key { return store.Key{Partition: "gone", Sort: fmt.Sprintf("%06d", n)} }

func (h *history) replaceUntil(t *testing.T, s *Store, steps, cut chan struct{}) {
	for n := h.durable + 1; step(steps, cut); n++ {
		_, err := s.Put(t.Context(), gone(n), nil, store.Write{Any: true})
		_, keptErr := s.Put(t.Context(), kept, fmt.Append(nil, n), store.Write{Any: true})
		deleteErr := s.Delete(t.Context(), gone(n), store.Write{Any: true})
		if err := errors.Join(err, keptErr, deleteErr); err != nil {
			t.Error(err)
		}
		h.note(func() { h.durable = n })
	}
}

func (h *history) checkReplaced(t *testing.T, s *Store) {
	t.Helper()
	var last int
	if item, err := s.Get(t.Context(), kept); err == nil {
		_, _ = fmt.Sscan(string(item.Value), &last)
	}
	if last < h.durable {
		t.Fatalf("round %d is kept, %d was answered", last, h.durable)
	}
	for item := range s.Scan(t.Context(), store.Range{Partition: "gone", To: gone(h.durable + 1).Sort}) {
		t.Fatalf("%q was deleted before the end of round %d", item.Key.Sort, h.durable)
	}
	for n := h.durable + 1; n <= last+1; n++ { // what the cut came before
		if err := s.Delete(t.Context(), gone(n), store.Write{Any: true}); err != nil {
			t.Fatal(err)
		}
	}
	h.durable = last
}

func (h *history) check(t *testing.T, s *Store) {
	t.Helper()
	for l := range h.deltas {
		entries, err := s.Read(t.Context(), logKey(fmt.Sprint(l)), 0, store.Heads)
		if err != nil {
			t.Fatal(err)
		}
		// A write that was under way when the disk was copied may be there, and those that followed it before the copy began.
		if uint32(len(entries)) < h.deltas[l] {
			t.Fatalf("log %d has %d deltas of %d answered", l, len(entries), h.deltas[l])
		}
		h.deltas[l] = uint32(len(entries))
		checkDeltas(t, s, fmt.Sprint(l), h.deltas[l])
	}
	h.checkReplaced(t, s)
	there := 0
	for item, err := range s.Scan(t.Context(), store.Range{Partition: "chain"}) {
		if err != nil {
			t.Fatal(err)
		}
		if there++; item.Key != link(there) {
			t.Fatalf("link %d of the chain is missing before %q", there, item.Key.Sort)
		}
	}
	if there < h.implied {
		t.Fatalf("%d links, of which %d came before a durable write", there, h.implied)
	}
	h.relaxed, h.implied = there, there
}
