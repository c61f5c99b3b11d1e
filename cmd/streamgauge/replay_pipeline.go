package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

const (
	inFlight   = 4               // requests at a time
	drainGrace = 5 * time.Second // how long what was read is still sent after an interrupt
)

// errInterrupted is what run returns when its context ended before everything was acknowledged.
var errInterrupted = errors.New("interrupted")

// item is one event, ready to be sent. It keeps its bytes whatever happens, so that every copy of it is the same.
type item struct {
	place place
	data  []byte // JSON, one line
}

// replaying has three stages: lines are read and encoded, formed into requests and paced, and sent.
type replaying struct {
	inputs *inputs
	lines  *lineEncoder
	sender *sender
	tally  *tally
	rate   float64 // events a second; 0 is as fast as it goes

	readErr error // why reading ended before the end; written by the first stage
}

// run returns when everything is acknowledged, or when the sender gives up. When ctx ends, reading ends, and what was read has
// drainGrace to be acknowledged.
func (p *replaying) run(ctx context.Context) error {
	drain, cancel := withGrace(ctx, drainGrace)
	defer cancel()
	group, sending := errgroup.WithContext(drain)
	reading, stopReading := context.WithCancel(sending)
	defer stopReading()
	defer context.AfterFunc(ctx, stopReading)()

	items, batches := make(chan item, event.MaxRequestEvents), make(chan []item)
	group.Go(func() error { defer close(items); p.readErr = p.read(reading, items); return nil })
	group.Go(func() error { defer close(batches); return p.batcher(items).run(reading, sending, batches) })
	for range inFlight {
		group.Go(func() error { return p.send(sending, batches) })
	}
	err := group.Wait()
	switch {
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || err == nil && p.left() != ""):
		return errInterrupted
	case err != nil:
		return err
	}
	return p.readErr
}

// withGrace returns a context that ends d after ctx.
func withGrace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(late, func() { timer.Stop() })
	})
	return late, func() { stop(); cancel() }
}

// read encodes the lines until they end, or ctx does, which is no error: what was read is still sent.
func (p *replaying) read(ctx context.Context, out chan<- item) error {
	for {
		l, err := p.inputs.next(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := p.lines.encode(l)
		if err != nil {
			p.tally.malformed.add(l.place, err.Error())
		}
		if data == nil {
			continue
		}
		p.tally.good.Add(1)
		select {
		case out <- item{place: l.place, data: data}:
		case <-ctx.Done():
			return nil
		}
	}
}

// batcher paces where there is a rate, and makes requests so small that about ten go out in a second.
func (p *replaying) batcher(in <-chan item) *batcher {
	b := &batcher{maxEvents: event.MaxRequestEvents, in: in}
	if p.rate > 0 {
		b.maxEvents = max(1, int(min(p.rate/10, event.MaxRequestEvents)))
		b.pace = rate.NewLimiter(rate.Limit(p.rate), b.maxEvents)
	}
	return b
}

func (p *replaying) send(ctx context.Context, batches <-chan []item) error {
	for b := range batches {
		p.tally.sent.Add(int64(len(b)))
		if err := p.sender.send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// progress is what the console shows of a running replay.
func (p *replaying) progress() (done, total int64, text string) {
	t := p.tally
	text = fmt.Sprintf("%d sent, %d accepted", t.sent.Load(), t.accepted.Load())
	for _, rare := range []struct {
		n    int64
		word string
	}{{t.malformed.count(), "malformed"}, {t.invalid.count(), "invalid"}, {t.resent.Load(), "sent again"}} {
		if rare.n > 0 {
			text += fmt.Sprintf(", %d %s", rare.n, rare.word)
		}
	}
	return p.inputs.done(), p.inputs.size, text
}

// left says what was not acknowledged, or "". It is for after run.
func (p *replaying) left() string {
	var text string
	if n := p.tally.unacknowledged(); n > 0 {
		text = plural(n, "event") + " read and not acknowledged"
	}
	if at, unread := p.inputs.unread(); unread {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("from %s on nothing was read", at)
	}
	return text
}
