package load

import (
	"math/rand/v2"
	"testing"
)

// course plays a run whose moments come one by one, until it is enough, and returns what is decided then.
func course(os Objectives, known *Evidence, moment func() Interval) (d Decision, moments int) {
	const least, whole = 18, 54
	c := Course{Evidence: known, Objectives: os, Least: least, Whole: whole}
	var own []Interval
	for len(own) < whole {
		if own = append(own, moment()); c.Enough(own) {
			break
		}
	}
	d, _ = known.Add(os, &Result{Kept: true}, own)
	return d, len(own)
}

// A rate exactly at its limit is said to hold, and to fail, about once in twenty times each, however often its trial is looked at meanwhile. That is so where each request varies by itself, and where
// stalls hit many at a time. Where stalls are so rare that a trial may miss them, it is what holds twice, as a limit has to.
func TestDecideIsHonest(t *testing.T) {
	os, _ := ParseObjectives("p90<100ms")
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	of := func(requests int, slow float64) Interval {
		over := int64(0)
		for range requests {
			if rnd.Float64() < slow {
				over++
			}
		}
		return Interval{Due: uint64(requests), Latency: Buckets{{50_000, int64(requests) - over}, {200_000, over}}}
	}
	stalls := func(begin, goOn, slow float64) func() Interval {
		stalled := false
		return func() Interval {
			u := rnd.Float64()
			if stalled = !stalled && u < begin || stalled && u < goOn; stalled {
				return of(100, slow)
			}
			return of(100, 0)
		}
	}
	for name, c := range map[string]struct {
		moment func() Interval
		twice  bool
	}{
		"requests": {func() Interval { return of(100, 0.1) }, false},
		"few":      {func() Interval { return of(3, 0.1) }, false},
		"stalls":   {stalls(0.5, 0.5, 0.2), false},
		"rare":     {stalls(0.15, 0.25, 0.6), true}, // one moment in six, 1.3 at a time
	} {
		counts := map[Decision]int{}
		const n = 2000
		for range n {
			known := &Evidence{}
			d, _ := course(os, known, c.moment)
			if d == Holds && c.twice {
				d, _ = course(os, known, c.moment)
			}
			counts[d]++
		}
		if counts[Holds] > n*9/100 || counts[Fails] > n*9/100 || counts[Undecided] == 0 {
			t.Errorf("seed %d, %s: %v", seed, name, counts)
		}
		t.Attr("said_to_hold_at_the_limit_"+name, plainNumber(float64(counts[Holds])/n))
	}
	if d := os.Decide(nil, nil, false); d != Undecided {
		t.Errorf("nothing is %v", d)
	}
}

// One that is clear is decided at the first look, or before it where it is hopeless.
func TestCourseIsShortWhereItIsClear(t *testing.T) {
	os, _ := ParseObjectives("p99<100ms,errors<0.1%")
	moment := func(us int64) func() Interval {
		return func() Interval { return Interval{Due: 1000, Latency: Buckets{{us, 1000}}} }
	}
	if d, n := course(os, &Evidence{}, moment(20_000)); d != Holds || n != 18 {
		t.Errorf("%v after %d moments", d, n)
	}
	if d, n := course(os, &Evidence{}, moment(200_000)); d != Fails || n > 6 {
		t.Errorf("%v after %d moments", d, n)
	}
	failing := func() Interval { return Interval{Due: 1000, Failed: 5, Latency: Buckets{{20_000, 995}}} }
	if d, n := course(os, &Evidence{}, failing); d != Fails || n > 6 {
		t.Errorf("with errors: %v after %d moments", d, n)
	}
}

// With too few requests nothing is shown, however fast they were.
func TestFewRequestsShowNothing(t *testing.T) {
	os, _ := ParseObjectives("p99.9<100ms")
	slow := func() Interval { return Interval{Due: 50, Latency: Buckets{{1000, 50}}} }
	if d, n := course(os, &Evidence{}, slow); d != Undecided || os[0].CanShow(float64(50*n)) {
		t.Errorf("%v with %d requests", d, 50*n)
	}
	if !os[0].CanShow(6000) {
		t.Error("6000 requests show nothing of p99.9")
	}
}

