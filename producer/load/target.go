package load

import (
	"context"
	"time"
)

// Verdict is what became of one copy.
type Verdict uint8

// The verdicts. Their numbers are what a run remembers of every copy.
const (
	Untaken  Verdict = iota // not sent, or the answer says that it was not taken
	Accepted                // it is durable, says the answer
	Refused                 // it will never be accepted, says the answer
	Unknown                 // there was no answer; it may be durable
)

// Answer is what came of a request.
type Answer struct {
	At time.Time
	// Fault says in a word or two why the request as a whole failed; "" where it was answered.
	Fault string
	// Verdict is that of all items, unless Verdicts has one for each.
	Verdict  Verdict
	Verdicts []Verdict
}

// of is the verdict on item i.
func (a *Answer) of(i int) Verdict {
	if a.Verdicts != nil {
		return a.Verdicts[i]
	}
	return a.Verdict
}

// Target is where requests go. Its methods are called by one goroutine at a time, which spends its time in Wait when nothing is due.
type Target interface {
	// Start begins a request and does not wait for anything. Every request gets exactly one answer, by the function that the target was made with; it is
	// not the target's any more then.
	Start(*Request)
	// Wait lets time pass until then, or until ctx ends, and does what the target has to do meanwhile. It may return early. With a time in
	// the past it does what can be done at once.
	Wait(ctx context.Context, until time.Time)
	// Close gives up on what has no answer yet, which gets one.
	Close() error
}

// Done takes the answer to a request. It may be called from any goroutine, and must not wait.
type Done func(*Request, Answer)

// Clock is a Wait for targets that have their own goroutines.
type Clock struct{}

// Wait waits.
func (Clock) Wait(ctx context.Context, until time.Time) {
	wait := time.Until(until)
	if wait <= 0 || ctx.Err() != nil {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Discard is a target that accepts everything at once.
type Discard struct {
	Clock
	done Done
}

// NewDiscard returns one.
func NewDiscard(done Done) *Discard { return &Discard{done: done} }

// Start accepts.
func (d *Discard) Start(r *Request) { d.done(r, Answer{At: time.Now(), Verdict: Accepted}) }

// Close does nothing.
func (*Discard) Close() error { return nil }
