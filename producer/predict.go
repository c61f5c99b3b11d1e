package producer

import (
	"context"
	"time"
)

// The shards are not asked for again before refreshEvery has passed; where asking fails, not before up to refreshRetry more.
const (
	refreshEvery = time.Second
	refreshRetry = 5 * time.Second
)

// prediction is what the producer knows of the shards' age. Producer.mu guards it. The map itself is the queue's.
type prediction struct {
	stale     bool // an answer named another shard than the one predicted, or nothing is known yet
	running   bool
	failures  int
	notBefore time.Time
}

// refreshIfStale starts to ask for the shards if that is due, else says how long it is not (zero: it is not wanted). The caller holds mu.
func (p *Producer) refreshIfStale(now time.Time) (wait time.Duration) {
	s := &p.prediction
	if !s.stale || s.running || p.closed {
		return 0
	}
	if wait = s.notBefore.Sub(now); wait > 0 {
		return wait
	}
	s.running = true
	p.calls.Go(p.refresh)
	return 0
}

// refresh asks for the shards and sorts what is queued anew. What is in flight holds its keys, so their order is not touched.
func (p *Producer) refresh() {
	ctx, cancel := p.callContext()
	m, err := listShards(ctx, p.opts.Shards, p.stream)
	cancel()
	now := p.opts.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.prediction
	s.running = false
	p.stats.ShardLookups++
	if err != nil {
		s.failures++
		s.notBefore = now.Add(refreshEvery + p.jitter(min(refreshRetry, refreshEvery<<min(s.failures, 10))))
	} else {
		s.failures, s.stale, s.notBefore = 0, false, now.Add(refreshEvery)
		p.queue.remap(m)
		p.stats.Shards = len(m.open)
	}
	p.notify()
}

// learn compares the shards in an answer with the one predicted.
func (p *Producer) learn(req *request) {
	if p.opts.Shards == nil || req.group.shard == "" {
		return
	}
	for _, r := range req.records {
		if r.cause == nil && r.result.ShardID != "" && r.result.ShardID != req.group.shard {
			p.mu.Lock()
			p.prediction.stale = true
			p.mu.Unlock()
			break
		}
	}
	for _, r := range req.records {
		if r.also != nil && r.cause == nil && r.result.ShardID != req.group.shard {
			p.findMisplaced(r)
		}
	}
}

// findMisplaced looks for the keys of an aggregated record that do not belong to the shard on which it lies. It asks for the shards if
// this one is not known yet.
func (p *Producer) findMisplaced(r *record) {
	shard, known := p.shardNamed(r.result.ShardID)
	if !known {
		p.refresh()
		shard, known = p.shardNamed(r.result.ShardID)
	}
	for m := r.also; m != nil; m = m.also { // the leader's key has chosen the shard
		m.misplaced = !known || !shard.holds(hashOf(m.lane.key))
	}
}

func (p *Producer) shardNamed(id string) (shardRange, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.shards == nil {
		return shardRange{}, false
	}
	s, known := p.queue.shards.all[id]
	return s, known
}

// callContext bounds one call to Kinesis.
func (p *Producer) callContext() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(p.ctx)
	stop := p.opts.Clock.AfterFunc(p.opts.CallTimeout, func() { cancel(errCallTimeout) })
	return ctx, func() { stop(); cancel(nil) }
}
