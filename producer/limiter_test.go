package producer

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	l := newLimiter(10)
	for range 1000 {
		l.passed(false)
	}
	if l.limit != startLimit {
		t.Errorf("limit %v, though nothing pressed", l.limit)
	}
	for range startLimit + 1 { // 1/4 + 1/4.25 + … : a little more than one round makes one more
		l.passed(true)
	}
	if int(l.limit) != startLimit+1 {
		t.Errorf("limit %v after a round that passed, want one more than %d", l.limit, startLimit)
	}
	for range 1000 {
		l.passed(true)
	}
	if l.limit != 10 {
		t.Errorf("limit %v, want the most allowed", l.limit)
	}
	l.throttled(at(1), at(2))
	l.throttled(at(1), at(3)) // was sent before the limit was halved
	l.throttled(at(2), at(3))
	if l.limit != 5 {
		t.Errorf("limit %v after one round was throttled, want half", l.limit)
	}
	for range 5 * 5 {
		l.passed(true)
	}
	if int(l.limit) != 6 {
		t.Errorf("limit %v after five careful rounds, want one more than 5", l.limit)
	}
	for i := range 20 {
		l.throttled(at(i+4), at(i+5))
	}
	if !l.allows(0) || l.allows(1) {
		t.Errorf("limit %v, want one", l.limit)
	}
	if one := newLimiter(1); one.limit != 1 {
		t.Errorf("limit %v to begin with, where one is the most", one.limit)
	}
}

// On a stream that takes some requests at a time and throttles what is more, the producer finds that number from either side, and most
// requests are taken.
func TestConcurrencyFindsWhatTheStreamTakes(t *testing.T) {
	for _, takes := range []int{2, 9} {
		t.Run(fmt.Sprint(takes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := Options{MaxRecords: 1, Concurrency: 32, MaxAttempts: 1000, RetryFor: time.Hour, BackoffBase: 10 * time.Millisecond, BackoffCap: 50 * time.Millisecond}
				m := newModel(o)
				m.fault = func(int) fault {
					f := fault{took: 10 * time.Millisecond}
					if len(m.live) > takes { // a key each
						f.refuse = throttle
					}
					return f
				}
				p := start(t, m, o)
				const n = 4000
				for i := range n {
					async(t, p, item(fmt.Sprint(i), 0))
				}
				var sum, looks int
				for p.Stats().Pending > n/4 {
					time.Sleep(50 * time.Millisecond) // virtual
					if s := p.Stats(); s.Pending < 3*n/4 {
						sum += s.Limit
						looks++
					}
				}
				mean := float64(sum) / float64(looks)
				if mean < 0.6*float64(takes) || mean > 1.1*float64(takes)+1 {
					t.Errorf("%.1f requests were allowed at a time, and the stream takes %d", mean, takes)
				}
				finish(t, p, m)
				if s := p.Stats(); s.Throttled > n/4 || s.Failed > 0 {
					t.Errorf("%d of %d requests were throttled, %d items failed", s.Throttled, s.Requests, s.Failed)
				}
			})
		})
	}
}
