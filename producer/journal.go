package producer

import (
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/producer/spool"
)

// openSpool opens the spool, if there is to be one, and queues what an earlier run left in it.
func (p *Producer) openSpool() error {
	if p.opts.SpoolDir == "" {
		return nil
	}
	s, err := spool.Open(spool.Options{Dir: p.opts.SpoolDir, MaxBytes: p.opts.SpoolBytes, NoSync: p.opts.SpoolNoSync})
	if err != nil {
		return fmt.Errorf("producer: %w", err)
	}
	p.spool = s
	p.replay()
	return nil
}

// replay queues what an earlier run left in the spool, in its order. It counts against the buffer, which is made larger if that of the
// earlier run was. Nobody waits for these items: their results go to OnReplayed.
func (p *Producer) replay() {
	now := p.opts.Clock.Now()
	for _, e := range p.spool.TakeRecovered() {
		it := Item{PartitionKey: e.Key, Data: e.Data}
		c := newCall(1)
		c.errs[0] = errPending
		if f := p.opts.OnReplayed; f != nil {
			c.fn = func(r Result) { f(it, r) }
		}
		p.epoch.left++
		p.stats.Pending++
		p.stats.Replayed++
		p.stats.BufferedBytes += costOf(it)
		p.queue.add(it.PartitionKey, &pending{data: it.Data, call: c, epoch: p.epoch, spool: e.Number}, now)
	}
}

// keep writes items into the spool, but for those that were rejected, and returns the number of the first; the others follow it. What
// was begun before Close is queued even after it: enqueue must follow.
func (p *Producer) keep(items []Item, rejected []error) (first uint64, err error) {
	if p.spool == nil {
		return 0, nil
	}
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.keeping++
	}
	p.mu.Unlock()
	if closed {
		return 0, &Error{Code: Closed, Err: ErrClosed}
	}
	entries := make([]spool.Entry, 0, len(items))
	for i, it := range items {
		if rejected[i] == nil {
			entries = append(entries, spool.Entry{Key: it.PartitionKey, Data: it.Data})
		}
	}
	if first, err = p.spool.Append(entries); err != nil {
		p.mu.Lock()
		p.keeping--
		p.notify()
		p.mu.Unlock()
		return 0, &Error{Code: Unspooled, Err: err}
	}
	return first, nil
}

// awaitKeeping waits until nobody writes into the spool.
func (p *Producer) awaitKeeping() {
	for {
		p.mu.Lock()
		n := p.keeping
		p.mu.Unlock()
		if n == 0 {
			return
		}
		<-p.wake
	}
}

// keeps reports whether an item with that result stays in the spool: only those that Close gave up.
func keeps(r Result) bool { return CodeOf(r.Err) == Closed || errors.Is(r.Err, errGivenUp) }

// forget notes in the spool that records have their result. What cannot be noted is sent again after a restart, which its id makes
// harmless.
func (p *Producer) forget(resolved []*record) {
	if p.spool == nil {
		return
	}
	var done []uint64
	for _, r := range resolved {
		for m := r; m != nil; m = m.also {
			for e := m.head; e != nil && !keeps(m.result); e = e.next {
				done = append(done, e.spool)
			}
		}
	}
	if err := p.spool.Done(done); err != nil {
		p.mu.Lock()
		p.stats.SpoolErrors++
		p.mu.Unlock()
	}
}

func (p *Producer) closeSpool() {
	if p.spool == nil {
		return
	}
	if err := p.spool.Close(); err != nil {
		p.mu.Lock()
		p.spoolErr = fmt.Errorf("close producer: %w", err)
		p.mu.Unlock()
	}
}
