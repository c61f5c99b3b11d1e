package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// clients are all implementations of the target.
var clients = map[string]func(context.Context, HTTPOptions, Done) (Target, error){
	"own": NewHTTP,
	"net/http": func(_ context.Context, o HTTPOptions, done Done) (Target, error) {
		return newStdHTTP(o.withDefaults(), done), nil
	},
}

// collector is a front door that keeps what it gets.
type collector struct {
	mu     sync.Mutex // guards what follows
	events map[string]int
	agents map[string]int
	remote map[string]int // requests by connection
	odd    []string
	answer func(n int64, w http.ResponseWriter, events int) bool // true: answered
	n      atomic.Int64
}

func newCollector() *collector {
	return &collector{events: map[string]int{}, agents: map[string]int{}, remote: map[string]int{}}
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	lines := bytes.Split(body, []byte("\n"))
	c.mu.Lock()
	if want := map[bool]string{true: oneEvent, false: severalEvents}[len(lines) == 1]; err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/v1/events" || r.Header.Get("Content-Type") != want {
		c.odd = append(c.odd, fmt.Sprint(err, r.Method, r.URL, r.Header))
	}
	for _, l := range lines {
		c.events[string(l)]++
	}
	c.agents[r.UserAgent()]++
	c.remote[r.RemoteAddr]++
	c.mu.Unlock()
	if c.answer == nil || !c.answer(c.n.Add(1), w, len(lines)) {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"accepted":%d,"results":[]}`+"\n", len(lines))
	}
}

// drive runs a plan against an address, in real time: it is over when everything has its answer.
func drive(t *testing.T, newClient func(context.Context, HTTPOptions, Done) (Target, error), p Plan, o HTTPOptions) *Recorder {
	t.Helper()
	p.Start = time.Now()
	s, err := complete(t, p).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	rec := NewRecorder(p.Start, time.Second)
	run, err := NewRunner(s, rec, Limits{}, func(done Done) (Target, error) { return newClient(t.Context(), o, done) })
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rec.InFlight() != 0 {
		t.Errorf("%d requests have no answer", rec.InFlight())
	}
	return rec
}

var shortPlan = Plan{Seed: 1, Rate: 2000, For: 400 * time.Millisecond, People: 50, Agents: true, Mix: Mix{Bots: 0.1, Duplicates: 0.05}}

// Every copy arrives as it was planned, under the user agent that is its own, and over connections that are kept.
func TestHTTPDelivers(t *testing.T) {
	for name, client := range clients {
		for _, batch := range []int{1, 60} {
			t.Run(fmt.Sprint(name, " batch ", batch), func(t *testing.T) {
				c := newCollector()
				server := httptest.NewServer(c)
				defer server.Close()
				p := shortPlan
				p.Batch = batch
				rec := drive(t, client, p, HTTPOptions{URL: server.URL + "/v1/events", Connections: 8, Header: map[string]string{"X-Streamgauge-Trust": "agent"}})
				r := rec.Result(time.Now())
				c.mu.Lock()
				defer c.mu.Unlock()
				if r.Totals.Failed > 0 || r.Totals.Accepted != r.Totals.Due || r.Totals.Answered != r.Totals.Requests || len(c.odd) > 0 {
					t.Errorf("%+v, %q", r.Totals, c.odd)
				}
				n := 0
				for line, times := range c.events {
					var e event.Event
					if problems, err := e.Decode([]byte(line)); err != nil || len(problems) > 0 {
						t.Fatalf("%q: %v %v", line, problems, err)
					}
					n += times
				}
				if uint64(n) != r.Totals.Due || len(c.remote) > 8 || batch == 1 && len(c.agents) < 15 {
					t.Errorf("%d of %d events over %d connections from %d agents", n, r.Totals.Due, len(c.remote), len(c.agents))
				}
			})
		}
	}
}

// With a connection a visitor, all that a visit sends comes over one, and no two visits share one.
func TestConnectionAVisitor(t *testing.T) {
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex                        // guards sessions
			sessions := map[string]map[string]bool{} // of each connection
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var e event.Event
				_, _ = e.Decode(body)
				mu.Lock()
				if sessions[r.RemoteAddr] == nil {
					sessions[r.RemoteAddr] = map[string]bool{}
				}
				sessions[r.RemoteAddr][strings.Clone(e.Session)] = true
				mu.Unlock()
				_, _ = io.WriteString(w, `{"accepted":1,"results":[]}`)
			}))
			defer server.Close()
			p := shortPlan
			p.Mix, p.Rate = Mix{}, 1000
			rec := drive(t, client, p, HTTPOptions{URL: server.URL + "/v1/events", PerVisit: true})
			if r := rec.Totals(); r.Failed > 0 {
				t.Errorf("%+v", r)
			}
			mu.Lock()
			defer mu.Unlock()
			visits := map[string]bool{}
			for remote, s := range sessions {
				if len(s) != 1 {
					t.Errorf("%d visits over connection %s", len(s), remote)
				}
				for session := range s {
					visits[session] = true
				}
			}
			// net/http may dial once more while a connection is on its way back.
			if spare := map[bool]int{true: 0, false: len(visits) / 20}[name == "own"]; len(sessions) > len(visits)+spare || len(visits) < 20 {
				t.Errorf("%d connections for %d visits", len(sessions), len(visits))
			}
		})
	}
}

// What a server can answer, or do instead, is told as what it was.
func TestHTTPFaults(t *testing.T) {
	breaks := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	for _, c := range []struct {
		name   string
		answer func(n int64, w http.ResponseWriter, events int) bool
		fault  string
		least  uint64 // events
	}{
		{"429", status(http.StatusTooManyRequests, ""), "http 429", 20},
		{"503", status(http.StatusServiceUnavailable, ""), "http 503", 20},
		{"500", status(http.StatusInternalServerError, ""), "http 500", 20},
		{"400", status(http.StatusBadRequest, ""), FaultRefused, 20},
		{"401", status(http.StatusUnauthorized, ""), "http 401", 20}, // said that the events were refused
		{"403", status(http.StatusForbidden, ""), "http 403", 20},
		{"invalid", status(http.StatusAccepted, `{"accepted":0,"results":[{"index":0,"status":"invalid"}]}`), FaultRefused, 20},
		{"retry", status(http.StatusAccepted, `{"accepted":0,"results":[{"index":0,"status":"retry"}]}`), FaultAgain, 20},
		{"odd", status(http.StatusAccepted, `{"accepted":7}`), faultOdd, 20},
		{"breaks", func(_ int64, w http.ResponseWriter, _ int) bool { breaks(w); return true }, faultBroken, 20},
		{"hangs", func(n int64, w http.ResponseWriter, _ int) bool {
			if n%10 == 0 {
				<-hanging(w)
			}
			return n%10 == 0
		}, faultTimeout, 5},
	} {
		for name, client := range clients {
			t.Run(c.name+" "+name, func(t *testing.T) {
				door := newCollector()
				door.answer = c.answer
				server := httptest.NewServer(door)
				defer server.Close()
				p := shortPlan
				p.Rate, p.Mix = 500, Mix{}
				o := HTTPOptions{URL: server.URL + "/v1/events"}
				if c.fault == faultTimeout {
					o.Timeout = 300 * time.Millisecond
				}
				r := drive(t, client, p, o).Totals()
				if r.Errors[c.fault] < c.least || r.Failed != r.Errors[c.fault] || r.Accepted+r.Failed != r.Due {
					t.Errorf("%+v, want %s", r, c.fault)
				}
			})
		}
	}
}

// hanging ends when the client has given up.
func hanging(w http.ResponseWriter) <-chan struct{} {
	done := make(chan struct{})
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, buf)
		conn.Close()
	}()
	return done
}

func status(code int, body string) func(int64, http.ResponseWriter, int) bool {
	return func(_ int64, w http.ResponseWriter, _ int) bool {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// A value with the end of a line in it wrote headers, and requests, of its own.
func TestHeaderOfOneLine(t *testing.T) {
	for _, value := range []string{"a\r\nX-Other: b", "a\n", "a\x00"} {
		target, err := NewHTTP(t.Context(), HTTPOptions{URL: "http://127.0.0.1:1/v1/events", Header: map[string]string{"Authorization": value}}, nil)
		if err == nil {
			target.Close()
			t.Errorf("%q is sent", value)
		} else if strings.Contains(err.Error(), value) {
			t.Errorf("the error shows it: %v", err)
		}
	}
}

// Nobody listens: every request fails, at once, and nothing is unknown.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			r := drive(t, client, shortPlan, HTTPOptions{URL: "http://" + address + "/v1/events"}).Totals()
			if r.Errors[faultConnect] != r.Due || r.Unknown > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Answers in chunks, longer than a read, or that end with the connection are understood; connections that the server closes are replaced.
func TestHTTPAnswers(t *testing.T) {
	long := strings.Repeat(" ", 200_000)
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			door := newCollector()
			door.answer = func(n int64, w http.ResponseWriter, events int) bool {
				switch n % 4 {
				case 0:
					w.Header().Set("Connection", "close")
				case 1:
					w.WriteHeader(http.StatusAccepted)
					_, _ = fmt.Fprintf(w, `{"accepted":%d,"results":[]}`, events)
					w.(http.Flusher).Flush()
					_, _ = io.WriteString(w, long)
					return true
				case 2:
					conn, buf, err := w.(http.Hijacker).Hijack()
					if err != nil {
						return false
					}
					_, _ = fmt.Fprintf(buf, "HTTP/1.1 202 Accepted\r\n\r\n{\"accepted\":%d,\"results\":[]}", events)
					_ = buf.Flush()
					conn.Close()
					return true
				}
				return false
			}
			server := httptest.NewServer(door)
			defer server.Close()
			p := shortPlan
			p.Rate = 300
			if r := drive(t, client, p, HTTPOptions{URL: server.URL + "/v1/events", Connections: 4}).Totals(); r.Failed > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestHTTPOptionsAreChecked(t *testing.T) {
	for _, o := range []HTTPOptions{{URL: "ftp://x/"}, {URL: "x"}, {URL: "http://x/", Connections: -1}, {URL: "http://x/", Timeout: -1}} {
		if _, err := NewHTTP(t.Context(), o, nil); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// FuzzParseResponse compares the parser with net/http's wherever both understand an answer.
func FuzzParseResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\nrest", "HTTP/1.0 204 \r\n\r\n", "HTTP/1.1 429 x\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "no",
		"HTTP/1.0 200\n\r\n\r\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, ended bool) {
		var like lastHead
		for _, part := range [][]byte{b, b, b[:len(b)/2], b[:max(0, len(b)-1)], b} { // whatever is remembered, it is the same
			want, wantOK, wantErr := parseResponse(part, false)
			r, ok, err := like.parse(part)
			if ok != wantOK || !errors.Is(err, wantErr) || ok && !(r.status == want.status && r.keep == want.keep && r.size == want.size && bytes.Equal(r.body, want.body)) {
				t.Fatalf("%q: %+v, %v, %v, without a memory %+v, %v, %v", part, r, ok, err, want, wantOK, wantErr)
			}
		}
		r, ok, err := parseResponse(b, ended)
		if err != nil || !ok {
			return
		}
		if r.size > len(b) || r.status < 200 {
			t.Fatalf("%q: %+v", b, r)
		}
		in := bufio.NewReader(bytes.NewReader(b))
		twin, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost, URL: &url.URL{}})
		for err == nil && twin.StatusCode < 200 {
			twin, err = http.ReadResponse(in, &http.Request{Method: http.MethodPost, URL: &url.URL{}})
		}
		if err != nil {
			return // net/http is stricter
		}
		body, err := io.ReadAll(twin.Body)
		twin.Body.Close()
		if err == nil && (twin.StatusCode != r.status || !bytes.Equal(body, r.body)) {
			t.Fatalf("%q: %d %q, net/http has %d %q", b, r.status, r.body, twin.StatusCode, body)
		}
	})
}
