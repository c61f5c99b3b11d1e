package apigw

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// viewer reads a live view, as an EventSource does.
type viewer struct {
	t     testing.TB
	lines *bufio.Scanner
	leave context.CancelFunc
}

// watch opens a live view; last is the cursor to go on after, or "".
func (r *rig) watch(site, last string) *viewer {
	r.t.Helper()
	ctx, leave := context.WithCancel(r.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.web.URL+"/api/v1/live?site="+site, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := r.web.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { leave(); res.Body.Close() })
	h := res.Header
	if res.StatusCode != http.StatusOK || h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" {
		r.t.Fatalf("answer %s %v", res.Status, h)
	}
	v := &viewer{t: r.t, lines: bufio.NewScanner(res.Body), leave: leave}
	v.lines.Buffer(nil, 1<<20)
	return v
}

// message is an event of the stream.
type message struct {
	id, event string
	view      aggregate.LiveView
}

// lineGroup reads up to the next empty line; nil is the end of the stream.
func (v *viewer) lineGroup() (lines []string) {
	for v.lines.Scan() && v.lines.Text() != "" {
		lines = append(lines, v.lines.Text())
	}
	return lines
}

// next reads the next message; not ok is the end of the stream.
func (v *viewer) next() (m message, ok bool) {
	v.t.Helper()
	lines := v.lineGroup()
	if len(lines) > 0 && lines[0] == "retry: 1000" {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return m, false
	}
	prefixes := []string{"id: ", "event: ", "data: "}
	if len(lines) != 3 || slices.ContainsFunc([]int{0, 1, 2}, func(i int) bool { return !strings.HasPrefix(lines[i], prefixes[i]) }) {
		v.t.Fatalf("message %q", lines)
	}
	m.id, m.event = lines[0][4:], lines[1][7:]
	if err := json.Unmarshal([]byte(lines[2][6:]), &m.view); err != nil {
		v.t.Fatal(err)
	}
	return m, true
}

// until reads messages up to the first one that holds so many events in its windows.
func (v *viewer) until(events uint64) message {
	v.t.Helper()
	for {
		m, ok := v.next()
		if !ok {
			v.t.Fatalf("the stream ended: %v", v.lines.Err())
		}
		var sum uint64
		for _, w := range m.view.Windows {
			sum += w.Events
		}
		if sum == events {
			return m
		}
	}
}

const visit = `{"site":"shop","name":"pageview","url":"/tea","visitor":"v"}`

func TestLive(t *testing.T) {
	r := newRig(t, parts{})
	r.consume()
	r.ask(http.MethodPost, "/v1/events", visit)
	r.settle()
	one := r.watch("shop", "")
	first, _ := one.next()
	if first.event != "snapshot" || first.id == "" || first.view.Site != "shop" || first.view.CurrentVisitors != 1 || first.view.AsOf == 0 {
		t.Errorf("first message %+v", first)
	}
	if p := first.view.Pages; len(p) != 1 || p[0] != (aggregate.LivePage{Page: "/tea", Pageviews: 1}) {
		t.Errorf("pages %+v", p)
	}
	const buy = `{"site":"shop","name":"buy","visitor":"w","ts":%TS%}`
	at := r.clock.now().Add(-5 * time.Minute).UnixMilli()
	stamp, _ := json.Marshal(at)
	r.ask(http.MethodPost, "/v1/events", strings.ReplaceAll(buy, "%TS%", string(stamp)))
	if m := one.until(1); m.event != "delta" || m.id == first.id || m.view.Windows[0].T != at-at%10_000 {
		t.Errorf("after a commit %+v", m)
	}
	back := r.watch("shop", first.id)
	if m, _ := back.next(); m.event != "delta" || len(m.view.Windows) != 1 {
		t.Errorf("back after %s: %+v", first.id, m)
	}
	strange := r.watch("shop", "nothing-7")
	if m, _ := strange.next(); m.event != "snapshot" || len(m.view.Windows) != 2 {
		t.Errorf("with a cursor of nowhere: %+v", m)
	}
}

func TestLiveFormat(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", visit)
	v := r.watch("shop", "")
	lines := v.lineGroup()
	if len(lines) != 4 || lines[0] != "retry: 1000" {
		t.Errorf("first message %q", lines)
	}
	if lines = v.lineGroup(); len(lines) != 3 {
		t.Errorf("second message %q", lines)
	}
}

func TestLiveRefuses(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodGet, "/api/v1/live", "").wantError(t, http.StatusBadRequest, "required")
	for _, id := range []string{"nobody", "No", "%00"} {
		r.ask(http.MethodGet, "/api/v1/live?site="+id, "").wantError(t, http.StatusNotFound, "unknown_site")
	}
	r.wantFaults(0)
	r.ask(http.MethodPost, "/v1/events", visit)
	r.live.Close()
	r.ask(http.MethodGet, "/api/v1/live?site=shop", "").wantError(t, http.StatusServiceUnavailable, "closing")
}

