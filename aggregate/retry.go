package aggregate

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

const (
	retryBase = 20 * time.Millisecond
	retryCap  = 2 * time.Second
)

// Retry is how a consumer calls the store beside Commit: as patiently, and on the same clock.
func (c *Committer) Retry(ctx context.Context, f func() error) error { return c.retry(ctx, f) }

// retry calls f until it succeeds, fails for good, or ctx ends, with full-jitter backoff between ("Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015). After ctx it returns the last error of f as well.
func (c *Committer) retry(ctx context.Context, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if err == nil || permanent(err) {
			return err
		}
		limit := min(retryCap, retryBase<<min(attempt, 16))
		if waitErr := c.opts.Wait(ctx, rand.N(limit)+1); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}

// permanent reports whether trying again cannot help. What a newer program wrote is waited for: this one is about to be replaced.
func permanent(err error) bool {
	return errors.Is(err, store.ErrKey) || errors.Is(err, store.ErrClosed) || errors.Is(err, ErrCorrupt)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
