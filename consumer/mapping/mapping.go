package mapping

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Mapping delivers the records of a stream to a function. Its methods may be called concurrently.
type Mapping struct {
	cfg     Config
	filters filters
	board   *board
	started atomic.Bool
}

// New checks the configuration. It starts nothing.
func New(c Config) (*Mapping, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configure mapping: %w", err)
	}
	compiled, err := compileFilters(c.Filters)
	if err != nil { // validate has compiled them
		return nil, fmt.Errorf("configure mapping: %w", err)
	}
	return &Mapping{cfg: c, filters: compiled, board: newBoard()}, nil
}

// Run delivers until ctx ends, whatever fails on the way: every call is tried again. Then no invocation begins any more; those
// in hand may finish and are checkpointed within the DrainTimeout, after which their contexts end too. It returns when all its
// goroutines have.
//
// The error says which batches were begun and not done; they are delivered again by the next run. Run can be called once.
func (m *Mapping) Run(ctx context.Context) error {
	if m.started.Swap(true) {
		return errors.New("run mapping: it was run before")
	}
	defer m.board.halt()
	work, end := outlive(ctx, m.cfg.DrainTimeout)
	defer end()
	if err := newCoordinator(&m.cfg, m.filters, m.board).run(ctx, work); err != nil {
		return fmt.Errorf("drain mapping: %w", err)
	}
	return nil
}

// outlive returns a context that ends when ctx has been over for the grace, or by end, which must be called.
func outlive(ctx context.Context, grace time.Duration) (_ context.Context, end func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-ctx.Done():
			_ = sleep(work, grace)
			cancel()
		case <-work.Done():
		}
	})
	return work, func() {
		cancel()
		watch.Wait()
	}
}
