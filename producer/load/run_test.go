package load

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// every yields n events, one each d from now on, named by their number.
func every(d time.Duration, n int) iter.Seq2[time.Time, *event.Event] {
	now := time.Now()
	return func(yield func(time.Time, *event.Event) bool) {
		for i := range n {
			at := now.Add(time.Duration(i) * d)
			if !yield(at, &event.Event{TS: at.UnixMilli()}) {
				return
			}
		}
	}
}

func TestRunIsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, err := Run(t.Context(), every(10*time.Millisecond, 100), Pacing{}, func(_ context.Context, es []*event.Event) error {
			if len(es) != 1 || es[0].TS != time.Now().UnixMilli() {
				t.Errorf("%d events, the first due at %d, at %d", len(es), es[0].TS, time.Now().UnixMilli())
			}
			return nil
		})
		if want := (Report{Due: 100, Sent: 100}); err != nil || report != want {
			t.Errorf("Run = %+v, %v", report, err)
		}
	})
}

// A sink that stalls does not slow the arrivals: every event is handed over when it is due.
func TestRunIsAnOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		report, _ := Run(t.Context(), every(time.Second, 10), Pacing{}, func(_ context.Context, es []*event.Event) error {
			if late := time.Since(time.UnixMilli(es[0].TS)); late > time.Millisecond {
				t.Errorf("handed over %v late", late)
			}
			time.Sleep(time.Minute) // virtual
			return nil
		})
		if d := time.Since(began); report.Sent != 10 || d != 9*time.Second+time.Minute {
			t.Errorf("%+v after %v", report, d)
		}
	})
}

func TestRunSaysWhatItSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, _ := Run(t.Context(), every(time.Second, 10), Pacing{InFlight: 2}, func(context.Context, []*event.Event) error {
			time.Sleep(4500 * time.Millisecond) // virtual
			return nil
		})
		if want := (Report{Due: 10, Sent: 4, Skipped: 6}); report != want {
			t.Errorf("report = %+v, want %+v", report, want)
		}
	})
}

// What was due before the run began goes out in full batches, in order.
func TestRunBatchesWhatIsOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := every(time.Second, 25)
		time.Sleep(20500 * time.Millisecond) // virtual
		var mu sync.Mutex
		sizes := map[int]int{}
		report, _ := Run(t.Context(), events, Pacing{MaxBatch: 10}, func(_ context.Context, es []*event.Event) error {
			mu.Lock()
			defer mu.Unlock()
			sizes[len(es)]++
			return nil
		})
		if sizes[10] != 2 || sizes[1] != 5 || report.Behind != 20500*time.Millisecond {
			t.Errorf("calls by size: %v, %+v", sizes, report)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		report, _ := Run(ctx, every(time.Second, 1000), Pacing{}, func(ctx context.Context, es []*event.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if report.Due != 3 || report.Failed != 3 || !errors.Is(report.Err, context.DeadlineExceeded) {
			t.Errorf("report = %+v", report)
		}
	})
}

func TestPacingIsChecked(t *testing.T) {
	sink := func(context.Context, []*event.Event) error { return nil }
	for _, p := range []Pacing{{MaxBatch: 501}, {MaxBatch: -1}, {InFlight: -1}} {
		if _, err := Run(t.Context(), every(0, 0), p, sink); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
	if _, err := Run(t.Context(), every(0, 0), Pacing{}, nil); err == nil {
		t.Error("no sink was taken")
	}
}

func TestHTTP(t *testing.T) {
	var agents, bodies []string
	answer, status := `{"accepted":2}`, http.StatusAccepted
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		agents, bodies = append(agents, r.UserAgent()), append(bodies, string(body))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	send := HTTP(server.Client(), server.URL)
	x, y := &event.Event{Site: "a", Name: "x", UserAgent: "one"}, &event.Event{Site: "a", Name: "y", UserAgent: "two"}
	es := []*event.Event{x, y, x, y}
	if err := send(t.Context(), es); err != nil {
		t.Fatal(err)
	}
	if len(agents) != 2 || agents[0] == agents[1] {
		t.Errorf("user agents %q, want a request for each", agents)
	}
	for i, body := range bodies {
		name := map[string]string{"one": "x", "two": "y"}[agents[i]]
		if strings.Count(body, "\n") != 2 || strings.Count(body, `"name":"`+name+`"`) != 2 || strings.Contains(body, `"ua"`) {
			t.Errorf("body of %s: %s", agents[i], body)
		}
	}
	for _, c := range []struct {
		status int
		answer string
	}{{202, `{"accepted":1}`}, {202, `nonsense`}, {503, `{"accepted":2}`}} {
		status, answer = c.status, c.answer
		if err := send(t.Context(), es); err == nil {
			t.Errorf("%d %s for two events is no error", c.status, c.answer)
		}
	}
}
