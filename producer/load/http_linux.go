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
