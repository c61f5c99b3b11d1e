package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

// TestBatchesKeepTheLimitsAndTheOrder, whatever the sizes of the events.
func TestBatchesKeepTheLimitsAndTheOrder(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 0))
		n, most := r.IntN(2000), 1+r.IntN(40_000)
		in, out := make(chan item, n), make(chan []item, n)
		for i := range n {
			in <- item{data: []byte(fmt.Sprint(i) + strings.Repeat(" ", r.IntN(most)))}
		}
		close(in)
		b := &batcher{maxEvents: event.MaxRequestEvents, in: in}
		if err := b.run(t.Context(), t.Context(), out); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		close(out)
		next := 0
		for batch := range out {
			if body := ndjson(batch); len(batch) == 0 || len(batch) > event.MaxRequestEvents || len(body) > event.MaxRequestBytes {
				t.Errorf("seed %d: a batch of %d events, %d bytes", seed, len(batch), len(body))
			}
			for _, it := range batch {
				if got := strings.TrimSpace(string(it.data)); got != fmt.Sprint(next) {
					t.Fatalf("seed %d: event %s, want %d", seed, got, next)
				}
				next++
			}
		}
		if next != n {
			t.Errorf("seed %d: %d events, want %d", seed, next, n)
		}
	}
}