// The runs of a rate are added up: what one had too much, the others must have had too little.
func TestRunsAreAddedUp(t *testing.T) {
	os, _ := ParseObjectives("p99<100ms")
	run := func(slow ...int64) (own []Interval) {
		for i := range 18 {
			n := slow[i%len(slow)]
			own = append(own, Interval{Latency: Buckets{{1000, 1000 - n}, {200_000, n}}})
		}
		return own
	}
	kept := &Result{Kept: true}
	for name, c := range map[string]struct {
		runs [][]Interval
		want []Decision
	}{
		"both good":                {[][]Interval{run(1, 2), run(1, 2)}, []Decision{Holds, Holds}},
		"undecided, then good":     {[][]Interval{run(0, 17), run(0, 1)}, []Decision{Undecided, Holds}},
		"good, then hardly bad":    {[][]Interval{run(1, 2), run(11, 13)}, []Decision{Holds, Holds}},
		"good, then bad":           {[][]Interval{run(1, 2), run(100)}, []Decision{Holds, Fails}},
		"as much bad as it's good": {[][]Interval{run(5), run(15)}, []Decision{Holds, Undecided}},
	} {
		var e Evidence
		for i, own := range c.runs {
			if d, again := e.Add(os, kept, own); d != c.want[i] || again {
				t.Errorf("%s, run %d: %v, want %v", name, i, d, c.want[i])
			}
			l, _ := e.Distributions()
			if c.want[i] == Holds && l.P99 > 100 {
				t.Errorf("%s, run %d: p99 is %v ms and holds", name, i, l.P99)
			}
		}
	}
}

// A run whose schedule was not kept says something of the server only where it holds all the same, or where the objective fails from the moment of sending, too.
func TestEvidenceOfALateClient(t *testing.T) {
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
	alternately := func(slow int64) func() (*Result, []Interval) { // from sending, so many of 1000 are too slow in every other moment
		return func() (*Result, []Interval) {
			res, all := late()
			for i := range all {
				n := slow * int64(i%2)
				all[i].Sending = Buckets{{1000, 1000 - n}, {200_000, n}}
			}
			return res, all
		}
	}
	unclear, likely := alternately(20), alternately(15)
	type answer struct {
		is    Decision
		again bool
	}
	holds, fails, undecided, over := answer{Holds, false}, answer{Fails, false}, answer{Undecided, true}, answer{Undecided, false}
	type runs []func() (*Result, []Interval)
	for name, c := range map[string]struct {
		runs runs
		want []answer
	}{
		"good":                     {runs{good}, []answer{holds}},
		"late but good":            {runs{lateButGood}, []answer{holds}},
		"bad":                      {runs{bad}, []answer{fails}},
		"late, and bad from there": {runs{lateAndBad}, []answer{fails}},
		"late once":                {runs{late, good}, []answer{undecided, holds}},
		"late twice":               {runs{late, late}, []answer{undecided, {ClientBound, false}}},
		"late, good, late":         {runs{late, good, late}, []answer{undecided, holds, undecided}},
		"late, and neither":        {runs{unclear, unclear}, []answer{over, over}},
		"late, and perhaps better": {runs{likely, likely, likely}, []answer{undecided, undecided, {ClientBound, false}}},
		"late, perhaps, and bad":   {runs{likely, lateAndBad}, []answer{undecided, over}},
	} {
		var e Evidence
		for i, r := range c.runs {
			res, own := r()
			if d, again := e.Add(os, res, own); d != c.want[i].is || again != c.want[i].again {
				t.Errorf("%s, run %d: %v, again: %v, want %v", name, i, d, again, c.want[i])
			}
		}
	}
}
