package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// threaded is a target that sends on the goroutine which drives it, and wants a thread for it.
type threaded interface{ OwnThread() }

// Limits of a run. The zero value of a field stands for its default.
type Limits struct {
	// InFlight is how many requests may be under way. What is due above it is not sent, and the result says so. Default 10,000.
	InFlight int
	// Timeout is how long the run waits for the answers at its end. Default 30 s.
	Timeout time.Duration
}

// chunk is how many events the generator hands over at a time, and ahead how many such chunks it may be ahead of the schedule: so many that it may be late by tens
// of milliseconds where it shares the processors.
const (
	chunk = 256
	ahead = 8
)

// Runner brings a script into real time.
type Runner struct {
	rec    *Recorder
	target Target
	limits Limits
	source *requests
	chunks chan []*Request
}

// NewRunner returns a runner of a script, which must not have been played; to makes the target.
func NewRunner(s *Script, rec *Recorder, limits Limits, to func(Done) (Target, error)) (*Runner, error) {
	if limits.InFlight == 0 {
		limits.InFlight = 10_000
	}
	if limits.Timeout == 0 {
		limits.Timeout = 30 * time.Second
	}
	if limits.InFlight < 0 || limits.Timeout < 0 {
		return nil, errors.New("load: limits must not be negative")
	}
	r := &Runner{rec: rec, limits: limits, source: newRequests(s), chunks: make(chan []*Request, max(8, ahead*chunk/max(chunk, s.plan.Batch)))}
	var err error
	if r.target, err = to(r.done); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return r, nil
}

func (r *Runner) done(req *Request, a Answer) {
	r.rec.done(req, a)
	r.source.recycle(req)
}

// Run sends every request when it is due, until the script or ctx ends, and returns when all have their answers. It is an open loop: a request that
// takes long does not hold up what is due after it.
func (r *Runner) Run(ctx context.Context) error {
	generating, stop := context.WithCancel(ctx)
	generated, paced := make(chan struct{}), make(chan struct{})
	go func() { r.generate(generating); close(generated) }()
	go func() { r.drive(ctx); close(paced) }()
	<-paced
	stop()
	<-generated
	return r.target.Close()
}

// drive is where the target is used, but for its end.
func (r *Runner) drive(ctx context.Context) {
	if t, ok := r.target.(threaded); ok {
		t.OwnThread()
	}
	r.pace(ctx)
	r.drain(ctx)
}

// generate keeps some requests ahead of the schedule, so that what it takes to make them delays none.
func (r *Runner) generate(ctx context.Context) {
	defer close(r.chunks)
	size := max(1, chunk/r.source.plan.Batch)
	for {
		some := make([]*Request, 0, size)
		for len(some) < size {
			req := r.source.pull()
			if req == nil {
				break
			}
			some = append(some, req)
		}
		if len(some) == 0 {
			return
		}
		select {
		case r.chunks <- some:
		case <-ctx.Done():
			return
		}
	}
}

// behindPoll is how many requests that are overdue are begun in a row before the target may look at its answers.
const behindPoll = 16

// shortOf is how long the target is left to itself while the generator has nothing ready. That must not happen, but answers have to be taken when they come.
const shortOf = time.Millisecond

// pull returns the next requests, or none at the end.
func (r *Runner) pull(ctx context.Context) []*Request {
	for {
		select {
		case some := <-r.chunks:
			return some
		default:
		}
		if r.target.Wait(ctx, time.Now().Add(shortOf)); ctx.Err() != nil {
			return nil
		}
	}
}

func (r *Runner) pace(ctx context.Context) {
	row := 0
	for some := r.pull(ctx); len(some) > 0; some = r.pull(ctx) {
		for _, req := range some {
			now := time.Now()
			for now.Before(req.Due) {
				row = 0
				r.target.Wait(ctx, req.Due)
				if ctx.Err() != nil {
					return
				}
				now = time.Now()
			}
			if row++; row%behindPoll == 0 {
				if r.target.Wait(ctx, time.Time{}); ctx.Err() != nil {
					return
				}
			}
			if r.rec.sends(req, now, r.limits.InFlight) {
				r.target.Start(req)
			} else {
				r.source.recycle(req)
			}
		}
	}
}

// brokenOff is how long a run that was broken off waits for its last answers.
const brokenOff = 5 * time.Second

// drain waits for the answers that are missing.
func (r *Runner) drain(ctx context.Context) {
	patience := r.limits.Timeout
	if ctx.Err() != nil {
		patience = min(patience, brokenOff)
	}
	ctx = context.WithoutCancel(ctx)
	end := time.Now().Add(patience)
	for r.rec.InFlight() > 0 && time.Now().Before(end) {
		r.target.Wait(ctx, time.Now().Add(5*time.Millisecond))
	}
}

// InFlight is how many requests are under way.
func (rec *Recorder) InFlight() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.inFlight
}
