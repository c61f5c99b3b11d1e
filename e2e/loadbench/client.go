package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/streamgauge/streamgauge/producer/load"
)

// measured is what a client did. Our own report what they took from the first request on: that the visitors of the model are warmed up before is no cost of a request.
type measured struct {
	Requests uint64
	Took     time.Duration
	Late     time.Duration // the schedule's error at p99
	CPU      time.Duration
}

// agent and body are what the closed loops send: of the size that the generator's events have.
const (
	agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	body  = `{"site":"shop","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
		`"url":"https://shop.example.com/products/garden/hose-25m?utm_source=mail","referrer":"https://search.example/","title":"Garden hose 25 m",` +
		`"visitor":"7f3a9c217f3a9c21","session":"9f3a9c217f3a9c21","screen":"1920x1080","lang":"de-DE","country":"DE","city":"Berlin"}`
)

func runClient(ctx context.Context, self, name, address string, s settings) (m measured, err error) {
	args := []string{"-client", name, "-address", address, "-each", s.each.String(), "-conns", strconv.Itoa(s.conns), "-rate", fmt.Sprint(s.rate)}
	cmd := exec.CommandContext(ctx, self, args...)
	if name == "wrk" {
		script, err := wrkScript()
		if err != nil {
			return m, err
		}
		defer func() { _ = os.Remove(script) }()
		cmd = exec.CommandContext(ctx, "wrk", "-t1", "-c"+strconv.Itoa(s.conns), "-d"+s.each.String(), "-s", script, "http://"+address+"/v1/events")
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return m, err
	}
	if name == "wrk" {
		m, err = readWrk(string(out), s.each)
	} else {
		err = json.Unmarshal(out, &m)
	}
	if name == "wrk" {
		m.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return m, err
}

func wrkScript() (string, error) {
	f, err := os.CreateTemp("", "wrk-*.lua")
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, "wrk.method=\"POST\"\nwrk.body=[[%s]]\nwrk.headers[\"Content-Type\"]=\"application/json\"\nwrk.headers[\"User-Agent\"]=%q\n", body, agent)
	return f.Name(), errors.Join(err, f.Close())
}

// readWrk finds "57031 requests in 3.03s, 7.67MB read".
func readWrk(out string, each time.Duration) (measured, error) {
	for line := range strings.Lines(out) {
		var m measured
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "%d requests in", &m.Requests); err == nil {
			m.Took = each
			return m, nil
		}
	}
	return measured{}, fmt.Errorf("not understood: %s", out)
}

// beClient sends for as long as the settings say, and writes what it did.
func beClient(ctx context.Context, name, address string, s settings, out io.Writer) (err error) {
	var m measured
	began, cpu := time.Now(), used()
	switch name {
	case "generator":
		m, err = generate(ctx, address, s)
	case "raw":
		m.Requests, err = closedLoop(s, func() (func() error, error) { return rawSender(address) })
	case "nethttp":
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: s.conns}}
		m.Requests, err = closedLoop(s, func() (func() error, error) { return func() error { return post(client, address) }, nil })
	default:
		err = fmt.Errorf("no client %q", name)
	}
	if err != nil {
		return err
	}
	m.Took = time.Since(began)
	if m.CPU == 0 {
		m.CPU = used() - cpu
	}
	return json.NewEncoder(out).Encode(m)
}

// used is what this process has computed so far.
func used() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func generate(ctx context.Context, address string, s settings) (m measured, err error) {
	p, err := load.Plan{Site: "shop", Seed: 1, Start: time.Now(), Rate: s.rate, For: s.each, People: 10_000}.Complete()
	if err != nil {
		return m, err
	}
	script, err := p.Prepare()
	if err != nil {
		return m, err
	}
	p = script.StartAt(time.Now().Add(100 * time.Millisecond))
	rec := load.NewRecorder(p.Start, time.Second)
	run, err := load.NewRunner(script, rec, load.Limits{InFlight: 1 << 20}, func(done load.Done) (load.Target, error) {
		return load.NewHTTP(ctx, load.HTTPOptions{URL: "http://" + address + "/v1/events", Connections: s.conns}, done)
	})
	if err != nil {
		return m, err
	}
	cpu := used()
	if err := run.Run(ctx); err != nil {
		return m, err
	}
	m.CPU = used() - cpu
	res := rec.Result(time.Now())
	if res.Totals.Failed > 0 {
		return m, fmt.Errorf("failed: %v", res.Totals.Errors)
	}
	m.Requests, m.Late = res.Totals.Answered, time.Duration(res.Schedule.P99*float64(time.Millisecond))
	return m, nil
}

// closedLoop keeps all connections busy: each sends when it has the last answer.
func closedLoop(s settings, connect func() (func() error, error)) (uint64, error) {
	var n atomic.Uint64
	var group sync.WaitGroup
	errs := make([]error, s.conns)
	end := time.Now().Add(s.each)
	for i := range s.conns {
		group.Go(func() {
			send, err := connect()
			for err == nil && time.Now().Before(end) {
				if err = send(); err == nil {
					n.Add(1)
				}
			}
			errs[i] = err
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return n.Load(), nil
}

func rawSender(address string) (func() error, error) {
	c, err := net.Dial("tcp", address)
	request := fmt.Appendf(nil, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, agent, len(body), body)
	buf := make([]byte, 4096)
	return func() error {
		if _, err := c.Write(request); err != nil {
			return err
		}
		n, err := c.Read(buf)
		if err == nil && !bytes.HasPrefix(buf[:n], []byte("HTTP/1.1 202")) {
			err = fmt.Errorf("answer %q", buf[:n])
		}
		return err
	}, err
}

func post(client *http.Client, address string) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/v1/events", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
