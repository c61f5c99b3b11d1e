package producer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func async(t *testing.T, p *Producer, its ...Item) {
	t.Helper()
	for _, it := range its {
		if err := p.PutAsync(t.Context(), it, func(Result) {}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinger(t *testing.T) {
	o := Options{Linger: 10 * time.Millisecond, MaxRecords: 3}
	bubble(t, o, nil, func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		async(t, p, item("a", 0))
		time.Sleep(9 * time.Millisecond) // virtual
		async(t, p, item("b", 0))
		if err := p.Put(t.Context(), item("a", 1)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != o.Linger {
			t.Errorf("sent after %v, want the linger of the first item", d)
		}
		began = time.Now()
		if _, err := p.PutAll(t.Context(), []Item{item("a", 0), item("b", 0), item("c", 0)}); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("a full request was sent after %v, want at once", d)
		}
		if got := fmt.Sprint(m.sizes()); got != "[[2 1] [1 1 1]]" {
			t.Errorf("items by record = %s", got)
		}
	})
}

// While one request is under way, what is less than another waits for its end; what is enough does not, nor does what is flushed.
func TestSmallRequestsGoTogether(t *testing.T) {
	slow := func(int) fault { return fault{took: time.Second} }
	bubble(t, Options{SmallInFlight: 1, MaxRecords: 3}, slow, func(t *testing.T, p *Producer, m *model) {
		for _, key := range []string{"a", "b", "c"} {
			async(t, p, item(key, 0))
			time.Sleep(100 * time.Millisecond) // virtual
		}
		if s := p.Stats(); s.Requests != 1 {
			t.Errorf("%d requests are under way, want 1", s.Requests)
		}
		async(t, p, item("d", 0))
		if synctest.Wait(); p.Stats().Requests != 2 {
			t.Errorf("%d requests with enough for a full one, want 2", p.Stats().Requests)
		}
		async(t, p, item("e", 0))
		began := time.Now()
		if err := p.Flush(t.Context()); err != nil || time.Since(began) != time.Second {
			t.Errorf("Flush: %v after %v", err, time.Since(began))
		}
		if got := fmt.Sprint(m.sizes()); got != "[[1] [1 1 1] [1]]" {
			t.Errorf("items by record = %s", got)
		}
	})
}

func TestFlushAndCloseDoNotLinger(t *testing.T) {
	bubble(t, Options{Linger: time.Hour}, nil, func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		async(t, p, item("a", 0))
		if err := p.Flush(t.Context()); err != nil || p.Stats().Events != 1 {
			t.Errorf("Flush: %v, %+v", err, p.Stats())
		}
		async(t, p, item("b", 0))
		if synctest.Wait(); p.Stats().Pending != 1 {
			t.Errorf("after Flush, items do not linger: %+v", p.Stats())
		}
		if err := p.Close(t.Context()); err != nil || p.Stats().Events != 2 {
			t.Errorf("Close: %v, %+v", err, p.Stats())
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}

// Under traffic that never ends, Flush waits for what came before it and not for what came after.
func TestFlushWaitsForWhatCameBefore(t *testing.T) {
	took := []time.Duration{2 * time.Second, time.Minute, time.Second}
	slow := func(n int) fault { return fault{took: took[n]} }
	bubble(t, Options{CallTimeout: time.Hour}, slow, func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		async(t, p, item("a", 0))
		go func() {
			time.Sleep(time.Second)
			_ = p.PutAsync(context.Background(), item("b", 0), func(Result) {})
		}()
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 2*time.Second {
			t.Errorf("Flush took %v, want the 2 s of the first request", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush with a deadline: %v", err)
		}
		async(t, p, item("c", 0)) // faster than b; this Flush waits for both
		if err := p.Flush(t.Context()); err != nil || p.Stats().Events != 3 {
			t.Errorf("Flush: %v, %+v", err, p.Stats())
		}
	})
}

func TestBackoff(t *testing.T) {
	o := Options{BackoffBase: 100 * time.Millisecond, BackoffCap: 500 * time.Millisecond, MaxAttempts: 6, Rand: func() float64 { return 0.5 }}
	bubble(t, o, always(fault{refuse: throttle}), func(t *testing.T, p *Producer, m *model) {
		if err := p.Put(t.Context(), item("a", 0)); CodeOf(err) != Throttled {
			t.Errorf("error = %v", err)
		}
		ms := time.Millisecond
		if want := []time.Duration{50 * ms, 100 * ms, 200 * ms, 250 * ms, 250 * ms}; !slices.Equal(m.gaps(), want) {
			t.Errorf("waits = %v, want half of 100, 200, 400, 500, 500 ms", m.gaps())
		}
	})
}

func TestJitterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{BackoffBase: 8 * time.Second, BackoffCap: time.Hour}
		p := start(t, newModel(o), o)
		defer p.Close(t.Context())
		const n = 4000
		var sum time.Duration
		for range n {
			d := p.delay(2)
			if d < 0 || d >= 16*time.Second {
				t.Fatalf("delay %v is not in [0, 16 s)", d)
			}
			sum += d
		}
		// The mean of n uniform draws has a standard deviation of 16 s / √(12 n); five of them fail by chance once in a million runs.
		if mean := sum / n; (mean - 8*time.Second).Abs() > 370*time.Millisecond {
			t.Errorf("mean delay %v, want about 8 s", mean)
		}
		if d := p.delay(1000); d >= time.Hour {
			t.Errorf("delay %v after a thousand attempts", d)
		}
	})
}

// asked is the answer of something before Kinesis that wants to be left alone for a while.
func asked(status int, retryAfter string) error {
	h := http.Header{}
	h.Set("Retry-After", retryAfter)
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: h}},
		Err:      &smithy.GenericAPIError{Code: "UnknownError", Fault: smithy.FaultUnknown},
	}}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        time.Duration
	}{
		{"seconds", "3", 3 * time.Second},
		{"a date", "Sat, 01 Jan 2000 00:00:07 GMT", 7 * time.Second}, // virtual time begins with the year 2000
		{"a date that is past", "Fri, 31 Dec 1999 00:00:07 GMT", 0},
		{"rubbish", "soon", 0},
		{"nothing", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Rand: func() float64 { return 0.5 }, BackoffBase: 100 * time.Millisecond}
			bubble(t, o, first(1, fault{err: asked(503, c.value)}), func(t *testing.T, p *Producer, m *model) {
				began := time.Now()
				async(t, p, item("a", 0))
				synctest.Wait()
				if err := p.Put(t.Context(), item("b", 0)); err != nil || time.Since(began) != c.want {
					t.Errorf("a fresh item: %v after %v, want it to wait as asked, %v", err, time.Since(began), c.want)
				}
				if err := p.Flush(t.Context()); err != nil || time.Since(began) != c.want+50*time.Millisecond {
					t.Errorf("the refused one: %v after %v, want the jitter after what was asked, %v", err, time.Since(began), c.want)
				}
			})
		})
	}
}

