package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"sync"

	"github.com/streamgauge/streamgauge/store"
)

// maxCells bounds how finely an hour is cut.
const maxCells = 1 << 10

// cellPlan knows into how many cells each hour of event time is cut. The first one to ask about an hour fixes the number for
// ever: it is created if absent, and everyone then finds the same.
type cellPlan struct {
	store itemStore
	fresh int // cells of an hour that nobody has fixed yet

	mu    sync.Mutex    // guards known
	known map[int64]int // hour → cells; never changes once it is there
}

func newCellPlan(s itemStore, shards int) *cellPlan {
	return &cellPlan{store: s, fresh: CellsFor(shards), known: make(map[int64]int)}
}

// CellsFor returns how many cells suit a number of shards: the smallest power of two that is not below it.
func CellsFor(shards int) int {
	if shards <= 1 {
		return 1
	}
	return min(1<<bits.Len(uint(shards-1)), maxCells)
}

// fix returns the number of cells of the hour that holds ms, and fixes it if need be.
func (p *cellPlan) fix(ctx context.Context, ms int64) (int, error) {
	n, ok, err := p.look(ctx, ms)
	if err != nil || ok {
		return n, err
	}
	value := strconv.AppendInt(nil, int64(p.fresh), 10)
	_, err = p.store.Put(ctx, cellKey(ms), value, store.Write{Relaxed: true})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return 0, fmt.Errorf("fix cells of hour %d: %w", floor(ms, hourMS), err)
	}
	n, _, err = p.look(ctx, ms) // read back: someone else may have been first
	return n, err
}

// look returns the number of cells of the hour that holds ms, if it is fixed.
func (p *cellPlan) look(ctx context.Context, ms int64) (int, bool, error) {
	hour := floor(ms, hourMS)
	p.mu.Lock()
	n, ok := p.known[hour]
	p.mu.Unlock()
	if ok {
		return n, true, nil
	}
	it, err := p.store.Get(ctx, cellKey(ms))
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read cells of hour %d: %w", hour, err)
	}
	n, err = strconv.Atoi(string(it.Value))
	if err != nil || n < 1 || n > maxCells {
		return 0, false, fmt.Errorf("cells of hour %d: %w", hour, ErrCorrupt)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) > 10_000 {
		clear(p.known)
	}
	p.known[hour] = n
	return n, true, nil
}

func cellKey(ms int64) store.Key {
	return store.Key{Partition: "H", Sort: timeKey(floor(ms, hourMS))}
}
