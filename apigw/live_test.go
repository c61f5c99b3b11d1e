package apigw

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// viewer reads a live view, as an EventSource does.
type viewer struct {
	t     *testing.T
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