// Who asks for more time than there is gets no second attempt; what comes later waits at most as long as a record is tried.
func TestRetryAfterIsTooLong(t *testing.T) {
	bubble(t, Options{RetryFor: 5 * time.Second}, first(1, fault{err: asked(429, "86400")}), func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		if err := p.Put(t.Context(), item("a", 0)); CodeOf(err) != Throttled || time.Since(began) != 0 {
			t.Errorf("%v after %v, want it to give up at once", err, time.Since(began))
		}
		if err := p.Put(t.Context(), item("a", 1)); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestRetryForBoundsARecord(t *testing.T) {
	o := Options{BackoffBase: time.Second, BackoffCap: time.Second, RetryFor: 3500 * time.Millisecond, Rand: func() float64 { return 1 }}
	bubble(t, o, always(fault{refuse: throttle}), func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		err := p.Put(t.Context(), item("a", 0))
		if d := time.Since(began); d != 3*time.Second || CodeOf(err) != Throttled {
			t.Errorf("%v after %v, want it to give up when the next attempt would come too late", err, d)
		}
	})
}

// A throttled shard must not hold up the others: while one key backs off, the rest goes on.
func TestBackoffHoldsUpOneKeyOnly(t *testing.T) {
	linger := 10 * time.Millisecond
	o := Options{BackoffBase: time.Minute, BackoffCap: time.Minute, RetryFor: time.Hour, Linger: linger, Rand: func() float64 { return 1 }}
	bubble(t, o, first(1, fault{refuse: throttle}), func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		async(t, p, item("a", 0))
		time.Sleep(linger) // virtual
		synctest.Wait()
		async(t, p, item("a", 1))
		if err := p.Put(t.Context(), item("b", 0)); err != nil || time.Since(began) != 2*linger {
			t.Errorf("b: %v after %v, want it delivered without waiting for a", err, time.Since(began))
		}
		if err := p.Flush(t.Context()); err != nil || time.Since(began) != linger+time.Minute {
			t.Errorf("Flush: %v after %v, want a minute after the refusal", err, time.Since(began))
		}
		if got := fmt.Sprint(m.stored["a"]); got != `[{"k":"a","n":0} {"k":"a","n":1}]` {
			t.Errorf("stored %s", got)
		}
	})
}

