package producer

import (
	"container/heap"
	"math"
	"time"
)

// queue holds what is to be sent. It knows nothing of goroutines and clocks: its owner locks it and says what time it is.
type queue struct {
	opts  Options
	lanes map[string]*lane // of every key with an item queued or a record out

	ready      laneList
	readyBytes int

	retries retryHeap // refused records whose backoff is not over
	due     []*record // refused records whose backoff is over
}

func newQueue(o Options) queue { return queue{opts: o, lanes: make(map[string]*lane)} }

// add appends an item to the lane of its key.
func (q *queue) add(key string, p *pending, now time.Time) {
	l := q.lanes[key]
	if l == nil {
		l = newLane(key)
		q.lanes[l.key] = l
	}
	first := l.head == nil
	l.push(p)
	switch {
	case l.busy:
	case first:
		q.makeReady(l, now)
	default:
		q.readyBytes += len(p.data) + 1
	}
}

func (q *queue) makeReady(l *lane, now time.Time) {
	l.since = now
	q.ready.push(l)
	q.readyBytes += l.bytes
}

// free ends the trip of a record whose items have their results: the rest of its lane may go.
func (q *queue) free(r *record, now time.Time) {
	l := r.lane
	l.busy = false
	if l.head == nil {
		delete(q.lanes, l.key)
		return
	}
	q.makeReady(l, now)
}

// again keeps refused records until their backoff is over. They stay together, so that one refused request becomes one new one
// and not five hundred.
func (q *queue) again(rs []*record, at time.Time) {
	heap.Push(&q.retries, refusal{at: at, records: rs})
}

// timing says whether a request should be made now, and if not, how long until one may be (zero: not before something changes). With
// hurry, nothing lingers.
func (q *queue) timing(now time.Time, hurry bool) (send bool, wait time.Duration) {
	q.promote(now)
	if len(q.due) > 0 {
		return true, 0
	}
	if len(q.retries) > 0 {
		wait = q.retries[0].at.Sub(now)
	}
	if q.ready.n == 0 {
		return false, wait
	}
	full := q.ready.n >= q.opts.MaxRecords || q.readyBytes >= q.opts.MaxBytes
	rest := q.ready.head.since.Add(q.opts.Linger).Sub(now)
	if hurry || full || rest <= 0 {
		return true, 0
	}
	if wait == 0 || rest < wait {
		wait = rest
	}
	return false, wait
}

// promote moves the retries whose backoff is over to the front of what is sent.
func (q *queue) promote(now time.Time) {
	for len(q.retries) > 0 && !q.retries[0].at.After(now) {
		q.due = append(q.due, heap.Pop(&q.retries).(refusal).records...)
	}
}

// take makes one request of at most MaxRecords and MaxBytes: retries first, then the lanes in the order in which they became ready.
func (q *queue) take() *request {
	req := &request{records: make([]*record, 0, min(q.opts.MaxRecords, len(q.due)+q.ready.n))}
	for len(req.records) < q.opts.MaxRecords {
		r := q.takeRecord(q.opts.MaxBytes - req.bytes)
		if r == nil {
			break
		}
		req.records = append(req.records, r)
		req.bytes += r.size
	}
	return req
}

// takeRecord takes the next record if it fits into room, else returns nil.
func (q *queue) takeRecord(room int) *record {
	if len(q.due) > 0 {
		r := q.due[0]
		if r.size > room {
			return nil
		}
		q.due[0] = nil
		q.due = q.due[1:]
		return r
	}
	l := q.ready.head
	if l == nil {
		return nil
	}
	bytes := l.bytes
	r := l.pack(q.opts.MaxRecordBytes, room)
	if r == nil {
		return nil
	}
	q.ready.pop()
	q.readyBytes -= bytes
	l.busy = true
	return r
}

// drain empties the queue of everything that is not in flight, and returns it as records that will never be sent.
func (q *queue) drain() []*record {
	rest := q.due
	for _, r := range q.retries {
		rest = append(rest, r.records...)
	}
	for _, l := range q.lanes {
		if l.head != nil {
			rest = append(rest, l.pack(math.MaxInt, math.MaxInt))
		}
	}
	*q = newQueue(q.opts)
	return rest
}

// laneList is a first-in first-out list.
type laneList struct {
	head, tail *lane
	n          int
}

func (s *laneList) push(l *lane) {
	if s.head == nil {
		s.head = l
	} else {
		s.tail.next = l
	}
	s.tail = l
	s.n++
}

func (s *laneList) pop() {
	l := s.head
	s.head, l.next = l.next, nil
	s.n--
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
