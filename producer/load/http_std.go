package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// stdHTTP sends by net/http: for TLS, and where there is no epoll.
type stdHTTP struct {
	Clock
	o      HTTPOptions
	done   Done
	ctx    context.Context
	stop   context.CancelFunc
	calls  sync.WaitGroup
	shared *http.Client
	visits map[uint32]*visitClient // of those under way, with PerVisit
}

// visitClient has the one connection of a visit.
type visitClient struct {
	client http.Client
	last   chan struct{} // closed when the request before has its answer
}

func newStdHTTP(o HTTPOptions, done Done) *stdHTTP {
	s := &stdHTTP{o: o, done: done, visits: map[uint32]*visitClient{}, shared: &http.Client{Transport: transport(o.Connections), Timeout: o.Timeout}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

func transport(connections int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = connections, connections, connections
	t.DisableCompression = true
	return t
}

// Start begins a request on a goroutine of its own.
func (s *stdHTTP) Start(r *Request) {
	if !s.o.PerVisit {
		s.calls.Go(func() { s.done(r, s.post(s.shared, r)) })
		return
	}
	v := s.visits[r.Visit]
	if v == nil {
		v = &visitClient{client: http.Client{Transport: transport(1), Timeout: s.o.Timeout}, last: make(chan struct{})}
		close(v.last)
		s.visits[r.Visit] = v
	}
	before, answered, ends := v.last, make(chan struct{}), r.Last
	v.last = answered
	if ends {
		delete(s.visits, r.Visit)
	}
	s.calls.Go(func() {
		<-before
		a := s.post(&v.client, r)
		close(answered)
		if ends {
			v.client.CloseIdleConnections()
		}
		s.done(r, a)
	})
}

func (s *stdHTTP) post(c *http.Client, r *Request) Answer {
	a := s.exchange(c, r)
	a.At = time.Now()
	return a
}

func (s *stdHTTP) exchange(c *http.Client, r *Request) Answer {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.o.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Answer{Fault: faultConnect}
	}
	kind := oneEvent
	if len(r.Items) > 1 {
		kind = severalEvents
	}
	req.Header.Set("Content-Type", kind)
	if r.Agent != "" {
		req.Header.Set("User-Agent", r.Agent)
	}
	for k, v := range s.o.Header {
		req.Header.Set(k, v)
	}
	resp, err := c.Do(req)
	if err != nil {
		return faultOf(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return faultOf(err)
	}
	return judge(resp.StatusCode, body, len(r.Items))
}

// faultOf says what an error means: where no connection was made, nothing was taken.
func faultOf(err error) Answer {
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return Answer{Fault: faultConnect, Verdict: Untaken}
	case errors.As(err, &timeout) && timeout.Timeout():
		return Answer{Fault: faultTimeout, Verdict: Unknown}
	}
	return Answer{Fault: faultBroken, Verdict: Unknown}
}

// Close breaks off what has no answer yet.
func (s *stdHTTP) Close() error {
	s.stop()
	s.calls.Wait()
	s.shared.CloseIdleConnections()
	for _, v := range s.visits {
		v.client.CloseIdleConnections()
	}
	return nil
}
