package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// viewer looks at the live view of a site as the page does: it comes again when it was cut off, with the id of the last frame that it
// has seen.
type viewer struct {
	url  string
	stop context.CancelFunc
	done chan struct{}

	mu        sync.Mutex // guards what follows
	windows   map[int64]int64
	cut       context.CancelFunc // ends the connection of this moment
	last      string
	snapshots int
	deltas    int
	most      int64 // of events that were ever shown
	faults    []string
}

// watch starts a viewer, which looks until the end of the test.
func watch(t *testing.T, s *server, site string) *viewer {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	v := &viewer{url: s.HTTP + "/api/v1/live?site=" + site, stop: stop, done: make(chan struct{}), windows: map[int64]int64{}}
	go func() {
		defer close(v.done)
		for ctx.Err() == nil {
			v.connect(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond): // the server may be away
			}
		}
	}()
	t.Cleanup(func() { stop(); <-v.done })
	return v
}

// connect reads frames until the connection ends.
func (v *viewer) connect(ctx context.Context) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	v.mu.Lock()
	v.cut = cut
	last := v.last
	v.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url, nil)
	if err != nil {
		v.fault("%v", err)
		return
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // it is away
	}
	defer resp.Body.Close()
	fields := map[string]string{}
	for in := bufio.NewReader(resp.Body); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return // what was read of a frame without its end does not count
		}
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			v.frame(fields)
			fields = map[string]string{}
		} else if name, value, ok := strings.Cut(line, ": "); ok {
			fields[name] = value
		}
	}
}

func (v *viewer) frame(fields map[string]string) {
	var view struct {
		Windows []struct{ T, Events int64 }
	}
	if err := json.Unmarshal([]byte(fields["data"]), &view); err != nil {
		v.fault("frame %q: %v", fields, err)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if fields["event"] == "snapshot" {
		v.snapshots++
		clear(v.windows)
	} else {
		v.deltas++
	}
	v.last = fields["id"]
	for _, w := range view.Windows {
		v.windows[w.T] = w.Events
	}
	v.most = max(v.most, v.sum())
}

// sum is the number of events in all windows. The caller holds mu.
func (v *viewer) sum() (n int64) {
	for _, events := range v.windows {
		n += events
	}
	return n
}

func (v *viewer) fault(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// sees waits until the viewer sees n events in all windows. More than that it must never have seen.
func (v *viewer) sees(t *testing.T, n int64) {
	t.Helper()
	var sum int64
	await(t, "the live view shows all events", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		sum = v.sum()
		return sum >= n
	})
	v.mu.Lock()
	defer v.mu.Unlock()
	if sum != n || v.most > n || len(v.faults) > 0 {
		t.Errorf("the live view shows %d events, at most %d, want %d; faults: %q", sum, v.most, n, v.faults)
	}
}

// TestLive: a reader of the live view sees every event once, over lost connections and a killed server.
func TestLive(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	s := h.start(t)
	s.mustRun(t, "site", "add", "shop")
	var c tracked
	v, other := watch(t, s, "shop"), watch(t, s, "shop") // while one of them looks, the server remembers what changed
	send := func() {
		t.Helper()
		for range 5 {
			c.post(t, s, 20)
		}
	}
	send()
	v.sees(t, c.acked)

	v.mu.Lock()
	snapshots := v.snapshots
	v.cut()
	v.mu.Unlock()
	send()
	v.sees(t, c.acked)
	if v.mu.Lock(); v.snapshots != snapshots {
		t.Errorf("%d snapshots, want %d: a reader that comes again is told what changed", v.snapshots, snapshots)
	}
	v.mu.Unlock()
	other.sees(t, c.acked)

	for range 3 {
		send()
		s.kill() // some of it is on the stream only
		s = h.start(t)
		v.sees(t, c.acked)
	}
	send()
	v.sees(t, c.acked)
	if got := s.query(t, "shop", lastHours(1), ""); got[0].Metrics[2] != c.acked || c.acked != c.sent {
		t.Errorf("%v events, %d acknowledged, %d sent", got, c.acked, c.sent)
	}
	other.sees(t, c.acked)
	s.stop(t)
}
