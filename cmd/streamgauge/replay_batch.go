package main

import (
	"context"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"golang.org/x/time/rate"
)

// linger is how long an event waits for others to share its request, where they come slowly.
const linger = 200 * time.Millisecond

// batcher forms requests of at most maxEvents events and event.MaxRequestBytes bytes.
type batcher struct {
	maxEvents int
	pace      *rate.Limiter // nil: as fast as it goes
	in        <-chan item   // is closed when reading ends, for whatever reason
	held      []item        // what did not fit into the last batch: one or none
}

// run ends with its input, or with sending. When reading is broken off it still hands on what was read, unless that must be
// paced: then it is left, for nobody waits hours for an interrupt, and nobody wants it all at once.
func (b *batcher) run(reading, sending context.Context, out chan<- []item) error {
	for {
		batch := b.gather()
		if len(batch) == 0 {
			return nil
		}
		if b.pace != nil && b.pace.WaitN(reading, len(batch)) != nil {
			return nil
		}
		select {
		case out <- batch:
		case <-sending.Done():
			return context.Cause(sending)
		}
	}
}

// gather waits for an event, and then for as many as fit, but no longer than linger. It returns nothing at the end.
func (b *batcher) gather() []item {
	batch, size := b.held, 0
	b.held = nil
	for _, it := range batch {
		size += len(it.data) + 1
	}
	var late <-chan time.Time
	for len(batch) < b.maxEvents {
		if len(batch) > 0 && late == nil {
			late = time.After(linger)
		}
		select {
		case it, more := <-b.in:
			if !more {
				return batch
			}
			if size += len(it.data) + 1; size > event.MaxRequestBytes && len(batch) > 0 {
				b.held = []item{it}
				return batch
			}
			batch = append(batch, it)
		case <-late:
			return batch
		}
	}
	return batch
}
