package load

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"testing/synctest"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// virtual is a target on virtual time: an answer comes when the server has served what came before, each request for as long as serve says.
type virtual struct {
	Clock
	done  Done
	serve func(at time.Time) (answered time.Time)
	sent  []time.Time
}

func (v *virtual) Start(r *Request) {
	now := time.Now()
	v.sent = append(v.sent, now)
	at := v.serve(now)
	time.AfterFunc(at.Sub(now), func() { v.done(r, Answer{At: time.Now(), Verdict: Accepted}) })
}

func (*virtual) Close() error { return nil }

// play runs a plan on virtual time.
func play(t *testing.T, p Plan, limits Limits, v *virtual) *Recorder {
	t.Helper()
	p.Start = time.Now().Add(time.Second)
	p, err := p.Complete()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	rec := NewRecorder(p.Start, time.Second)
	run, err := NewRunner(s, rec, limits, func(done Done) (Target, error) { v.done = done; return v, nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rec
}

func atOnce(now time.Time) time.Time { return now }

// The times between what is sent at 10,000 a second are those of a Poisson process: the largest distance between their distribution and the exponential one
// (Kolmogorov–Smirnov) is no larger than it is by chance once in a thousand times.
func TestPacingIsPoisson(t *testing.T) {
	seed := rand.Uint64()
	synctest.Test(t, func(t *testing.T) {
		const rate = 10_000.0
		v := &virtual{serve: atOnce}
		rec := play(t, Plan{Seed: seed, Rate: rate, For: 3 * time.Second, People: 100}, Limits{}, v)
		gaps := make([]float64, 0, len(v.sent))
		for i := 1; i < len(v.sent); i++ {
			gaps = append(gaps, v.sent[i].Sub(v.sent[i-1]).Seconds())
		}
		n := float64(len(gaps))
		if d, most := distance(gaps, rate), 1.95/math.Sqrt(n); d > most || n < 29_000 {
			t.Errorf("seed %d: %v gaps have a distance of %.4f from those of a Poisson process, at most %.4f is allowed", seed, n, d, most)
		} else {
			t.Attr("ks_distance", milli(d)+"e-3 of "+milli(most)+"e-3")
		}
		if r := rec.Result(time.Now()); r.Schedule.Max > 0 || !r.Kept {
			t.Errorf("the schedule was missed by %v ms", r.Schedule.Max)
		}
	})
}

func milli(v float64) string { return plainNumber(1e3 * v) }

// distance is the Kolmogorov–Smirnov statistic of values against the exponential distribution.
func distance(values []float64, rate float64) (d float64) {
	sort.Float64s(values)
	n := float64(len(values))
	for i, v := range values {
		f := 1 - math.Exp(-rate*v)
		d = max(d, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	return d
}

// A closed loop, or one that bunches what it sends, does not pass as Poisson.
func TestDistanceTellsBunches(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	var gaps []float64
	for at, last := 0.0, 0.0; len(gaps) < 20_000; {
		at += rnd.ExpFloat64() / 10_000
		sent := math.Ceil(at*1000) / 1000 // by a timer of a millisecond
		gaps = append(gaps, sent-last)
		last = sent
	}
	if d := distance(gaps, 10_000); d < 0.1 {
		t.Errorf("bunches of a millisecond have a distance of %v", d)
	}
}

// A server that takes a millisecond for a request and stalls for two seconds in the middle: the histogram is exactly the one that arithmetic gives for arrivals
// that do not wait for it. A load generator that waits for the answers would show one request of two seconds, and p99.9 of a millisecond.
func TestStallIsSeen(t *testing.T) {
	seed := rand.Uint64()
	synctest.Test(t, func(t *testing.T) {
		const service, length, stall = time.Millisecond, 20 * time.Second, 2 * time.Second
		start := time.Now().Add(time.Second)
		stallFrom, stallTo := start.Add(9*time.Second), start.Add(9*time.Second+stall)
		serve := func(free *time.Time) func(time.Time) time.Time { // one at a time, in order
			return func(at time.Time) time.Time {
				begin := at
				if free.After(begin) {
					begin = *free
				}
				if !begin.Before(stallFrom) && begin.Before(stallTo) {
					begin = stallTo
				}
				*free = begin.Add(service)
				return *free
			}
		}
		plan := Plan{Seed: seed, Rate: 200, For: length, People: 50}
		rec := play(t, plan, Limits{}, &virtual{serve: serve(new(time.Time))})

		// The same arrivals, by the timetable alone.
		want := newHistogram(runDigits)
		twin, slowest := serve(new(time.Time)), time.Duration(0)
		for when := newTimetable(seed, Steady, 200, length); ; {
			at, ok := when.next()
			if !ok {
				break
			}
			took := twin(start.Add(at)).Sub(start.Add(at))
			record(want, took)
			slowest = max(slowest, took)
		}
		r := rec.Result(time.Now())
		if got := bucketsOf(want); !slices.Equal(r.Histogram, got) {
			t.Errorf("seed %d: the histogram is\n%v, want\n%v", seed, r.Histogram, got)
		}
		if r.Latency.P999 < 1900 || slowest < 1900*time.Millisecond {
			t.Errorf("seed %d: p99.9 is %v ms, the slowest %v", seed, r.Latency.P999, slowest)
		}
	})
}

// What is due while too much is under way is not sent, and not kept silent about.
func TestSaysWhatIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &virtual{serve: func(now time.Time) time.Time { return now.Add(10 * time.Second) }}
		rec := play(t, Plan{Seed: 1, Rate: 100, For: 5 * time.Second, People: 10}, Limits{InFlight: 50}, v)
		r := rec.Result(time.Now())
		if r.Totals.Sent != 50 || r.Totals.Skipped != r.Totals.Due-50 || r.Totals.Errors[FaultSkipped] != r.Totals.Skipped || r.Kept || r.Peak != 50 {
			t.Errorf("%+v, kept: %v", r.Totals, r.Kept)
		}
	})
}

// An answer that never comes ends the run at its time, and is unknown.
func TestRunEndsWithoutAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		v := &virtual{serve: func(now time.Time) time.Time { return now.Add(time.Hour) }}
		rec := play(t, Plan{Seed: 1, Rate: 10, For: 2 * time.Second, People: 10}, Limits{Timeout: 5 * time.Second}, v)
		if took := time.Since(began); took < 7*time.Second || took > 9*time.Second {
			t.Errorf("it took %v", took)
		}
		if rec.InFlight() == 0 {
			t.Error("nothing is under way")
		}
		time.Sleep(2 * time.Hour) // virtual; the timers end
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		p, err := Plan{Seed: 1, Start: time.Now(), Rate: 100, For: time.Hour, People: 10}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		s, _ := p.Prepare()
		rec := NewRecorder(p.Start, time.Second)
		v := &virtual{serve: atOnce}
		run, err := NewRunner(s, rec, Limits{}, func(done Done) (Target, error) { v.done = done; return v, nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Run(ctx); err != nil {
			t.Error(err)
		}
		if n := rec.Totals().Sent; n < 200 || n > 400 {
			t.Errorf("%d events in 3 s at 100/s", n)
		}
	})
}

