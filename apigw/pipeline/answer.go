package pipeline

import (
	"context"
	"time"
)

// StuckAfter is how long a shard that has something to do may not get on before it is called stuck.
const StuckAfter = time.Minute

// View answers the view. It fails only where the store cannot be read.
func (r *Recorder) View(ctx context.Context) (*View, error) {
	now := r.now()
	v := &View{AsOf: now.UnixMilli(), StartedAt: r.started.UnixMilli(), Shards: []Shard{}, Missing: append([]string{}, r.sources.Missing...)}
	facts, err := r.sources.Facts(ctx)
	if err != nil {
		return nil, err
	}
	facts.Fill(v)
	if r.sources.Roller != nil {
		r.sources.Roller(&v.Rollup)
	}
	if r.sources.Shards != nil {
		v.Shards = append(v.Shards, r.sources.Shards()...)
	}
	r.fill(v, now)
	if r.sources.Delays != nil {
		return v, r.sources.Delays(ctx, v)
	}
	return v, nil
}

// fill puts in what was recorded.
func (r *Recorder) fill(v *View, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v.History, v.StepMS = r.ticks.history(), rateTicks*time.Second.Milliseconds()
	from, to, ok := r.ticks.span()
	if ok {
		v.Door.AcceptedPerS = perSecond(from, to, func(t tick) uint64 { return t.door.accepted })
		v.Door.InvalidPerS = perSecond(from, to, func(t tick) uint64 { return t.door.invalid })
		v.Door.RetryPerS = perSecond(from, to, func(t tick) uint64 { return t.door.retry })
		v.Store.WritesPerS = perSecond(from, to, func(t tick) uint64 { return t.store.Writes })
		v.Store.BytesPerS = perSecond(from, to, func(t tick) uint64 { return t.store.WrittenBytes })
		v.Store.ReadsPerS = perSecond(from, to, func(t tick) uint64 { return t.store.Reads })
	}
	ack, delay := r.ack.merged(now), r.delay.merged(now)
	v.Door.AckP50MS, v.Door.AckP95MS, v.Door.AckP99MS = ms(ack, 0.5), ms(ack, 0.95), ms(ack, 0.99)
	v.Delay = Delay{P50MS: ms(delay, 0.5), P90MS: ms(delay, 0.9), P95MS: ms(delay, 0.95), P99MS: ms(delay, 0.99), Count: delay.Count()}
	for i := range v.Shards {
		r.fillShard(&v.Shards[i], from, to, now)
	}
}

func (r *Recorder) fillShard(out *Shard, from, to tick, now time.Time) {
	s := r.shards[out.Shard]
	if s == nil {
		return // nothing was delivered of it yet
	}
	out.RecordsPerS = perSecond(from, to, func(t tick) uint64 { return t.shards[out.Shard].records })
	out.BytesPerS = perSecond(from, to, func(t tick) uint64 { return t.shards[out.Shard].bytes })
	took := s.took.merged(now)
	out.BatchP50MS, out.BatchP99MS = ms(took, 0.5), ms(took, 0.99)
	out.Batches, out.Retries, out.Bisects, out.Discarded = s.batches, s.retries, s.bisects, s.discarded
}
