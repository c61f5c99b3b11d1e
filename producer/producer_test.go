package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/aws/smithy-go"

	"github.com/streamgauge/streamgauge/event"
)

// bubble runs a test on virtual time with a started producer, and ends both.
func bubble(t *testing.T, o Options, f func(int) fault, test func(*testing.T, *Producer, *model)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(o)
		m.fault = f
		p := start(t, m, o)
		test(t, p, m)
		finish(t, p, m)
	})
}

func TestPutAllDelivers(t *testing.T) {
	bubble(t, Options{}, nil, func(t *testing.T, p *Producer, m *model) {
		its := append(items("a", 3), items("b", 2)...)
		errs, err := p.PutAll(t.Context(), its)
		if err != nil || len(errs) != 5 || errors.Join(errs...) != nil {
			t.Fatalf("PutAll = %v, %v", errs, err)
		}
		if got := fmt.Sprint(m.sizes()); got != "[[3 2]]" {
			t.Errorf("items by record = %s, want one request with a record for each key", got)
		}
		want := Stats{Events: 5, Records: 2, Requests: 1, Bytes: 2*1 + 5*15 + 3, Limit: startLimit}
		if s := p.Stats(); s != want {
			t.Errorf("Stats = %+v, want %+v", s, want)
		}
		if errs, err := p.PutAll(t.Context(), nil); errs != nil || err != nil {
			t.Errorf("PutAll of nothing = %v, %v", errs, err)
		}
	})
}

func TestItemsAreChecked(t *testing.T) {
	big := strings.Repeat("x", MaxItemBytes)
	cases := []struct {
		name string
		item Item
		want error // nil: delivered
	}{
		{"largest", Item{"k", []byte(big[1:])}, nil},
		{"a byte too large", Item{"k", []byte(big)}, ErrTooLarge},
		{"a key of 256 code points", Item{strings.Repeat("é", 256), []byte("1")}, nil},
		{"a key of 257", Item{strings.Repeat("é", 257), []byte("1")}, ErrInvalid},
		{"no key", Item{"", []byte("1")}, ErrInvalid},
		{"a key that is no UTF-8", Item{"\xff", []byte("1")}, ErrInvalid},
		{"no data", Item{"k", nil}, ErrInvalid},
		{"two lines", Item{"k", []byte("1\n2")}, ErrInvalid},
	}
	bubble(t, Options{}, nil, func(t *testing.T, p *Producer, _ *model) {
		its := make([]Item, len(cases))
		for i, c := range cases {
			its[i] = c.item
		}
		errs, _ := p.PutAll(t.Context(), its)
		for i, c := range cases {
			if !errors.Is(errs[i], c.want) || (CodeOf(errs[i]) == "") != (c.want == nil) {
				t.Errorf("%s: %v, want %v", c.name, errs[i], c.want)
			}
		}
	})
}

func TestOnlyRefusedRecordsAreSentAgain(t *testing.T) {
	odd := fault{refuse: func(i int) string {
		return []string{"", "InternalFailure"}[i%2]
	}}
	bubble(t, Options{}, first(1, odd), func(t *testing.T, p *Producer, m *model) {
		its := []Item{item("a", 0), item("b", 0), item("c", 0), item("d", 0)}
		if _, err := p.PutAll(t.Context(), its); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(m.sizes()); got != "[[1 1 1 1] [1 1]]" {
			t.Errorf("items by record = %s, want the second request to have the two refused", got)
		}
		for key, stored := range m.stored {
			if len(stored) != 1 {
				t.Errorf("key %s stored %d times", key, len(stored))
			}
		}
		if s := p.Stats(); s.Retries != 2 {
			t.Errorf("Retries = %d, want 2", s.Retries)
		}
	})
}

