package producer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// request is one PutRecords call.
type request struct {
	group   *group
	records []*record
	sent    time.Time
	pressed bool // there was enough for another one
	joined  *[]byte
}

// run is the sender loop: it makes requests while there is something to send and fewer than Concurrency of them are in flight, and waits
// otherwise. When the producer is closed and everything is resolved, or Close gave up, it waits for what is in flight and
// resolves what is left.
func (p *Producer) run() {
	defer close(p.done)
	defer p.cancel()
	for p.ctx.Err() == nil {
		req, wait, finished := p.next()
		if finished {
			break
		}
		if req == nil {
			p.sleep(wait)
			continue
		}
		p.hand(req)
	}
	close(p.work)
	p.calls.Wait()
	p.awaitKeeping()
	p.giveUp()
	p.closeSpool()
}

// hand gives a request to a sender that is idle, else to a new one. Senders live on: what a client needs of a stack grows once.
func (p *Producer) hand(req *request) {
	if p.senders < p.opts.Concurrency {
		select {
		case p.work <- req:
		default:
			p.senders++
			p.calls.Go(func() { p.sendAll(req) })
		}
		return
	}
	p.work <- req // fewer requests are in flight than there are senders
}

func (p *Producer) sendAll(req *request) {
	for more := true; more; req, more = <-p.work {
		p.send(req)
	}
}

// next returns the request to be made now, or how long nothing need be done (zero: until the next wake).
func (p *Producer) next() (req *request, wait time.Duration, finished bool) {
	now := p.opts.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed && p.stats.Pending == 0 && p.keeping == 0 {
		return nil, 0, true
	}
	refresh := p.refreshIfStale(now)
	if p.stats.InFlight >= p.opts.Concurrency {
		return nil, refresh, false
	}
	g, wait := p.queue.timing(now, p.closed || p.flushes > 0)
	if g == nil {
		return nil, sooner(wait, refresh), false
	}
	g.inFlight++
	p.stats.InFlight++
	p.stats.Requests++
	req = p.queue.take(g)
	req.sent = now
	for _, r := range req.records {
		if r.attempts++; r.attempts == 1 {
			r.first = now
		} else {
			p.stats.Retries++
		}
	}
	return req, 0, false
}

func (p *Producer) sleep(wait time.Duration) {
	if wait > 0 {
		defer p.opts.Clock.AfterFunc(wait, p.notify)()
	}
	select {
	case <-p.wake:
	case <-p.ctx.Done():
	}
}

// send makes the call, sorts its records into resolved and refused, and settles both.
func (p *Producer) send(req *request) {
	ctx, cancel := p.callContext()
	in := req.input(p.stream, &p.opts)
	out, err := p.client.PutRecords(ctx, in, sizedCall)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errCallTimeout) {
		err = fmt.Errorf("%w after %v: %w", cause, p.opts.CallTimeout, err)
	}
	if err != nil && p.ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", errGivenUp, err)
	}
	cancel()
	req.note(out, err)
	p.learn(req)
	v := p.sort(req)
	report(v.resolved)
	p.settle(req, v)
	p.forget(v.resolved)
	switch {
	case len(v.refused) > 0: // they keep the others in memory, with which they were made
		release(v.resolved)
	case err == nil: // nobody looks at the bytes any more
		joinBuffers.Put(req.joined)
	}
}

// Why a call ended early.
var (
	errCallTimeout = errors.New("no answer")
	errGivenUp     = errors.New("producer was closed")
)

