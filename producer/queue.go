package producer

import (
	"container/heap"
	"math"
	"time"
)

// queue holds what is to be sent. It knows nothing of goroutines and clocks: its owner locks it and says what time it is.
type queue struct {
	opts  *Options
	lanes map[string]*lane // of every key with an item queued or a record out
	spare lanes

	shards *shardMap // nil as long as shards are not predicted
	groups []*group  // one for each open shard, or one for everything
	turn   int       // the group that is looked at first

	retries   retryHeap // refused records whose backoff is not over
	notBefore time.Time // nothing is sent earlier: the service has asked for it
}

func newQueue(o *Options) queue {
	return queue{opts: o, lanes: make(map[string]*lane), groups: []*group{{limiter: newLimiter(o.Concurrency)}}}
}

// add appends an item to the lane of its key.
func (q *queue) add(key string, p *pending, now time.Time) {
	l := q.lanes[key]
	if l == nil {
		l = q.spare.get(key)
		l.group = q.groupOf(l.key)
		q.lanes[l.key] = l
	}
	first := l.head == nil
	l.push(p)
	switch {
	case l.busy:
	case first:
		l.group.makeReady(l, now)
	default:
		l.group.readyBytes += len(p.data) + 1
	}
}

func (q *queue) groupOf(key string) *group {
	if q.shards == nil {
		return q.groups[0]
	}
	return q.groups[q.shards.of(hashOf(key))]
}

// remap sorts what is queued by other shards. A shard that stays keeps what is known of it.
func (q *queue) remap(m *shardMap) {
	known := make(map[string]*group, len(q.groups))
	var ready []*lane
	var due []*record
	for _, g := range q.groups {
		known[g.shard] = g
		for g.ready.head != nil {
			ready = append(ready, g.ready.pop())
		}
		due = append(due, g.due...)
		g.readyBytes, g.due = 0, nil
	}
	q.shards, q.turn = m, 0
	q.groups = make([]*group, len(m.open))
	for i, s := range m.open {
		if q.groups[i] = known[s.id]; q.groups[i] == nil {
			q.groups[i] = &group{shard: s.id, limiter: newLimiter(q.opts.Concurrency)}
		}
	}
	for _, l := range q.lanes {
		l.group = q.groupOf(l.key)
	}
	for _, l := range ready {
		l.group.makeReady(l, l.since)
	}
	for _, r := range due {
		q.makeDue(r)
	}
}

// makeDue puts a refused record to the front of what is sent. Keys that shared a shard when the record was made may not any more; as
// none of it was stored, it can be taken apart.
func (q *queue) makeDue(r *record) {
	for m := r.also; m != nil; m = m.also {
		if m.lane.group != r.lane.group {
			for _, one := range r.split(q.opts) {
				one.lane.group.due = append(one.lane.group.due, one)
			}
			return
		}
	}
	r.lane.group.due = append(r.lane.group.due, r)
}

// free ends the trip of a record whose items have their results: the rest of its lane may go.
func (q *queue) free(r *record, now time.Time) {
	l := r.lane
	l.busy = false
	if l.head == nil {
		delete(q.lanes, l.key)
		q.spare.put(l)
		return
	}
	l.group.makeReady(l, now)
}

// again keeps refused records until their backoff is over. They stay together, so that one refused request becomes one new one
// and not five hundred.
func (q *queue) again(rs []*record, at time.Time) {
	heap.Push(&q.retries, refusal{at: at, records: rs})
}

// timing returns the group for which a request should be made now, and if there is none, how long until there may be one (zero: not
// before something changes). With hurry, nothing lingers.
func (q *queue) timing(now time.Time, hurry bool) (*group, time.Duration) {
	q.promote(now)
	if wait := q.notBefore.Sub(now); wait > 0 {
		return nil, wait
	}
	var wait time.Duration
	if len(q.retries) > 0 {
		wait = q.retries[0].at.Sub(now)
	}
	for i := range q.groups {
		at := (q.turn + i) % len(q.groups)
		send, rest := q.groups[at].timing(q.opts, now, hurry)
		if send {
			q.turn = at + 1
			return q.groups[at], 0
		}
		wait = sooner(wait, rest)
	}
	return nil, wait
}

// sooner returns the shorter of two times to wait, where zero is for ever.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// promote moves the retries whose backoff is over to the front of what is sent.
func (q *queue) promote(now time.Time) {
	for len(q.retries) > 0 && !q.retries[0].at.After(now) {
		for _, r := range heap.Pop(&q.retries).(refusal).records {
			q.makeDue(r)
		}
	}
}

// take makes one request of at most MaxRecords and MaxBytes: retries first, then the lanes in the order in which they became ready.
func (q *queue) take(g *group) *request {
	req := &request{group: g, records: make([]*record, 0, min(q.opts.MaxRecords, len(g.due)+g.ready.n))}
	fresh := make(records, min(q.opts.MaxRecords, g.ready.n))
	bytes := 0
	for len(req.records) < q.opts.MaxRecords {
		r := g.takeRecord(q.opts, &fresh, q.opts.MaxBytes-bytes)
		if r == nil {
			break
		}
		req.records = append(req.records, r)
		bytes += r.size
	}
	req.pressed = g.full(q.opts)
	return req
}

// limit is how many requests may be in flight.
func (q *queue) limit() int {
	sum := 0
	for _, g := range q.groups {
		sum += int(g.limiter.limit)
	}
	return min(sum, q.opts.Concurrency)
}

// drain empties the queue of everything that is not in flight, and returns it as records that will never be sent.
func (q *queue) drain() (rest []*record) {
	for _, g := range q.groups {
		rest = append(rest, g.due...)
	}
	for _, r := range q.retries {
		rest = append(rest, r.records...)
	}
	for _, l := range q.lanes {
		if l.head != nil {
			r := &record{}
			l.pack(r, framing{}, math.MaxInt, math.MaxInt)
			rest = append(rest, r)
		}
	}
	*q = newQueue(q.opts)
	return rest
}

// refusal is what one answer refused.
type refusal struct {
	at      time.Time
	records []*record
}

// retryHeap is a container/heap, the earliest first.
type retryHeap []refusal

func (h retryHeap) Len() int           { return len(h) }
func (h retryHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h retryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *retryHeap) Push(x any)        { *h = append(*h, x.(refusal)) }
func (h *retryHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	old[len(old)-1] = refusal{}
	*h = old[:len(old)-1]
	return r
}
