package producer

import "time"

// group is what goes to one shard, or everything where shards are not predicted.
type group struct {
	shard string // "" if it is not known

	ready      laneList
	readyBytes int
	due        []*record // refused records whose backoff is over

	limiter  limiter
	inFlight int // requests
}

func (g *group) makeReady(l *lane, since time.Time) {
	l.since = since
	g.ready.push(l)
	g.readyBytes += l.bytes
}

// full reports whether there is enough for a whole request.
func (g *group) full(o *Options) bool {
	return len(g.due)+g.ready.n >= o.MaxRecords || g.readyBytes >= o.MaxBytes
}

// timing says whether a request should be made now, and if not, how long until one may be (zero: not before something changes).
func (g *group) timing(o *Options, now time.Time, hurry bool) (send bool, wait time.Duration) {
	switch {
	case !g.limiter.allows(g.inFlight):
		return false, 0
	case len(g.due) > 0:
		return true, 0
	case g.ready.n == 0:
		return false, 0
	case hurry || g.full(o):
		return true, 0
	case g.inFlight >= o.SmallInFlight:
		return false, 0
	}
	rest := g.ready.head.since.Add(o.Linger).Sub(now)
	return rest <= 0, max(rest, 0)
}

// takeRecord takes the next record if it fits into room, else returns nil.
func (g *group) takeRecord(o *Options, fresh *records, room int) *record {
	if len(g.due) > 0 {
		r := g.due[0]
		if r.size > room {
			return nil
		}
		g.due[0] = nil
		g.due = g.due[1:]
		return r
	}
	if g.ready.head == nil {
		return nil
	}
	first, _ := o.framingOf(g.ready.head.key)
	r := g.packNext(fresh, first, o.MaxRecordBytes, room)
	if r != nil && o.Aggregation == AggregateShards && g.shard != "" {
		g.fill(r, o, fresh, room)
	}
	return r
}

// fill adds the next keys to an aggregated record as long as they fit.
func (g *group) fill(r *record, o *Options, fresh *records, room int) {
	limit := min(o.MaxRecordBytes, room)
	first, _ := o.framingOf(r.lane.key)
	if r.items == 1 { // it was counted as if it went alone
		r.size += first.more + first.item - first.alone
	}
	last := r
	for g.ready.head != nil {
		_, further := o.framingOf(g.ready.head.key)
		m := g.packNext(fresh, further, limit-r.size, limit-r.size)
		if m == nil {
			break
		}
		r.size += m.size
		m.size = 0
		last.also, last = m, m
	}
	if r.also == nil && r.items == 1 {
		r.size -= first.more + first.item - first.alone
	}
}

// packNext packs the items of the lane that is next.
func (g *group) packNext(fresh *records, f framing, limit, room int) *record {
	l := g.ready.head
	bytes := l.bytes
	r := fresh.first()
	if !l.pack(r, f, limit, room) {
		return nil
	}
	fresh.take()
	g.ready.pop()
	g.readyBytes -= bytes
	l.busy = true
	return r
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

func (s *laneList) pop() *lane {
	l := s.head
	s.head, l.next = l.next, nil
	s.n--
	return l
}