func TestWholeCallErrors(t *testing.T) {
	api := func(code string, f smithy.ErrorFault) error { return &smithy.GenericAPIError{Code: code, Fault: f} }
	cases := []struct {
		name  string
		fault fault
		code  Code
		calls int
	}{
		{"throttled", fault{err: api("ThrottlingException", smithy.FaultClient)}, Throttled, 3},
		{"KMS throttled", fault{err: api("KMSThrottlingException", smithy.FaultClient)}, Throttled, 3},
		{"server fault", fault{err: api("InternalFailureException", smithy.FaultServer)}, Unavailable, 3},
		{"connection", fault{err: errConnection}, Unavailable, 3},
		{"answer lost", fault{lost: true}, Unavailable, 3},
		{"answer too short", fault{short: true}, Unavailable, 3},
		{"hanging", fault{took: time.Hour}, Unavailable, 3},
		{"records throttled", fault{refuse: throttle}, Throttled, 3},
		{"invalid", fault{err: api("ValidationException", smithy.FaultClient)}, Refused, 1},
		{"no stream", fault{err: api("ResourceNotFoundException", smithy.FaultClient)}, Refused, 1},
		{"no permission", fault{err: api("AccessDeniedException", smithy.FaultClient)}, Refused, 1},
		{"signature", fault{err: &httpError{403, api("InvalidSignatureException", smithy.FaultUnknown)}}, Refused, 1},
		{"gateway", fault{err: &httpError{502, api("UnknownError", smithy.FaultUnknown)}}, Unavailable, 3},
		{"too many", fault{err: &httpError{429, api("UnknownError", smithy.FaultUnknown)}}, Throttled, 3},
		{"unknown", fault{err: api("UnknownError", smithy.FaultUnknown)}, Unavailable, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, Options{MaxAttempts: 3, RetryFor: time.Hour}, always(c.fault), func(t *testing.T, p *Producer, m *model) {
				err := p.Put(t.Context(), item("a", 1))
				if CodeOf(err) != c.code || len(m.sizes()) != c.calls {
					t.Errorf("%v after %d calls, want %s after %d", err, len(m.sizes()), c.code, c.calls)
				}
				if e, ok := errors.AsType[*Error](err); !ok || e.Attempts != c.calls {
					t.Errorf("%#v does not say %d attempts", err, c.calls)
				}
			})
		})
	}
}

// httpError is what the SDK makes of an answer without a type of its own.
type httpError struct {
	status int
	error
}

func (e *httpError) HTTPStatusCode() int { return e.status }
func (e *httpError) Unwrap() error       { return e.error }

func TestLaterItemsOfAKeyWaitAndPack(t *testing.T) {
	bubble(t, Options{}, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		var got []string
		for i := range 5 {
			put := func(r Result) {
				if i == 0 {
					time.Sleep(time.Minute) // virtual; a slow callback must not be overtaken
				}
				got = append(got, r.SequenceNumber)
			}
			if err := p.PutAsync(t.Context(), item("a", i), put); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(m.sizes()); s != "[[1] [4]]" {
			t.Errorf("items by record = %s, want the four later ones packed into the second", s)
		}
		if !slices.Equal(got, []string{"1", "5", "5", "5", "5"}) {
			t.Errorf("callbacks saw %q", got)
		}
	})
}

func TestLimitsOfRequestAndRecord(t *testing.T) {
	o := Options{MaxRecords: 3, MaxBytes: 120, MaxRecordBytes: 50} // three items make a record of 1 + 15 + 16 + 16 bytes
	bubble(t, o, nil, func(t *testing.T, p *Producer, m *model) {
		its := items("a", 4)
		for _, key := range []string{"b", "c", "d"} {
			its = append(its, item(key, 0))
		}
		its = append(its, Item{"e", []byte(strings.Repeat("x", 100))}) // larger than a packed record may be
		if _, err := p.PutAll(t.Context(), its); err != nil {
			t.Fatal(err)
		}
		if s := p.Stats(); s.Records != 6 || s.Requests < 3 {
			t.Errorf("Stats = %+v, want 6 records in at least 3 requests", s)
		}
	})
}

func TestErrFull(t *testing.T) {
	o := Options{MaxBytes: 100, Buffer: 3 * (16 + itemOverhead), OnFull: Fail}
	bubble(t, o, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		errs, err := p.PutAll(t.Context(), items("a", 5))
		if !errors.Is(err, ErrFull) || CodeOf(err) != Full {
			t.Errorf("error = %v, want ErrFull", err)
		}
		for i, err := range errs {
			if (err == nil) != (i < 3) {
				t.Errorf("item %d: %v, want the first three delivered", i, err)
			}
		}
	})
}

func TestBlockWaitsForRoom(t *testing.T) {
	o := Options{MaxBytes: 100, Buffer: 3 * (16 + itemOverhead)}
	bubble(t, o, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		if _, err := p.PutAll(t.Context(), items("a", 7)); err != nil {
			t.Fatal(err)
		}
		// The first request may leave with one item or with three, as the goroutines happen to run.
		if d := time.Since(began); d < 3*time.Second || d > 7*time.Second {
			t.Errorf("took %v; seven items, three at a time, take requests of a second each: three at least, seven at most", d)
		}
	})
}

