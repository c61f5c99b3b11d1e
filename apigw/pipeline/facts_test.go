package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// However many ask at once, the store is read once, again after a second, and no more than a twentieth of the time.
func TestKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		cost := 20 * time.Millisecond
		var down error
		s := storetest.NewMemory()
		k := NewKeeper(aggregate.NewReader(s, aggregate.NewSites(s, time.Now)), func(context.Context) error {
			reads.Add(1)
			time.Sleep(cost)
			return down
		}, time.Now)
		ask := func(want int64) {
			t.Helper()
			var g errgroup.Group
			for range 50 {
				g.Go(func() error {
					_, err := k.Facts(t.Context())
					return err
				})
			}
			if err := g.Wait(); !errors.Is(err, down) || reads.Load() != want {
				t.Errorf("%d reads, want %d: %v", reads.Load(), want, err)
			}
		}
		ask(1)
		time.Sleep(900 * time.Millisecond)
		ask(1)
		time.Sleep(100 * time.Millisecond)
		ask(2)
		cost = time.Second
		time.Sleep(time.Second)
		ask(3)
		time.Sleep(18 * time.Second)
		ask(3)
		time.Sleep(2 * time.Second)
		ask(4)
		time.Sleep(time.Minute)
		down, cost = errors.New("down"), 0
		ask(54) // an error is nobody's answer but his who asked
	})
}
