package load

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// conn is a connection and the request under way on it.
type conn struct {
	fd     int32
	serial int32 // tells its events from those of an earlier connection of that number
	state  connState
	req    *Request
	out    []byte // of the request, what is not written yet
	in     []byte // of the answer, where it did not come in one piece
	came   int64  // when that came, Unix nanoseconds; 0 where the kernel did not say
	since  time.Time
	visit  uint32
	queue  []*Request // of its visit
	ends   bool       // after the answer
}

type connState uint8

const (
	connecting connState = iota
	ready
	busy
)

func (l *lean) handle(c *conn, events uint32) {
	if c.state == connecting {
		l.connected(c)
		return
	}
	if events&unix.EPOLLOUT != 0 && len(c.out) > 0 {
		if l.write(c, slices.Clone(c.out)); l.conns[c.fd] != c {
			return
		}
	}
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLRDHUP) != 0 {
		l.read(c, events&(unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLRDHUP) != 0)
	}
}

func (l *lean) connected(c *conn) {
	code, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || code != 0 {
		l.end(c, faultConnect, Untaken)
		l.failOne()
		return
	}
	l.next(c)
}

// next gives a connection that is free its next request.
func (l *lean) next(c *conn) {
	c.state, c.req = ready, nil
	switch {
	case len(c.queue) > 0:
		r := c.queue[0]
		c.queue = c.queue[1:]
		l.send(c, r)
	case l.o.PerVisit:
	case len(l.waiting) > 0:
		r := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.send(c, r)
	default:
		l.idle = append(l.idle, c)
	}
}

// read takes what came. Events are told once each time something comes, so it reads until nothing is left: what does not fill the buffer was the
// last, unless the connection has ended behind it.
func (l *lean) read(c *conn, hasEnd bool) {
	for {
		n, came, errno := l.socket.read(c.fd, l.buf[:cap(l.buf)])
		switch {
		case errno == unix.EAGAIN:
			return
		case errno == unix.EINTR:
			continue
		case errno != 0 || n == 0:
			l.ended(c)
			return
		}
		c.came = came
		if !l.take(c, l.buf[:n]) || n < cap(l.buf) && !hasEnd {
			return
		}
	}
}

// take looks whether an answer is whole, and reports whether the connection is still there.
func (l *lean) take(c *conn, part []byte) bool {
	whole := part
	if len(c.in) > 0 {
		c.in = append(c.in, part...)
		whole = c.in
	}
	if c.state != busy {
		l.end(c, faultBroken, Unknown) // an answer that nobody asked for: 408, before a server closes
		return false
	}
	resp, ok, err := l.like.parse(whole)
	switch {
	case err != nil || len(whole) > maxAnswer || ok && resp.size < len(whole):
		l.end(c, faultOdd, Unknown)
		return false
	case !ok:
		if len(c.in) == 0 {
			c.in = append(c.in, part...)
		}
		return true
	}
	l.answered(c, resp)
	return l.conns[c.fd] == c
}

func (l *lean) answered(c *conn, resp response) {
	r := c.req
	a := judge(resp.status, resp.body, len(r.Items))
	a.At = cameAt(c.came, r.started, time.Now())
	c.in, c.req = c.in[:0], nil
	if !resp.keep || c.ends || len(c.out) > 0 {
		l.end(c, faultBroken, Untaken)
	} else {
		l.next(c)
	}
	l.done(r, a)
}

// ended takes the end of a connection, which may be the end of an answer.
func (l *lean) ended(c *conn) {
	if resp, ok, err := parseResponse(c.in, true); c.req != nil && ok && err == nil {
		resp.keep = false
		l.answered(c, resp)
		return
	}
	l.end(c, faultBroken, Unknown)
}

// end closes a connection. The request under way gets the verdict; those that wait for this connection were not taken.
func (l *lean) end(c *conn, fault string, v Verdict) {
	delete(l.conns, c.fd)
	_ = unix.Close(int(c.fd)) // nothing is left to do about an error
	if c.state == ready {
		l.idle = slices.DeleteFunc(l.idle, func(o *conn) bool { return o == c })
	}
	if l.o.PerVisit && l.visits[c.visit] == c {
		delete(l.visits, c.visit)
	}
	if c.req != nil {
		l.fail(c.req, fault, v)
		c.req = nil
	}
	for _, r := range c.queue {
		if c.state == connecting {
			l.fail(r, fault, Untaken)
		} else {
			l.Start(r) // on a new connection
		}
	}
	c.queue = nil
	if len(l.waiting) > 0 && len(l.idle) == 0 && len(l.conns) < l.o.Connections && c.state != connecting {
		l.dial(0)
	}
}
