package pipeline

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Recorder keeps the figures of one process. Its methods may be called concurrently, and are quick: they are called on the way of the events.
type Recorder struct {
	now     func() time.Time
	sources Sources
	started time.Time

	mu     sync.Mutex // guards all below; nothing is called under it
	door   doorSums
	ack    course
	delay  course
	shards map[string]*shard
	ticks  ticks
}

// Sources are what a recorder asks, when it is asked or once a second. They may be called concurrently. All but Facts may be nil: what
// they would tell is then missing.
type Sources struct {
	// Shards answers how each shard's consumer is. Only the fields that are a state are read of it: state, age, stall and error.
	Shards func() []Shard
	// Store answers the sums of the store's calls.
	Store func() StoreSums
	// Facts answers what stands in the store.
	Facts func(context.Context) (Facts, error)
	// Roller fills in what the roller of this process has done.
	Roller func(*Rollup)
	// Delays fills in how long events took to their windows, where the consumer is another process.
	Delays func(context.Context, *View) error
	// Missing are further parts of the view that nobody can fill in.
	Missing []string
}

// StoreSums are what was asked of the store since the process began.
type StoreSums struct{ Writes, WrittenBytes, Reads uint64 }

type doorSums struct{ accepted, invalid, retry uint64 }

// shard is what was recorded of one shard.
type shard struct {
	records, bytes, batches, retries, bisects, discarded uint64
	took                                                 window
}

// NewRecorder returns a recorder. It starts nothing; Run makes its ticks.
func NewRecorder(s Sources, now func() time.Time) *Recorder {
	return &Recorder{now: now, sources: s, started: now(), shards: make(map[string]*shard)}
}

// Door counts the events of a request by what became of them.
func (r *Recorder) Door(accepted, invalid, retry int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.door.accepted += uint64(accepted)
	r.door.invalid += uint64(invalid)
	r.door.retry += uint64(retry)
}

// Acked notes how long a request took whose events are durable.
func (r *Recorder) Acked(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ack.add(took, 1)
}

// Batch notes an invocation of the consumer: the records and bytes that are done after it, and whether it was one of many.
func (r *Recorder) Batch(shardID string, records, bytes int, took time.Duration, again bool) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shard(shardID)
	s.records += uint64(records)
	s.bytes += uint64(bytes)
	s.batches++
	if again {
		s.retries++
	}
	s.took.add(now, took, 1)
}

// Bisected notes that a batch was halved.
func (r *Recorder) Bisected(shardID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shard(shardID).bisects++
}

// Discarded notes that records were given up.
func (r *Recorder) Discarded(shardID string, records int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shard(shardID).discarded += uint64(records)
}

// Delays notes how long events took from the door to their windows, and how many took so long.
func (r *Recorder) Delays(delays iter.Seq2[time.Duration, uint64]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for d, n := range delays {
		r.delay.add(d, n)
	}
}

func (r *Recorder) shard(id string) *shard {
	s := r.shards[id]
	if s == nil {
		s = &shard{}
		r.shards[id] = s
	}
	return s
}

// Run makes a tick every second until ctx ends. Without it the view has no rates and no history, and its percentiles forget nothing.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		r.tick()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tick notes the sums as they are now, and forgets shards that the stream does not list any more.
func (r *Recorder) tick() {
	t := tick{at: r.now()}
	listed := map[string]bool{}
	if r.sources.Store != nil {
		t.store = r.sources.Store()
	}
	if r.sources.Shards != nil {
		for _, s := range r.sources.Shards() {
			listed[s.Shard] = true
			t.ageMS = max(t.ageMS, s.IteratorAgeMS)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t.door, t.shards = r.door, make(map[string]shardSums, len(r.shards))
	for id, s := range r.shards {
		if !listed[id] && len(listed) > 0 {
			r.ticks.gone += s.records // the sum of all shards must not shrink
			delete(r.shards, id)
			continue
		}
		t.shards[id] = shardSums{s.records, s.bytes}
		t.records += s.records
	}
	t.records += r.ticks.gone
	if r.ticks.endsStep() {
		t.ack, t.delay = r.ack.close(t.at), r.delay.close(t.at)
	}
	r.ticks.add(t)
}