// While the store does not answer there is no view, and that is said before a stream begins.
func TestLiveWithoutStore(t *testing.T) {
	broken := false
	r := newRig(t, parts{store: storetest.Faulty(storetest.NewMemory(), func(op storetest.Op) storetest.Fault {
		if broken {
			return storetest.Fail
		}
		return storetest.Pass
	})})
	r.ask(http.MethodPost, "/v1/events", visit)
	broken = true
	r.ask(http.MethodGet, "/api/v1/live?site=shop", "").wantError(t, http.StatusServiceUnavailable, "unavailable")
}

// A reader that goes away ends its request; TestMain finds what it would leave behind.
func TestLiveReaderGoesAway(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", visit)
	v := r.watch("shop", "")
	if _, ok := v.next(); !ok {
		t.Fatal("no message")
	}
	v.leave()
	<-r.gone
	r.wantFaults(0)
}

// A server that shuts down ends the streams, or it would wait for their readers.
func TestShutdownEndsLive(t *testing.T) {
	r := newRig(t, parts{})
	r.web.Config.RegisterOnShutdown(r.live.Close)
	r.ask(http.MethodPost, "/v1/events", visit)
	v := r.watch("shop", "")
	if _, ok := v.next(); !ok {
		t.Fatal("no message")
	}
	if err := r.web.Config.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for ok := true; ok; _, ok = v.next() { // to its end, which is a whole one
	}
	if err := v.lines.Err(); err != nil {
		t.Errorf("the stream was broken off: %v", err)
	}
}

// A reader that cannot be sent events asks: with the tag of what it has it is told whether there is anything else.
func TestLiveSnapshot(t *testing.T) {
	for _, path := range []string{"snapshot", "hour"} {
		r := newRig(t, parts{})
		r.consume()
		r.ask(http.MethodPost, "/v1/events", visit)
		r.settle()
		get := func(tag string) *http.Response {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.web.URL+"/api/v1/live/"+path+"?site=shop", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("If-None-Match", tag)
			res, err := r.web.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { res.Body.Close() })
			return res
		}
		res := get("")
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		tag := res.Header.Get("ETag")
		for _, want := range []string{`"site":"shop"`, `"pages":`, `"value":"/tea","count":1`, `"name":"pageview","page":"/tea"`} {
			if res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
				t.Errorf("%s: %s %s, want %s", path, res.Status, body, want)
			}
		}
		for _, have := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			if res := get(have); res.StatusCode != http.StatusNotModified || res.Header.Get("ETag") != tag {
				t.Errorf("%s, who has %s: %s", path, have, res.Status)
			}
		}
		if res := get(`"other"`); res.StatusCode != http.StatusOK {
			t.Errorf("%s, who has another: %s", path, res.Status)
		}
		r.ask(http.MethodGet, "/api/v1/live/"+path, "").wantError(t, http.StatusBadRequest, "required")
		r.ask(http.MethodGet, "/api/v1/live/"+path+"?site=nobody", "").wantError(t, http.StatusNotFound, "unknown_site")
	}
}

// stuck is a connection of a reader that reads nothing.
type stuck struct {
	header   http.Header
	deadline chan time.Time
	writes   atomic.Int32
}

func (s *stuck) Header() http.Header { return s.header }
func (s *stuck) WriteHeader(int)     {}
func (s *stuck) Flush()              {}

// Write takes the first message, and then waits for its deadline.
func (s *stuck) Write(b []byte) (int, error) {
	if s.writes.Add(1) == 1 {
		return len(b), nil
	}
	time.Sleep(time.Until(<-s.deadline))
	return 0, os.ErrDeadlineExceeded
}

func (s *stuck) SetWriteDeadline(t time.Time) error {
	select {
	case <-s.deadline:
	default:
	}
	s.deadline <- t
	return nil
}

// A reader that does not read is let go, and nobody waits for it: those who read get every frame meanwhile.
func TestLiveSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storetest.NewMemory()
		sites := aggregate.NewSites(s, time.Now)
		if _, err := sites.Add(t.Context(), aggregate.Site{ID: "shop"}); err != nil {
			t.Fatal(err)
		}
		reader := aggregate.NewReader(s, sites)
		live := aggregate.NewLive(reader, aggregate.LiveOptions{Now: time.Now})
		defer live.Close()
		server := New(Options{Store: s, Sites: sites, Reader: reader, Live: live, Now: time.Now})
		frames, err := live.Subscribe(t.Context(), "shop", "")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		let := make(chan time.Duration, 1)
		go func() {
			w := &stuck{header: make(http.Header), deadline: make(chan time.Time, 1)}
			server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/live?site=shop", nil))
			let <- time.Since(began)
		}()
		for range 60 {
			<-frames
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("one who reads waited %v for 60 frames", took)
		}
		if took := <-let; took > 3*sseWriteTimeout {
			t.Errorf("one who does not read was let go after %v", took)
		}
	})
}
