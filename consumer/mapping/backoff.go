package mapping

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is exponential with full jitter: the n-th pause is uniform between nothing and base·2^(n-1), or longest if that is
// less.
type backoff struct {
	base, longest time.Duration
}

var (
	// functionBackoff spaces the deliveries of a batch that fails.
	functionBackoff = backoff{base: 200 * time.Millisecond, longest: 30 * time.Second}
	// callBackoff spaces the calls to Kinesis, Checkpoints and OnDiscard.
	callBackoff = backoff{base: readDistance, longest: 10 * time.Second}
)

// bound is the longest that the n-th pause can be, n from 1.
func (b backoff) bound(n int) time.Duration {
	bound := b.base
	for ; n > 1 && bound < b.longest; n-- {
		bound *= 2
	}
	return min(bound, b.longest)
}

func (b backoff) pause(n int) time.Duration { return rand.N(b.bound(n) + 1) }

// sleep waits for the n-th pause or for the end of ctx, whose error it returns.
func (b backoff) sleep(ctx context.Context, n int) error { return sleep(ctx, b.pause(n)) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() // also where both happened: nothing new is begun
}