// The intervals of a run, merged ones too, add up to the run.
func TestIntervalsAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &virtual{serve: func(now time.Time) time.Time { return now.Add(time.Duration(rand.IntN(2000)) * time.Millisecond) }}
		rec := play(t, Plan{Seed: 1, Rate: 20, For: 30 * time.Minute, People: 10}, Limits{InFlight: 25}, v)
		r := rec.Result(time.Now())
		var due, accepted, failed, requests uint64
		var latency Buckets
		seconds := 0.0
		for _, iv := range r.Intervals {
			due, accepted, failed, requests = due+iv.Due, accepted+iv.Accepted, failed+iv.Failed, requests+iv.Requests
			latency = latency.Merge(iv.Latency)
			if math.Abs(iv.Start-seconds) > 1e-6 {
				t.Fatalf("an interval begins at %v s, the one before ends at %v s", iv.Start, seconds)
			}
			seconds += iv.Seconds
		}
		if n := len(r.Intervals); n > mostIntervals+1 || n < mostIntervals/2 {
			t.Errorf("%d intervals", n)
		}
		if due != r.Totals.Due || accepted != r.Totals.Accepted || failed != r.Totals.Failed || requests != r.Totals.Answered || latency.Count() != r.Latency.Count || failed == 0 {
			t.Errorf("due %d, accepted %d, failed %d, requests %d, latencies %d: %+v", due, accepted, failed, requests, latency.Count(), r.Totals)
		}
	})
}

// Quantiles of buckets are those of the histogram that they are of.
func TestBuckets(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	h, parts := newHistogram(intervalDigits), [2]*hdr.Histogram{newHistogram(intervalDigits), newHistogram(intervalDigits)}
	for i := range 5000 {
		d := time.Duration(math.Exp(10+3*rnd.NormFloat64())) * time.Microsecond
		record(h, d)
		record(parts[i%2], d)
	}
	b := bucketsOf(parts[0]).Merge(bucketsOf(parts[1]))
	if !slices.Equal(b, bucketsOf(h)) || b.Count() != 5000 {
		t.Fatalf("seed %d: the parts do not make the whole", seed)
	}
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		if got, want := b.Quantile(q), h.ValueAtQuantile(100*q); got != want {
			t.Errorf("seed %d: quantile %v is %d, want %d", seed, q, got, want)
		}
		if over := b.Over(b.Quantile(q)); float64(over) > (1-q)*5000+0.5 {
			t.Errorf("seed %d: %d are over quantile %v", seed, over, q)
		}
	}
	if (Buckets{}).Quantile(0.5) != 0 {
		t.Error("nothing has a median")
	}
}

func TestVerdicts(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	var v verdicts
	twin := map[uint32]Verdict{}
	for range 20_000 {
		n, is := uint32(rnd.IntN(200_000)), Verdict(rnd.IntN(4))
		v.set(n, is)
		twin[n] = is
	}
	for n := range uint32(300_000) {
		if v.of(n) != twin[n] {
			t.Fatalf("seed %d: %d is %v, want %v", seed, n, v.of(n), twin[n])
		}
	}
}
