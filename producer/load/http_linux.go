package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// NewHTTP returns a target that posts events to a front door. Over plain HTTP it is a client of its own, for what a single event costs the client
// decides how many a machine can send: one goroutine owns all connections, asks the kernel what came by epoll(7), and makes two system calls a
// request. A goroutine for each connection takes half as much again, net/http three times as much.
func NewHTTP(ctx context.Context, o HTTPOptions, done Done) (Target, error) {
	o = o.withDefaults()
	u, err := o.parse()
	if err != nil {
		return nil, err
	}
	if u.Scheme == "https" {
		return newStdHTTP(o, done), nil
	}
	return newLean(ctx, o, u, done)
}

// lean is HTTP/1.1 (RFC 9112) as far as it takes to post events. It does not pipeline: a connection has one request under way.
type lean struct {
	o       HTTPOptions
	done    Done
	address unix.Sockaddr
	family  int
	head    []byte // of every request, up to the value of User-Agent
	agent   string // where a request has none
	poll    poller

	conns   map[int32]*conn
	serial  int32
	idle    []*conn          // keep-alive
	visits  map[uint32]*conn // a connection a visitor
	waiting []*Request       // for a connection, oldest first
	polled  time.Time
	swept   time.Time
	buf     []byte
	socket  socket
	like    lastHead
}

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

func newLean(ctx context.Context, o HTTPOptions, u *url.URL, done Done) (*lean, error) {
	l := &lean{o: o, done: done, conns: map[int32]*conn{}, visits: map[uint32]*conn{}, buf: make([]byte, 64<<10), agent: "streamgauge-load"}
	if err := l.resolve(ctx, u); err != nil {
		return nil, err
	}
	l.head = append(l.head, "POST "+u.RequestURI()+" HTTP/1.1\r\nHost: "+u.Host+"\r\n"...)
	for k, v := range o.Header {
		l.head = append(l.head, k+": "+v+"\r\n"...)
	}
	l.head = append(l.head, "User-Agent: "...)
	return l, l.poll.open()
}

func (l *lean) resolve(ctx context.Context, u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return fmt.Errorf("port %q: %w", port, err)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return fmt.Errorf("find %s: %w", u.Hostname(), err)
	}
	i := max(0, slices.IndexFunc(ips, func(a netip.Addr) bool { return a.Unmap().Is4() }))
	if ip := ips[i].Unmap(); ip.Is4() {
		l.family, l.address = unix.AF_INET, &unix.SockaddrInet4{Port: n, Addr: ip.As4()}
	} else {
		l.family, l.address = unix.AF_INET6, &unix.SockaddrInet6{Port: n, Addr: ip.As16()}
	}
	return nil
}

// Start begins a request, or lets it wait for a connection.
func (l *lean) Start(r *Request) {
	if l.o.PerVisit {
		l.startOfVisit(r)
		return
	}
	if n := len(l.idle); n > 0 {
		c := l.idle[n-1] // the one that was used last, so that those of a busier time can be closed by the server
		l.idle = l.idle[:n-1]
		l.send(c, r)
		return
	}
	l.waiting = append(l.waiting, r)
	if len(l.conns) < l.o.Connections {
		l.dial(0)
	}
}

func (l *lean) startOfVisit(r *Request) {
	c := l.visits[r.Visit]
	if c == nil {
		if c = l.dial(r.Visit); c == nil {
			l.fail(r, faultConnect, Untaken)
			return
		}
		l.visits[r.Visit] = c
	}
	if c.state == ready {
		l.send(c, r)
		return
	}
	c.queue = append(c.queue, r)
}

// dial begins to connect. Where not even that is possible, nil is returned, and one of those who wait fails.
func (l *lean) dial(visit uint32) *conn {
	fd, err := unix.Socket(l.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if err = unix.Connect(fd, l.address); errors.Is(err, unix.EINPROGRESS) {
			err = nil
		}
		if err == nil {
			l.serial++
			err = l.poll.add(fd, l.serial)
		}
		if err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		l.failOne()
		return nil
	}
	c := &conn{fd: int32(fd), serial: l.serial, since: time.Now(), visit: visit}
	l.conns[c.fd] = c
	return c
}