// oneAttempt leaves retrying to the producer, which alone knows which records are still wanted.
func oneAttempt(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

func (req *request) input(stream string, o *Options) *kinesis.PutRecordsInput {
	entries := make([]types.PutRecordsRequestEntry, len(req.records))
	size := 0
	for _, r := range req.records {
		size += r.joins(o)
	}
	if req.joined = joinBuffers.Get().(*[]byte); cap(*req.joined) < size {
		*req.joined = make([]byte, 0, size)
	}
	*req.joined = (*req.joined)[:0]
	for i, r := range req.records {
		entries[i].Data = r.bytes(o, req.joined)
		entries[i].PartitionKey = &r.lane.key
	}
	return &kinesis.PutRecordsInput{StreamName: &stream, Records: entries}
}

// note writes into each record what the answer says of it. An answer that is not about these records is no answer.
func (req *request) note(out *kinesis.PutRecordsOutput, err error) {
	if err == nil && (out == nil || len(out.Records) != len(req.records)) {
		err = fmt.Errorf("answer does not have the %d results that belong to the request", len(req.records))
	}
	for i, r := range req.records {
		if r.cause = err; err != nil {
			continue
		}
		res := &out.Records[i]
		if res.ErrorCode != nil {
			// What Kinesis refuses by record is throttled or its own failure, never the record's fault.
			r.cause = &smithy.GenericAPIError{Code: *res.ErrorCode, Message: aws.ToString(res.ErrorMessage), Fault: smithy.FaultServer}
			continue
		}
		r.result = Result{ShardID: aws.ToString(res.ShardId), SequenceNumber: aws.ToString(res.SequenceNumber)}
	}
}

// verdict is what becomes of the records of a request.
type verdict struct {
	resolved  []*record
	refused   []*record
	throttled int           // of both
	at        time.Time     // when the refused ones are sent again: together, so that they stay one request
	pause     time.Duration // how long the service wants to be left alone
}

// sort decides for each record whether it is resolved or sent again.
func (p *Producer) sort(req *request) (v verdict) {
	most := 0
	for _, r := range req.records {
		if r.cause != nil {
			most = max(most, r.attempts)
		}
	}
	if most == 0 {
		v.resolved = req.records
		return v
	}
	now := p.opts.Clock.Now()
	v.pause = retryAfter(req.records, now)
	v.at = now.Add(v.pause + p.delay(most))
	for _, r := range req.records {
		if r.cause == nil {
			v.resolved = append(v.resolved, r)
			continue
		}
		code, retry := classify(r.cause)
		if code == Throttled {
			v.throttled++
		}
		if retry && r.attempts < p.opts.MaxAttempts && v.at.Sub(r.first) <= p.opts.RetryFor {
			v.refused = append(v.refused, r)
			continue
		}
		r.result = Result{Err: &Error{Code: code, Attempts: r.attempts, Err: r.cause}}
		v.resolved = append(v.resolved, r)
	}
	return v
}

// report calls the callbacks. It comes before settle, which lets the next record of a key go: so a key's callbacks keep their order.
func report(resolved []*record) {
	for _, r := range resolved {
		for m := r; m != nil; m = m.also {
			if m != r {
				m.result, m.attempts = r.result, r.attempts
			}
			if m.misplaced {
				m.result.Err = &Error{Code: Misplaced, Attempts: r.attempts, Err: ErrMisplaced}
			}
			for e := m.head; e != nil; e = e.next {
				if e.call.fn != nil {
					e.call.fn(m.result)
				}
			}
		}
	}
}

// settle ends a request: it hands out results, frees lanes and room, and keeps what is to be sent again.
func (p *Producer) settle(req *request, v verdict) {
	now := p.opts.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.InFlight--
	p.stats.RequestTime += now.Sub(req.sent)
	p.stats.Throttled += uint64(v.throttled)
	req.group.inFlight--
	if v.throttled > 0 {
		req.group.limiter.throttled(req.sent, now)
	} else if len(v.refused) == 0 {
		req.group.limiter.passed(req.pressed)
	}
	for _, r := range v.resolved {
		for m := r; m != nil; m = m.also {
			p.resolve(m, r == m)
			p.queue.free(m, now)
		}
	}
	if len(v.refused) > 0 {
		p.queue.again(v.refused, v.at)
	}
	if until := now.Add(min(v.pause, p.opts.RetryFor)); v.pause > 0 && until.After(p.queue.notBefore) {
		p.queue.notBefore = until
	}
	p.notify()
}

// resolve gives the items of a record their result. The caller holds mu.
func (p *Producer) resolve(r *record, leads bool) {
	for e := r.head; e != nil; e = e.next {
		e.call.resolve(int(e.index), r.result.Err)
		e.epoch.resolve()
	}
	p.stats.resolved(r, leads)
	if p.closed && r.result.Err != nil {
		p.lost.add(r)
	}
	p.room.Release(r.cost)
}

// giveUp resolves what was never sent to its end because Close gave up; there is nothing of it otherwise.
func (p *Producer) giveUp() {
	p.mu.Lock()
	rest := p.queue.drain()
	p.mu.Unlock()
	for _, r := range rest {
		r.result = Result{Err: &Error{Code: Closed, Attempts: r.attempts, Err: ErrClosed}}
	}
	report(rest)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range rest {
		for m := r; m != nil; m = m.also {
			p.resolve(m, r == m)
		}
	}
}
