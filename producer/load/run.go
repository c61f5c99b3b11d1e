package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Pacing are the bounds of Run. The zero value of a field stands for its default.
type Pacing struct {
	MaxBatch int // events in one call of the sink; default 100
	InFlight int // calls of the sink at one time; default 256
}

// Report is what became of the events of a run. Due is the sum of the three after it.
type Report struct {
	Due     int // events whose time came
	Sent    int // the sink took them
	Failed  int // the sink returned an error
	Skipped int // InFlight calls were under way, so they were not sent: the schedule could not be kept
	// Behind is the longest time from when an event was due to the call of the sink: how well the schedule was kept.
	Behind time.Duration
	Err    error // the first error of the sink
}

// Sink takes events that are due. Run calls it concurrently; it may keep the slice, and should heed the context.
type Sink func(context.Context, []*event.Event) error

// Run calls the sink with events when they are due, until ctx ends or the events do, and returns when all calls have. It is an open
// loop: a call that takes long does not hold up what is due after it, up to Pacing.InFlight calls at one time; what is due then is
// skipped, and the report says so. Events are in one call only if the first could not be sent before the last was due. The error is about the
// arguments only.
func Run(ctx context.Context, events iter.Seq2[time.Time, *event.Event], pacing Pacing, sink Sink) (Report, error) {
	if pacing.MaxBatch == 0 {
		pacing.MaxBatch = 100
	}
	if pacing.InFlight == 0 {
		pacing.InFlight = 256
	}
	if pacing.MaxBatch < 0 || pacing.MaxBatch > event.MaxRequestEvents || pacing.InFlight < 0 {
		return Report{}, fmt.Errorf("load: pacing %+v: at most %d events in a batch", pacing, event.MaxRequestEvents)
	}
	if sink == nil {
		return Report{}, errors.New("load: no sink")
	}
	r := &runner{pacing: pacing, sink: sink, slots: make(chan struct{}, pacing.InFlight)}
	r.run(ctx, events)
	r.calls.Wait()
	return r.report, nil
}

type runner struct {
	pacing Pacing
	sink   Sink
	slots  chan struct{} // holds a token for each call under way
	calls  sync.WaitGroup

	mu     sync.Mutex
	report Report
}

func (r *runner) run(ctx context.Context, events iter.Seq2[time.Time, *event.Event]) {
	var batch []*event.Event
	var due time.Time // of the first in the batch
	for at, e := range events {
		if len(batch) == r.pacing.MaxBatch || len(batch) > 0 && time.Until(at) > 0 {
			r.send(ctx, due, batch)
			batch = nil
		}
		if !sleepUntil(ctx, at) {
			break
		}
		if len(batch) == 0 {
			due = at
		}
		batch = append(batch, e)
	}
	if len(batch) > 0 && ctx.Err() == nil {
		r.send(ctx, due, batch)
	}
}

// send starts a call of the sink, or skips the batch if none may be started.
func (r *runner) send(ctx context.Context, due time.Time, batch []*event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Due += len(batch)
	r.report.Behind = max(r.report.Behind, time.Since(due))
	select {
	case r.slots <- struct{}{}:
		r.calls.Go(func() { r.call(ctx, batch) })
	default:
		r.report.Skipped += len(batch)
	}
}

func (r *runner) call(ctx context.Context, batch []*event.Event) {
	err := r.sink(ctx, batch)
	<-r.slots
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.report.Sent += len(batch)
		return
	}
	r.report.Failed += len(batch)
	if r.report.Err == nil {
		r.report.Err = err
	}
}

// sleepUntil reports false if ctx ended before.
func sleepUntil(ctx context.Context, at time.Time) bool {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
