package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReplayAcknowledgesEveryGoodLine: whatever the network and the server do, each event is acknowledged at the end, and
// every copy of it had the same id and bytes.
func TestReplayAcknowledgesEveryGoodLine(t *testing.T) {
	log := readFile(t, generatedLog)
	want := wanted(t, log)
	for seed := range uint64(30) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReplay(newDoor(seed, everyFault), generatedLog)
				if err := r.run(t.Context()); err != nil {
					t.Fatal(err)
				}
				checkDoor(t, r.door, want)
				r.reports(t, "sent", len(want))
				r.reports(t, "accepted", len(want))
				r.reports(t, "malformed", strings.Count(log, "\n")-len(want))
				r.reports(t, "invalid", 0)
			})
		})
	}
}

func TestReplayAgainSendsTheSameIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(1, faults{})
		want := wanted(t, readFile(t, generatedLog))
		for i := range 2 {
			if err := newReplay(d, generatedLog).run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d.copies != (i+1)*len(want) {
				t.Errorf("replay %d: %d copies", i+1, d.copies)
			}
		}
		checkDoor(t, d, want)
	})
}

func TestReplayNumbersLinesThroughAllFiles(t *testing.T) {
	a := logOf(t, 3)
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), a, a)
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkDoor(t, r.door, wanted(t, readFile(t, a), readFile(t, a)))
		if len(r.door.applied) != 6 {
			t.Errorf("%d events, want 6", len(r.door.applied))
		}
	})
}

// TestReplayPassesEventsOn byte for byte, though the lines of a file share one buffer.
func TestReplayPassesEventsOn(t *testing.T) {
	var text strings.Builder
	want := map[string]string{}
	for i := range 3000 {
		id := fmt.Sprint("id-", i)
		want[id] = fmt.Sprintf(`{"id":%q,  "site":"demo","name":"x","ts":%d,"ua":"agent"}`, id, 1+i)
		fmt.Fprintln(&text, want[id])
	}
	path := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, everyFault), path)
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkDoor(t, r.door, want)
	})
}

func TestReplayGivesUp(t *testing.T) {
	path := logOf(t, 1200)
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{unready: 1}), path)
		begin := time.Now()
		err := r.run(t.Context())
		for _, text := range []string{"gave up after 10m0s", "nothing could be written", "read and not acknowledged", "--start 2026-01-31T18:00:00.000Z"} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v has no %q", err, text)
			}
		}
		if d := time.Since(begin); d < 10*time.Minute || d > 11*time.Minute {
			t.Errorf("gave up after %s", d)
		}
	})
}

// TestReplayStopsAtOnce where no repetition will help.
func TestReplayStopsAtOnce(t *testing.T) {
	path := logOf(t, 1200)
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), path)
		r.door.Handler = http.NotFoundHandler()
		begin := time.Now()
		if err := r.run(t.Context()); err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "is it a streamgauge?") {
			t.Error(err)
		}
		if time.Since(begin) > time.Second {
			t.Errorf("after %s", time.Since(begin))
		}
	})
}

func TestReplayWaitsAsLongAsItIsAsked(t *testing.T) {
	path := logOf(t, 1)
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(1, faults{busy: 1})
		r := newReplay(d, path)
		time.AfterFunc(20*time.Second, func() { d.mu.Lock(); d.faults = faults{}; d.mu.Unlock() })
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(d.requests); i++ {
			if gap := d.requests[i].Sub(d.requests[i-1]); gap < 3*time.Second {
				t.Errorf("request %d after %s, Retry-After was 3 s", i, gap)
			}
		}
		checkDoor(t, d, wanted(t, readFile(t, path)))
	})
}

func TestReplayRate(t *testing.T) {
	path := logOf(t, 1000)
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), path)
		r.cmd.Rate = 50
		begin := time.Now()
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The bucket is full at the start, with a tenth of a second's events.
		if d := time.Since(begin); d < 19900*time.Millisecond || d > 20100*time.Millisecond {
			t.Errorf("1000 events at 50/s took %s", d)
		}
		checkDoor(t, r.door, wanted(t, readFile(t, path)))
	})
}

// TestReplaySendsWhatTrickles: a line of a log that is being written does not wait for 499 others.
func TestReplaySendsWhatTrickles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), "-")
		in, out := io.Pipe()
		r.stdin = in
		ended := make(chan error)
		go func() { ended <- r.run(t.Context()) }()
		for i := range 3 {
			fmt.Fprintln(out, logLine(i))
			time.Sleep(linger + time.Millisecond) // virtual
			synctest.Wait()
			if n := len(r.door.acked); n != i+1 {
				t.Errorf("%d lines written, %d events acknowledged", i+1, n)
			}
		}
		if err := errors.Join(out.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
}

// TestReplayInterrupted: what was read is sent, and what is left is named.
func TestReplayInterrupted(t *testing.T) {
	path := logOf(t, 1000)
	tests := []struct {
		name   string
		faults faults
		rate   perSecond
		want   string // of the error
		within time.Duration
	}{
		{"server well", faults{}, 50, "from " + path + ":", time.Second},
		{"server down", faults{unready: 1}, 0, "read and not acknowledged", drainGrace + time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReplay(newDoor(1, test.faults), path)
				r.cmd.Rate = test.rate
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				begin := time.Now()
				err := r.run(ctx)
				if !errors.Is(err, errInterrupted) || !strings.Contains(err.Error(), test.want) {
					t.Error(err)
				}
				if d := time.Since(begin) - 2*time.Second; d > test.within {
					t.Errorf("took %s to stop", d)
				}
				if len(r.door.acked) != len(r.door.applied) || test.rate > 0 && len(r.door.acked) < 100 {
					t.Errorf("%d acknowledged of %d applied", len(r.door.acked), len(r.door.applied))
				}
			})
		})
	}
}

// TestReplayInterruptedWhileItWaitsForInput, which cannot be broken off.
func TestReplayInterruptedWhileItWaitsForInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), "-")
		in, out := io.Pipe()
		r.stdin = in
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.run(ctx); !errors.Is(err, errInterrupted) || !strings.Contains(err.Error(), "from stdin:1 on nothing was read") {
			t.Error(err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestUnreadableEventTakesNoOtherWithIt: the server refuses a request as a whole for the depth of one event.
func TestUnreadableEventTakesNoOtherWithIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mixed.log")
	deep := `{"site":"demo","name":"x","props":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}"
	text := logLine(0) + "\n" + deep + "\n" + logLine(2) + "\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := newReplay(newDoor(1, faults{}), path)
		d := r.door
		strict := d.Handler
		d.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			if bytes.Contains(body, []byte("[[[[")) {
				refuse(w, http.StatusBadRequest, "too_deep", "deeper than 32")
				return
			}
			req.Body = io.NopCloser(bytes.NewReader(body))
			strict.ServeHTTP(w, req)
		})
		err := r.run(t.Context())
		if err == nil || err.Error() != "the server refused 1 event as invalid" || !strings.Contains(r.stdout.String(), path+":2") {
			t.Errorf("%v\n%s", err, &r.stdout)
		}
		if len(d.acked) != 2 {
			t.Errorf("%d events acknowledged, want 2", len(d.acked))
		}
	})
}