func TestContextEnds(t *testing.T) {
	o := Options{MaxBytes: 100, Buffer: 2 * (16 + itemOverhead)}
	bubble(t, o, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		errs, err := p.PutAll(ctx, items("a", 4))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, err := range errs { // also after the items in flight were delivered
			if CodeOf(err) != Canceled {
				t.Errorf("item %d: %v, want it canceled", i, err)
			}
		}
		if err := p.PutAsync(ctx, item("a", 9), func(Result) { t.Error("called back") }); CodeOf(err) != Canceled {
			t.Errorf("PutAsync with an ended context: %v", err)
		}
		if got := len(m.stored["a"]); got != 2 {
			t.Errorf("%d items stored, want the 2 that had been taken", got)
		}
	})
}

// The bytes behind an item's key and data are the caller's again when the item has its result, though its lane lives on.
func TestMemoryIsGivenBack(t *testing.T) {
	bubble(t, Options{}, always(fault{took: time.Second}), func(t *testing.T, p *Producer, m *model) {
		buf := []byte("a")
		async(t, p, Item{PartitionKey: unsafe.String(&buf[0], 1), Data: []byte("1")})
		synctest.Wait()
		async(t, p, Item{PartitionKey: "a", Data: []byte("2")})
		time.Sleep(1500 * time.Millisecond) // virtual; the second is in flight
		buf[0] = 'b'
		if err := p.Put(t.Context(), Item{PartitionKey: "a", Data: []byte("3")}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(m.stored); got != "map[a:[1 2 3]]" {
			t.Errorf("stored %s", got)
		}
	})
}

func TestOptionsNameEverythingWrong(t *testing.T) {
	bad := Options{MaxRecords: 501, MaxBytes: -1, Concurrency: -1, OnFull: 7, BackoffBase: time.Minute, BackoffCap: time.Second, Aggregation: AggregateShards, SpoolBytes: 1}
	_, err := New(newModel(Options{}), "clicks", bad)
	for _, name := range []string{"MaxRecords", "MaxBytes", "Concurrency", "OnFull", "BackoffCap", "which needs Shards", "SpoolBytes"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
	if _, err := New(newModel(Options{}), "clicks", Options{Aggregation: AggregateKeys, Compressor: compressor(t)}); err == nil || !strings.Contains(err.Error(), "cannot be combined") {
		t.Errorf("aggregated and compressed: %v", err)
	}
	if _, err := New(nil, "clicks", Options{}); err == nil {
		t.Error("no client, no error")
	}
	if _, err := New(newModel(Options{}), "", Options{}); err == nil {
		t.Error("no stream, no error")
	}
}

// An event without an id gets one that lets a second copy be told, and keeps it.
func TestPutEventGivesAnID(t *testing.T) {
	bubble(t, Options{}, nil, func(t *testing.T, p *Producer, m *model) {
		ids := map[string]bool{}
		for _, visitor := range []string{"ann", "ann", "", ""} {
			e := event.Event{Site: "shop", Name: "pageview", Visitor: visitor}
			if err := p.PutEvent(t.Context(), &e); err != nil {
				t.Fatal(err)
			}
			key, id := e.PartitionKey(), e.ID
			if err := p.PutEvent(t.Context(), &e); err != nil || e.ID != id || len(m.stored[key]) < 2 {
				t.Errorf("sent again: %v, id %s, then %s", err, id, e.ID)
			}
			ids[id] = true
			if !strings.HasPrefix(id, fmt.Sprintf("~%012x", time.Now().UnixMilli())) {
				t.Errorf("the id %s does not hold the time", id)
			}
		}
		if len(ids) != 4 || ids[""] {
			t.Errorf("ids %v", ids)
		}
	})
}

// In compressed records the items are as they were, and they are smaller; small ones are left alone.
func TestCompressor(t *testing.T) {
	bubble(t, Options{Compressor: compressor(t)}, nil, func(t *testing.T, p *Producer, m *model) {
		its := items("a", 500)
		if _, err := p.PutAll(t.Context(), its); err != nil {
			t.Fatal(err)
		}
		for i, it := range its {
			if i >= len(m.stored["a"]) || m.stored["a"][i] != string(it.Data) {
				t.Fatalf("item %d is not stored as it was", i)
			}
		}
		packed := p.Stats().Bytes
		if packed > 500*16/2 {
			t.Errorf("500 items of some 16 bytes were %d on the way", packed)
		}
		if err := p.Put(t.Context(), item("b", 1)); err != nil || p.Stats().Bytes-packed != 1+15 {
			t.Errorf("Put: %v; a small item was %d bytes on the way", err, p.Stats().Bytes-packed)
		}
	})
}
