package consumer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// Shards are delivered at the same time to consumers that each serve several of them, as in one process: the copies of an event are on any shard, and the store
// fails now and then. The simulation steps one call at a time; this is what it cannot see, and what the race detector looks at.
func TestManyShardsAtOnce(t *testing.T) {
	const shards, consumers, ids = 8, 2, 300
	b := newBench(t)
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(1, 0))
	faulty := storetest.Faulty(b.store, func(storetest.Op) storetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		return [...]storetest.Fault{storetest.Pass, storetest.Fail, storetest.LoseAnswer}[max(0, rnd.IntN(40)-37)]
	})
	var handlers []*consumer.Handler
	for range consumers {
		sites := aggregate.NewSites(faulty, b.clock)
		c := aggregate.NewCommitter(faulty, sites, aggregate.Options{
			Shards: shards, Now: b.clock, WarmBytes: 20_000, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		})
		handlers = append(handlers, consumer.New(faulty, sites, c, consumer.Options{CreateSites: true, SliceCopies: 7, Now: b.clock}))
	}
	batches := make([]events.KinesisEvent, shards)
	for i := range 2 * ids {
		id := i % ids
		line := pageview(fmt.Sprint("id-", id), fmt.Sprint("v-", id%17), fmt.Sprint("/", id%5), noon.Add(-time.Duration(id)*time.Second))
		s := (i*7 + i/ids) % shards
		batches[s].Records = append(batches[s].Records, b.record(line))
	}
	var wg sync.WaitGroup
	for s, batch := range batches {
		wg.Go(func() {
			for again := range 2 {
				resp, err := handlers[(s+again)%consumers].Handle(context.Background(), batch)
				if err != nil || len(resp.BatchItemFailures) > 0 {
					t.Errorf("shard %d: %+v %v", s, resp, err)
				}
			}
		})
	}
	wg.Wait()
	if l := b.books("demo"); l.Received != 2*ids || l.Counted != ids || l.Duplicate != ids {
		t.Errorf("books %+v", l.Ledger)
	}
}
