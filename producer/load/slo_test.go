package load

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestObjectives(t *testing.T) {
	r := &Result{
		Histogram: Buckets{{1000, 90}, {50_000, 9}, {300_000, 1}}, Latency: Latency{Count: 100, Mean: 8.4, Max: 300},
		Totals: Totals{Due: 1000, Failed: 1}, Achieved: 990,
		Intervals: []Interval{{Fresh: Buckets{{70_000, 99}, {900_000, 1}}}},
	}
	for s, met := range map[string]bool{
		"p99<250ms": true, "p99<50ms": false, "p99.9<250ms": false, "p50<1.1ms": true, "errors<0.2%": true, "errors<0.1%": false, "mean<10ms": true,
		"max<0.3s": false, "rate>900/s": true, "rate>1k": false, "fresh-p99<100ms": true, "fresh-p99.9<100ms": false, "p99 < 250ms , errors<1%": true,
	} {
		os, err := ParseObjectives(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		ok := true
		for i, o := range os.Judge(r) {
			ok = ok && o.Met
			if again, err := ParseObjectives(o.Objective); err != nil || again[0] != os[i] {
				t.Errorf("%s is written as %s: %v", s, o.Objective, err)
			}
		}
		if ok != met {
			t.Errorf("%s is met: %v; %+v", s, ok, os.Judge(r))
		}
	}
	if os, _ := ParseObjectives("p99<1s,fresh-p50<1s"); os.Judge(&Result{})[0].Met || os.Judge(&Result{})[1].Met || !os.NeedFreshness() {
		t.Error("what nobody measured is met")
	}
	for _, s := range []string{"", "p99", "p99>1s", "p0<1s", "p100<1s", "q99<1s", "p99<5", "p99<-1s", "errors<5", "errors<101%", "rate<5/s", "rate>x", "p99<1s,,"} {
		if _, err := ParseObjectives(s); err == nil || !strings.Contains(err.Error(), "allowed are") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]float64{"500": 500, "500/s": 500, "20k/s": 20_000, "1.5M": 1.5e6, "0.5/s": 0.5} {
		if got, err := ParseRate(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "k", "20k/m", "1e9", "NaN"} {
		if _, err := ParseRate(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

// queue is a server whose latency grows with its load as that of a queue does (M/M/1), with stalls now and then.
func queueIntervals(rnd *rand.Rand, rate, capacity float64, n int) []Interval {
	all := make([]Interval, n)
	for i := range all {
		var b []float64
		for range int(rate / 20) {
			ms := 5 * rnd.ExpFloat64() / max(1e-3, 1-rate/capacity)
			b = append(b, ms)
		}
		h := newHistogram(intervalDigits)
		for _, ms := range b {
			_ = h.RecordValue(int64(min(ms, 3e6) * 1e3))
		}
		all[i] = Interval{Seconds: 0.5, Due: uint64(len(b)), Latency: bucketsOf(h)}
	}
	return all
}

// The search ends near the rate that arithmetic gives. For an M/M/1 queue p99 = 4.6 · service / (1 − load), so 100 ms are kept up to a load of 0.77.
func TestSearchFindsTheLimit(t *testing.T) {
	os, _ := ParseObjectives("p99<100ms,errors<0.1%")
	const capacity = 20_000.0
	want := capacity * (1 - 5*math.Log(100)/100)
	for range 5 {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, 0))
		for _, from := range []float64{100, 1000, 90_000} {
			s := Search{From: from, Most: 1e6, Precision: 0.05, Try: func(_ context.Context, rate float64) (Trial, Decision, error) {
				var all []Interval
				d := Undecided
				for run := 0; run < 3 && d == Undecided; run++ {
					all = append(all, queueIntervals(rnd, rate, capacity, 20)...)
					d = os.Decide(all, &Result{}, false)
				}
				return Trial{Runs: 1}, d, nil
			}}
			l, err := s.Run(t.Context())
			if err != nil || l.Holds > want*1.03 || l.Holds < want*0.85 || l.Fails < l.Holds || len(l.Trials) > 24 {
				t.Errorf("seed %d, from %v: %v to %v in %d trials, want about %.0f: %v", seed, from, l.Holds, l.Fails, len(l.Trials), want, err)
			}
		}
	}
}

func TestSearchEnds(t *testing.T) {
	always := func(d Decision) func(context.Context, float64) (Trial, Decision, error) {
		return func(context.Context, float64) (Trial, Decision, error) { return Trial{}, d, nil }
	}
	if l, err := (Search{From: 1000, Most: 10_000, Precision: 0.05, Try: always(Holds)}).Run(t.Context()); err != nil || l.Holds != 10_000 || l.Fails != 0 {
		t.Errorf("all holds: %+v, %v", l, err)
	}
	if l, err := (Search{From: 1000, Most: 10_000, Precision: 0.05, Try: always(Fails)}).Run(t.Context()); err != nil || l.Holds != 0 || l.Fails > 2 {
		t.Errorf("nothing holds: %+v, %v", l, err)
	}
	if l, err := (Search{From: 1000, Most: 10_000, Precision: 0.05, Try: always(ClientBound)}).Run(t.Context()); err != nil || !l.ClientBound {
		t.Errorf("the client is too slow: %+v, %v", l, err)
	}
	broken := errors.New("broken")
	if _, err := (Search{From: 1, Most: 10, Precision: 1, Try: func(context.Context, float64) (Trial, Decision, error) { return Trial{}, 0, broken }}).Run(t.Context()); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A decision is wrong no more often than its confidence allows: of runs at exactly the limit, about one in twenty is said to hold, and as many to fail.
func TestDecideIsHonest(t *testing.T) {
	os, _ := ParseObjectives("p90<100ms")
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	counts := map[Decision]int{}
	const n = 2000
	for range n {
		all := make([]Interval, 20)
		for i := range all {
			over := int64(0)
			for range 100 {
				if rnd.Float64() < 0.1 {
					over++
				}
			}
			all[i].Latency = Buckets{{50_000, 100 - over}, {200_000, over}}
		}
		counts[os.Decide(all, nil, false)]++
	}
	if counts[Holds] > n*8/100 || counts[Fails] > n*8/100 || counts[Undecided] < n*84/100 {
		t.Errorf("seed %d: %v", seed, counts)
	}
	if d := os.Decide(nil, nil, false); d != Undecided {
		t.Errorf("nothing is %v", d)
	}
}

// A run whose schedule was not kept says something of the server only where it holds all the same, or where the objective fails from the moment of sending, too.
func TestEvidence(t *testing.T) {
	os, _ := ParseObjectives("p99<100ms")
	run := func(kept bool, latency, sending int64) (*Result, []Interval) {
		all := make([]Interval, 16)
		for i := range all {
			all[i] = Interval{Latency: Buckets{{1000, 90}, {latency + int64(i), 10}}, Sending: Buckets{{1000, 90}, {sending + int64(i), 10}}}
		}
		return &Result{Kept: kept}, all
	}
	good, lateButGood := func() (*Result, []Interval) { return run(true, 20_000, 20_000) }, func() (*Result, []Interval) { return run(false, 80_000, 20_000) }
	bad, lateAndBad := func() (*Result, []Interval) { return run(true, 300_000, 300_000) }, func() (*Result, []Interval) { return run(false, 300_000, 200_000) }
	late := func() (*Result, []Interval) { return run(false, 300_000, 20_000) }
	unclear := func() (*Result, []Interval) { // one of a hundred is too slow, as many as may be
		res, all := late()
		for i := range all {
			all[i].Sending = Buckets{{1000, 99}, {200_000, 1}}
			if i%2 == 0 {
				all[i].Sending = Buckets{{1000, 98}, {200_000, 2}}
			}
		}
		all[0].Sending, all[1].Sending, all[2].Sending = Buckets{{1000, 100}}, Buckets{{1000, 100}}, Buckets{{1000, 100}}
		all[3].Sending, all[5].Sending, all[7].Sending = Buckets{{1000, 100}}, Buckets{{1000, 100}}, Buckets{{1000, 100}}
		return res, all
	}
	for name, c := range map[string]struct {
		runs []func() (*Result, []Interval)
		want []Decision
	}{
		"good":                     {[]func() (*Result, []Interval){good}, []Decision{Holds}},
		"late but good":            {[]func() (*Result, []Interval){lateButGood}, []Decision{Holds}},
		"bad":                      {[]func() (*Result, []Interval){bad}, []Decision{Fails}},
		"late, and bad from there": {[]func() (*Result, []Interval){lateAndBad}, []Decision{Fails}},
		"late once":                {[]func() (*Result, []Interval){late, good}, []Decision{Undecided, Holds}},
		"late twice":               {[]func() (*Result, []Interval){late, late}, []Decision{Undecided, ClientBound}},
		"late, good, late":         {[]func() (*Result, []Interval){late, good, late}, []Decision{Undecided, Holds, Undecided}},
		"late, and neither":        {[]func() (*Result, []Interval){unclear, unclear, unclear}, []Decision{Undecided, Undecided, Undecided}},
		"of two opinions":          {[]func() (*Result, []Interval){good, bad, good}, []Decision{Holds, Undecided, Holds}},
		"mostly bad":               {[]func() (*Result, []Interval){good, bad, bad}, []Decision{Holds, Undecided, Fails}},
	} {
		var e Evidence
		for i, r := range c.runs {
			res, own := r()
			if d := e.Add(os, res, own); d != c.want[i] {
				t.Errorf("%s, run %d: %v, want %v", name, i, d, c.want[i])
			}
		}
	}
}
