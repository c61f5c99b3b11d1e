package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// epoch counts the items taken between two calls of Flush, so that a Flush under steady traffic waits for what came before it and
// for nothing else. Producer.mu guards it.
type epoch struct {
	left     int
	finished chan struct{} // made when it is sealed, closed when it is sealed and nothing is left
}

func (e *epoch) resolve() {
	if e.left--; e.left == 0 && e.finished != nil {
		close(e.finished)
	}
}

// Flush waits until every item that was taken before the call has its result, without lingering. The results themselves go to those
// who put the items.
func (p *Producer) Flush(ctx context.Context) error {
	p.mu.Lock()
	waitFor := p.seal()
	p.flushes++
	p.notify()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.flushes--
		p.mu.Unlock()
	}()
	for _, e := range waitFor {
		select {
		case <-e.finished:
		case <-ctx.Done():
			return fmt.Errorf("flush producer: %w", context.Cause(ctx))
		}
	}
	return nil
}

// seal ends the current epoch and returns all that are not resolved. The caller holds mu.
func (p *Producer) seal() []*epoch {
	p.sealed = slices.DeleteFunc(p.sealed, func(e *epoch) bool { return e.left == 0 })
	if p.epoch.left > 0 {
		p.epoch.finished = make(chan struct{})
		p.sealed = append(p.sealed, p.epoch)
		p.epoch = &epoch{}
	}
	return slices.Clone(p.sealed)
}

// Close takes no more items, sends what there is without lingering, waits until everything is resolved, and ends the sender loop. When ctx
// ends first it gives up: it cancels the requests in flight and waits only for them to return.
//
// The error holds an *UndeliveredError if items that had been taken were not delivered since Close began: it names them, and their callers
// have it too. With a spool, those that Close gave up stay there for the next start. Further calls wait like the first and report the
// same loss.
func (p *Producer) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.notify()
	p.mu.Unlock()

	var cause error
	select {
	case <-p.done:
	case <-ctx.Done():
		cause = context.Cause(ctx)
		p.cancel()
		<-p.done
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var lost error
	if p.lost.Count > 0 {
		e := p.lost
		e.Err = cause
		lost = &e
	}
	return errors.Join(lost, p.spoolErr)
}
