package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// sizes are the numbers of events in a request.
var sizes = []int{1, 10, 100}

// bodies is how many different requests there are of a size: with 1 event each, that is the number of visitors.
const bodies = 512

// measureHTTP sends to the floor and to the product in turns.
func measureHTTP(ctx context.Context, s settings, p *product, r *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	floor, err := startProcess(ctx, self, "-floor")
	if err != nil {
		return err
	}
	defer func() { _ = floor.end() }() // it has nothing to put away
	for range s.rounds {
		for _, size := range sizes {
			f, err := floor.timed(func() (int64, time.Duration, error) { return send(ctx, s, floor.address, size) }, nil)
			if err != nil {
				return fmt.Errorf("send to the floor: %w", err)
			}
			r.floor[size] = append(r.floor[size], f)
			m, err := p.timed(func() (int64, time.Duration, error) { return send(ctx, s, p.address, size) }, func(n int64) error {
				r.accepted += n
				return p.awaitReceived(ctx, r.accepted)
			})
			if err != nil {
				return fmt.Errorf("send to the product: %w", err)
			}
			r.product[size] = append(r.product[size], m)
		}
	}
	r.peakHTTP, err = p.peak()
	return err
}

// measured is what was done with a number of events.
type measured struct {
	events int64
	took   time.Duration // without what came after
	cpu    time.Duration // of the server, with it
}

// timed does something that takes the server's time, and then what belongs to its costs and not to its time.
func (p *process) timed(do func() (int64, time.Duration, error), after func(int64) error) (m measured, err error) {
	began, err := p.cpu()
	if err != nil {
		return m, err
	}
	if m.events, m.took, err = do(); err != nil {
		return m, err
	}
	if after != nil {
		if err := after(m.events); err != nil {
			return m, err
		}
	}
	ended, err := p.cpu()
	m.cpu = ended - began
	return m, err
}

// send keeps all connections busy for as long as the settings say: each sends a request when it has the last answer. It returns the number
// of events that were answered by 202.
func send(ctx context.Context, s settings, address string, size int) (int64, time.Duration, error) {
	requests := make([][]byte, bodies)
	for i := range requests {
		requests[i] = requestOf(address, i, size)
	}
	ctx, cancel := context.WithTimeout(ctx, s.each)
	defer cancel()
	var accepted atomic.Int64
	errs := make([]error, s.conns)
	var group sync.WaitGroup
	began := time.Now()
	for i := range s.conns {
		group.Go(func() {
			c, err := dial(address)
			if err != nil {
				errs[i] = err
				return
			}
			defer func() { _ = c.Close() }()
			for n := i; ctx.Err() == nil && errs[i] == nil; n++ {
				if errs[i] = c.exchange(requests[n%bodies]); errs[i] == nil {
					accepted.Add(int64(size))
				}
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return 0, 0, err
		}
	}
	return accepted.Load(), took, nil
}

// conn is a client that costs little: requests are made beforehand.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(address string) (conn, error) {
	c, err := net.Dial("tcp", address)
	return conn{c, bufio.NewReader(c)}, err
}

// exchange sends a request and takes the answer, which must be 202 without a word about events that were not accepted.
func (c conn) exchange(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusAccepted || !bytes.Contains(body, []byte(`"results":[]`))) {
		err = fmt.Errorf("%s: %.300s", resp.Status, body)
	}
	return err
}

// requestOf is the n-th request of so many events, of a size usual for a browser: 280 bytes or so.
func requestOf(address string, n, size int) []byte {
	var body []byte
	for i := range size {
		visitor := n*size + i
		body = fmt.Appendf(body, `{"site":"%s","name":"pageview","url":"https://shop.example.com/products/garden/hose-%dm?utm_source=mail",`+
			`"referrer":"https://search.example/","title":"Garden hose %[2]d m","visitor":"v-%08x","props":{"plan":"pro","price":12.5,"member":true},`+
			`"screen":"1920x1080","lang":"de-DE"}`+"\n", site, visitor%1000, visitor)
	}
	head := fmt.Appendf(nil, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"+
		"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n", address, len(body))
	return append(head, body...)
}