func TestConcurrencyBoundsRequests(t *testing.T) {
	o := Options{Concurrency: 2, MaxRecords: 1}
	bubble(t, o, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		for i := range 6 {
			async(t, p, item(fmt.Sprint(i), 0))
		}
		synctest.Wait()
		if s := p.Stats(); s.InFlight != 2 {
			t.Errorf("%d requests in flight, want 2", s.InFlight)
		}
		began := time.Now()
		if err := p.Flush(t.Context()); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("Flush: %v after %v, want three rounds of a second", err, time.Since(began))
		}
	})
}

func TestCloseSaysWhatWasNotDelivered(t *testing.T) {
	cases := []struct {
		name  string
		fault fault
		cause error
		code  Code
	}{
		{"hanging", fault{took: time.Minute}, context.DeadlineExceeded, ""},
		{"in backoff", fault{refuse: throttle}, context.DeadlineExceeded, Closed},
		{"deaf", fault{deaf: time.Minute, took: time.Hour}, context.DeadlineExceeded, ""},
		{"refused", fault{took: time.Millisecond, err: &httpError{404, errConnection}}, nil, Unavailable}, // not before Close begins
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := Options{BackoffBase: time.Minute, BackoffCap: time.Minute, RetryFor: time.Hour, CallTimeout: time.Hour, Rand: func() float64 { return 1 }}
			if c.cause == nil {
				o.MaxAttempts = 1
			}
			bubble(t, o, always(c.fault), func(t *testing.T, p *Producer, m *model) {
				var codes []Code
				for i := range 3 {
					note := func(r Result) { codes = append(codes, CodeOf(r.Err)) }
					if err := p.PutAsync(t.Context(), item("a", i), note); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := p.Close(ctx)
				if lost, ok := errors.AsType[*UndeliveredError](err); !ok || lost.Count != 3 || !errors.Is(lost.Err, c.cause) {
					t.Errorf("Close = %v, want three items not delivered", err)
				}
				if lost, ok := errors.AsType[*UndeliveredError](err); ok && !slices.EqualFunc(lost.Items, items("a", 3), sameItem) {
					t.Errorf("Close names %s", lost.Items)
				}
				if m.mu.Lock(); len(m.live) > 0 {
					t.Error("a call outlived Close")
				}
				m.mu.Unlock()
				if len(codes) != 3 || c.code != "" && codes[2] != c.code {
					t.Errorf("callbacks saw %q", codes)
				}
				if err := p.Put(t.Context(), item("a", 9)); !errors.Is(err, ErrClosed) {
					t.Errorf("Put after Close: %v", err)
				}
			})
		})
	}
}

func sameItem(a, b Item) bool {
	return a.PartitionKey == b.PartitionKey && string(a.Data) == string(b.Data)
}

// What Close gives up stays in the spool, though the attempt that it broke off was the last: nobody knows whether it would have failed.
func TestWhatCloseGivesUpStaysInTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{MaxAttempts: 1, CallTimeout: time.Hour, SpoolDir: t.TempDir()}
		m := newModel(o)
		m.fault = first(1, fault{took: time.Minute})
		p := start(t, m, o)
		async(t, p, items("a", 3)...)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if lost, ok := errors.AsType[*UndeliveredError](p.Close(ctx)); !ok || lost.Count != 3 || lost.Spooled != 3 {
			t.Errorf("Close = %+v, want three items not delivered and kept", lost)
		}
		p = start(t, m, o)
		finish(t, p, m)
		if s := p.Stats(); s.Replayed != 3 || len(m.stored["a"]) != 3 {
			t.Errorf("%+v, stored %v", s, m.stored["a"])
		}
	})
}

// What failed by itself does not stay: its caller was told.
func TestWhatFailedDoesNotStayInTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{MaxAttempts: 1, SpoolDir: t.TempDir()}
		m := newModel(o)
		m.fault = first(1, fault{err: errConnection})
		p := start(t, m, o)
		if err := p.Put(t.Context(), item("a", 0)); CodeOf(err) != Unavailable {
			t.Errorf("Put: %v", err)
		}
		finish(t, p, m)
		p = start(t, m, o)
		finish(t, p, m)
		if s := p.Stats(); s.Replayed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A call that waits for room when the producer is closed gets an answer.
func TestCloseWakesWhoWaitsForRoom(t *testing.T) {
	o := Options{MaxBytes: 100, Buffer: 16 + itemOverhead + 100}
	bubble(t, o, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		async(t, p, item("a", 0))
		waiting := make(chan error)
		go func() { waiting <- p.Put(t.Context(), item("a", 1)) }()
		synctest.Wait()
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("the waiting Put: %v, want ErrClosed", err)
		}
	})
}
