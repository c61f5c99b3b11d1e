package load

import (
	"slices"
	"time"
)

// Item is a copy in a request.
type Item struct {
	N        uint32 // in the plan
	Kind     Kind
	Shown    bool
	TS       int64  // event time, Unix milliseconds
	Due      int64  // Unix nanoseconds
	From, To int32  // of its JSON in the body
	Key      string // its partition key, where the plan has keys
}

// Request is what is sent at one time: one event, or several as NDJSON. It is due when its last event is, or when its first has waited long
// enough for others.
type Request struct {
	Due   time.Time
	Agent string // the User-Agent header
	Visit uint32 // of a request of one event: who sends it …
	Last  bool   // … and whether nothing follows
	Body  []byte
	Items []Item

	started time.Time
}

func (r *Request) reset() {
	*r = Request{Body: r.Body[:0], Items: r.Items[:0]}
}

func (r *Request) add(c *Planned) {
	if len(r.Items) > 0 {
		r.Body = append(r.Body, '\n')
	}
	from := int32(len(r.Body))
	r.Body = append(r.Body, c.JSON...)
	r.Items = append(r.Items, Item{
		N: c.N, Kind: c.Kind, Shown: c.Shown, TS: c.TS, Due: c.Due.UnixNano(), From: from, To: int32(len(r.Body)), Key: c.Key,
	})
}

// requests makes the requests of a plan, in order of their due times. People share requests; a crawler has its own, so that the header of a
// request is true for all that is in it.
type requests struct {
	*Script
	ahead Planned // the next copy, not yet in a request
	began bool
	more  bool // there is a next
	open  []*Request
	took  []time.Time // when the first of each open one was due
	free  chan *Request
}

// spareRequests is how many requests wait to be used again.
const spareRequests = 1024

func newRequests(s *Script) *requests {
	return &requests{Script: s, free: make(chan *Request, max(8, spareRequests/s.plan.Batch))}
}

// pull returns the next request, or nil at the end.
func (rs *requests) pull() *Request {
	if !rs.began {
		rs.began, rs.more = true, rs.next(&rs.ahead)
	}
	for rs.more {
		if i := rs.waited(rs.ahead.Due); i >= 0 {
			return rs.close(i, rs.took[i].Add(rs.plan.Linger))
		}
		due := rs.ahead.Due
		i := rs.opened(&rs.ahead)
		r := rs.open[i]
		r.add(&rs.ahead)
		rs.more = rs.next(&rs.ahead)
		if len(r.Items) >= rs.plan.Batch {
			return rs.close(i, due)
		}
	}
	if len(rs.open) == 0 {
		return nil
	}
	i, end := rs.oldest(), rs.plan.Start.Add(rs.plan.For)
	if due := rs.took[i].Add(rs.plan.Linger); due.Before(end) {
		end = due
	}
	return rs.close(i, end)
}

// oldest returns which open request has waited longest.
func (rs *requests) oldest() int {
	first := 0
	for i, since := range rs.took {
		if since.Before(rs.took[first]) {
			first = i
		}
	}
	return first
}

// waited returns the open request whose time is up before at, or -1.
func (rs *requests) waited(at time.Time) int {
	if len(rs.open) == 0 {
		return -1
	}
	if i := rs.oldest(); rs.took[i].Add(rs.plan.Linger).Before(at) {
		return i
	}
	return -1
}

// opened returns the open request that takes the copy.
func (rs *requests) opened(c *Planned) int {
	agent := ""
	if c.Kind == Crawler || rs.plan.Batch == 1 {
		agent = c.Agent
	}
	i := slices.IndexFunc(rs.open, func(r *Request) bool { return r.Agent == agent })
	if i >= 0 {
		return i
	}
	r := rs.fresh()
	r.Agent, r.Visit, r.Last = agent, c.Visit, c.Last
	rs.open, rs.took = append(rs.open, r), append(rs.took, c.Due)
	return len(rs.open) - 1
}

func (rs *requests) close(i int, due time.Time) *Request {
	r := rs.open[i]
	rs.open, rs.took = slices.Delete(rs.open, i, i+1), slices.Delete(rs.took, i, i+1)
	r.Due = due
	return r
}

func (rs *requests) fresh() *Request {
	select {
	case r := <-rs.free:
		r.reset()
		return r
	default:
		return &Request{}
	}
}

// recycle takes a request back that nobody looks at any more.
func (rs *requests) recycle(r *Request) {
	select {
	case rs.free <- r:
	default:
	}
}
