package aggregate

import (
	"context"
	"time"
)

// flusher has what was noted in memory written a moment later.
type flusher struct {
	wake chan struct{} // holds one: there is something to write
	turn chan struct{} // holds one: who writes. Of two writes at a time the older could come last.
}

func newFlusher() flusher { return flusher{wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)} }

// poke has run flush soon.
func (f flusher) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// alone calls write when nobody else writes.
func (f flusher) alone(ctx context.Context, write func() error) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
		return write()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run flushes soon after every poke until ctx ends, and once more then. Between two flushes it pauses, and for longer after one that failed, of which onError is told; what
// could not be written is tried again.
func (f flusher) run(ctx context.Context, flush func(context.Context) error, gap, retry time.Duration, onError func(error)) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-f.wake:
			pause := gap
			if err := flush(ctx); err != nil && ctx.Err() == nil { // the last flush does what was interrupted
				onError(err)
				pause = retry
				f.poke()
			}
			_ = wait(ctx, pause) // the loop asks ctx itself
		}
	}
	if err := flush(context.WithoutCancel(ctx)); err != nil {
		onError(err)
	}
}