// failOne fails the request that has waited longest for a connection.
func (l *lean) failOne() {
	if len(l.waiting) > 0 {
		r := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.fail(r, faultConnect, Untaken)
	}
}

func (l *lean) fail(r *Request, fault string, v Verdict) {
	l.done(r, Answer{At: time.Now(), Fault: fault, Verdict: v})
}

// send writes a request, as far as the kernel takes it.
func (l *lean) send(c *conn, r *Request) {
	agent := r.Agent
	if agent == "" {
		agent = l.agent
	}
	kind := oneEvent
	if len(r.Items) > 1 {
		kind = severalEvents
	}
	out := append(l.buf[:0], l.head...)
	out = append(append(append(out, agent...), "\r\nContent-Type: "...), kind...)
	out = append(strconv.AppendInt(append(out, "\r\nContent-Length: "...), int64(len(r.Body)), 10), "\r\n\r\n"...)
	out = append(out, r.Body...)
	l.buf = out[:0]
	c.state, c.req, c.since, c.ends = busy, r, time.Now(), l.o.PerVisit && r.Last
	l.write(c, out)
}

func (l *lean) write(c *conn, out []byte) {
	n, errno := write(c.fd, out)
	switch errno {
	case 0:
	case unix.EAGAIN:
		n = 0
	default:
		l.end(c, faultBroken, Unknown)
		return
	}
	c.out = append(c.out[:0], out[n:]...)
}

// Wait handles what came until then, and returns when something did. Where the next request has its connection already, answers have time until it is due: the
// kernel notes when each came. Then one wake-up does for both, which is most of what a request costs beside its writing.
func (l *lean) Wait(ctx context.Context, until time.Time) {
	now := time.Now()
	// Not longer than this without a look at the context and at what has waited too long.
	wait := min(until.Sub(now), 100*time.Millisecond)
	if ctx.Err() != nil {
		return
	}
	if may := l.patience(); may > 0 && wait > 0 && (wait <= may || len(l.idle) == 0) && l.poll.pause(min(wait, may)) {
		if now.Add(wait).Sub(l.polled) < may && len(l.idle) > 0 {
			return
		}
		wait = max(0, wait-may)
	}
	l.polled = now
	for _, ev := range l.poll.wait(wait) {
		if c := l.conns[ev.Fd]; c != nil && c.serial == ev.Pad {
			l.handle(c, ev.Events)
		}
	}
	if now.Sub(l.swept) > 100*time.Millisecond {
		l.swept = now
		l.sweep(now)
	}
}

// How long an answer may lie: where a connection is free for what is due next, and where none is, but many are busy, so that the server has others to go on with.
const (
	freePatience = time.Millisecond
	busyPatience = 50 * time.Microsecond
	manyBusy     = 32
)

func (l *lean) patience() time.Duration {
	switch {
	case len(l.idle) > 0:
		return freePatience
	case len(l.conns) >= manyBusy:
		return busyPatience
	}
	return 0
}

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

// sweep ends what has waited for longer than the timeout.
func (l *lean) sweep(now time.Time) {
	for _, c := range l.conns {
		if c.state != ready && now.Sub(c.since) > l.o.Timeout {
			if c.state == connecting {
				l.end(c, faultConnect, Untaken)
				l.failOne()
			} else {
				l.end(c, faultTimeout, Unknown)
			}
		}
	}
	for len(l.waiting) > 0 && now.Sub(l.waiting[0].started) > l.o.Timeout {
		r := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.fail(r, faultTimeout, Untaken)
	}
}

// Close breaks off what has no answer yet.
func (l *lean) Close() error {
	for _, r := range l.waiting {
		l.fail(r, faultTimeout, Untaken)
	}
	l.waiting = nil
	for _, c := range l.conns {
		for _, r := range c.queue {
			l.fail(r, faultTimeout, Untaken)
		}
		c.queue = nil
		l.end(c, faultTimeout, Unknown)
	}
	return l.poll.close()
}
