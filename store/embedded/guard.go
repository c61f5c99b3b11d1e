package embedded

import (
	"fmt"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// guard refuses writes while there is still room for what pebble writes without being asked. Measuring costs a system call, so the last
// figure is used for a while, less what was written since.
type guard struct {
	measure func() (uint64, error)
	now     func() time.Time
	reserve uint64

	mu       sync.Mutex // guards what follows; nothing is called under it but measure and now
	measured time.Time
	free     uint64
	written  uint64        // since measured
	fullTill time.Time     // pebble met a full disk: no figure is believed until then
	found    chan struct{} // closed by the next foundFull; nil while nobody waits
}

const (
	// measureEvery is the age at which a figure is too old.
	measureEvery = 200 * time.Millisecond
	// fullFor is how long writes are refused after pebble met a full disk, whatever is measured: a quota or the number of files may be what
	// ran out.
	fullFor = time.Second
	// amplification is how many bytes are written soon for a byte given: the log and the table.
	amplification = 2
)

// admit answers store.ErrFull if a write of size bytes would leave less than the reserve.
func (g *guard) admit(size int) error { return g.admitAbove(size, g.reserve) }

// Room returns store.ErrFull where the disk has no room for writes: who asks whether the store can be used need not write for that.
func (s *Store) Room() error { return s.guard.admit(0) }

// admitDelete goes further down: a deletion is small, and is what makes room in the end.
func (g *guard) admitDelete(size int) error { return g.admitAbove(size, g.reserve/2) }

func (g *guard) admitAbove(size int, least uint64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if now.Before(g.fullTill) {
		return fmt.Errorf("%w: the disk was found full", store.ErrFull)
	}
	if g.stale(now) {
		if err := g.refresh(now); err != nil {
			return err
		}
	}
	need := least + g.written + amplification*uint64(size)
	if g.free < need {
		return fmt.Errorf("%w: %d bytes free, %d are kept in reserve", store.ErrFull, g.free, least)
	}
	g.written += amplification * uint64(size)
	return nil
}

// stale also looks at what was written, because others may write as much at the same time.
func (g *guard) stale(now time.Time) bool {
	age := now.Sub(g.measured)
	return g.measured.IsZero() || age >= measureEvery || age < 0 || g.written >= g.reserve/8
}

func (g *guard) refresh(now time.Time) error {
	free, err := g.measure()
	if err != nil {
		return fmt.Errorf("measure free space: %w", err)
	}
	g.free, g.written, g.measured = free, 0, now
	return nil
}

// foundFull is told by the fence.
func (g *guard) foundFull() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fullTill = g.now().Add(fullFor)
	g.measured = time.Time{}
	if g.found != nil {
		close(g.found)
		g.found = nil
	}
}

// nextFull is closed when pebble next meets a full disk.
func (g *guard) nextFull() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found == nil {
		g.found = make(chan struct{})
	}
	return g.found
}
