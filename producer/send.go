package producer

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// request is one PutRecords call.
type request struct {
	records []*record
	bytes   int // of keys and data
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
		p.calls.Go(func() { p.send(req) })
	}
	p.calls.Wait()
	p.giveUp()
}

// next returns the request to be made now, or how long nothing need be done (zero: until the next wake).
func (p *Producer) next() (req *request, wait time.Duration, finished bool) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed && p.stats.Pending == 0 {
		return nil, 0, true
	}
	if p.stats.InFlight >= p.opts.Concurrency {
		return nil, 0, false
	}
	send, wait := p.queue.timing(now, p.closed || p.flushes > 0)
	if !send {
		return nil, wait, false
	}
	p.stats.InFlight++
	p.stats.Requests++
	req = p.queue.take()
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
	var timeout <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-p.wake:
	case <-timeout:
	case <-p.ctx.Done():
	}
}

// send makes the call, sorts its records into resolved and refused, and settles both.
func (p *Producer) send(req *request) {
	ctx, cancel := context.WithTimeout(p.ctx, p.opts.CallTimeout)
	out, err := p.client.PutRecords(ctx, req.input(p.stream), oneAttempt)
	cancel()
	req.note(out, err)
	resolved, refused, at := p.sort(req)
	report(resolved)
	p.settle(resolved, refused, at)
}

// oneAttempt leaves retrying to the producer, which alone knows which records are still wanted.
func oneAttempt(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

func (req *request) input(stream string) *kinesis.PutRecordsInput {
	entries := make([]types.PutRecordsRequestEntry, len(req.records))
	for i, r := range req.records {
		entries[i].Data = r.bytes()
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

// sort decides for each record whether it is resolved or sent again, at a time that is the same for all of them.
func (p *Producer) sort(req *request) (resolved, refused []*record, at time.Time) {
	most := 0
	for _, r := range req.records {
		if r.cause != nil {
			most = max(most, r.attempts)
		}
	}
	if most == 0 {
		return req.records, nil, at
	}
	at = time.Now().Add(p.delay(most))
	for _, r := range req.records {
		if r.cause == nil {
			resolved = append(resolved, r)
			continue
		}
		code, retry := classify(r.cause)
		if retry && r.attempts < p.opts.MaxAttempts && at.Sub(r.first) <= p.opts.RetryFor {
			refused = append(refused, r)
			continue
		}
		r.result = Result{Err: &Error{Code: code, Attempts: r.attempts, Err: r.cause}}
		resolved = append(resolved, r)
	}
	return resolved, refused, at
}

// report calls the callbacks. It comes before settle, which lets the next record of a key go: so a key's callbacks keep their order.
func report(resolved []*record) {
	for _, r := range resolved {
		for e := r.head; e != nil; e = e.next {
			if e.call.fn != nil {
				e.call.fn(r.result)
			}
		}
	}
}

// settle ends a request: it hands out results, frees lanes and room, and keeps what is to be sent again.
func (p *Producer) settle(resolved, refused []*record, at time.Time) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.InFlight--
	for _, r := range resolved {
		p.resolve(r)
		p.queue.free(r, now)
	}
	if len(refused) > 0 {
		p.queue.again(refused, at)
	}
	p.notify()
}

// resolve gives the items of a record their result. The caller holds mu.
func (p *Producer) resolve(r *record) {
	for e := r.head; e != nil; e = e.next {
		e.call.resolve(int(e.index), r.result.Err)
		e.epoch.resolve()
	}
	p.stats.resolved(r)
	p.room.Release(int64(r.cost()))
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
		p.resolve(r)
	}
}
