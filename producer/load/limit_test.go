package load

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// queueMoment is half a second of a server whose latency grows with its load as that of a queue does (M/M/1).
func queueMoment(rnd *rand.Rand, rate, capacity float64) Interval {
	h := newHistogram(intervalDigits)
	n := int(rate / 20)
	for range n {
		ms := 5 * rnd.ExpFloat64() / max(1e-3, 1-rate/capacity)
		_ = h.RecordValue(int64(min(ms, 3e6) * 1e3))
	}
	return Interval{Seconds: 0.5, Due: uint64(n), Latency: bucketsOf(h)}
}

// The search ends near the rate that arithmetic gives: for an M/M/1 queue p99 = 4.6 · service / (1 − load), so 100 ms are kept up to a load of 0.77. It says beforehand how many trials it takes at most,
// and never calls a rate holding of whose requests more than one in a hundred took longer.
func TestSearchFindsTheLimit(t *testing.T) {
	os, _ := ParseObjectives("p99<100ms,errors<0.1%")
	const capacity = 20_000.0
	want := capacity * (1 - 5*math.Log(100)/100)
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	searches, trials, moments := 0, 0, 0
	for range 5 {
		for _, from := range []float64{400, 1000, 90_000} {
			known := map[float64]*Evidence{}
			most := math.MaxInt
			s := Search{From: from, Most: 1e6, Precision: 0.05, Try: func(_ context.Context, rate float64) (Trial, Decision, error) {
				if known[rate] == nil {
					known[rate] = &Evidence{}
				}
				d, n := course(os, known[rate], func() Interval { return queueMoment(rnd, rate, capacity) })
				moments += n
				p99, _ := known[rate].Distributions()
				return Trial{Latency: p99}, d, nil
			}, Tell: func(l Limit, now int) {
				if now > most || len(l.Trials) >= now {
					t.Errorf("seed %d, from %v: trial %d of at most %d, and of at most %d before", seed, from, len(l.Trials)+1, now, most)
				}
				most = now
			}}
			l, err := s.Run(t.Context())
			if err != nil || l.Holds > want*1.03 || l.Holds < want*0.85 || l.Fails < l.Holds || len(l.Trials) > most {
				t.Errorf("seed %d, from %v: %v to %v in %d trials, want about %.0f: %v", seed, from, l.Holds, l.Fails, len(l.Trials), want, err)
			}
			for _, tr := range l.Trials {
				if tr.Decision == Holds.String() && tr.Latency.P99 > 100 {
					t.Errorf("seed %d, from %v: %v/s holds, and its p99 is %v ms", seed, from, tr.Rate, tr.Latency.P99)
				}
			}
			searches, trials = searches+1, trials+len(l.Trials)
		}
	}
	t.Attr("trials_a_search", plainNumber(float64(trials)/float64(searches)))
	t.Attr("moments_a_trial", plainNumber(float64(moments)/float64(trials)))
}

func TestSearchEnds(t *testing.T) {
	always := func(d Decision) func(context.Context, float64) (Trial, Decision, error) {
		return func(context.Context, float64) (Trial, Decision, error) { return Trial{}, d, nil }
	}
	if l, err := (Search{From: 1000, Most: 10_000, Precision: 0.05, Try: always(Holds)}).Run(t.Context()); err != nil || l.Holds != 10_000 || l.Fails != 0 || !l.Confirmed {
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

// upTo is a server that holds up to a rate, and what breaks in trial n.
func upTo(limit float64, n int, err error) func(context.Context, float64) (Trial, Decision, error) {
	return func(_ context.Context, rate float64) (Trial, Decision, error) {
		if n--; n == 0 {
			return Trial{}, Undecided, err
		}
		if rate > limit {
			return Trial{}, Fails, nil
		}
		return Trial{}, Holds, nil
	}
}

// However early a search is broken off, what it found by then is the best rate that a trial showed to hold.
func TestSearchThatIsBrokenOff(t *testing.T) {
	for n, want := range []float64{0, 0, 1000, 2000, 4000, 4000, 5657} {
		l, err := Search{From: 1000, Most: 1e6, Precision: 0.05, Try: upTo(6000, n, context.Canceled)}.Run(t.Context())
		if n > 0 && (!errors.Is(err, context.Canceled) || math.Round(l.Holds) != want || l.Confirmed) {
			t.Errorf("in trial %d: %v, want %v: %v", n, l.Holds, want, err)
		}
	}
}

// A search whose time is short takes the last of it to confirm what it has.
func TestSearchWhoseTimeIsShort(t *testing.T) {
	for trials, want := range []float64{0, 1000, 1000, 2000, 4000, 4000, 5657} {
		left := trials
		try := upTo(6000, 0, nil)
		l, err := Search{
			From: 1000, Most: 1e6, Precision: 0.05, Room: func(n int) bool { return n <= left },
			Try: func(ctx context.Context, rate float64) (Trial, Decision, error) { left--; return try(ctx, rate) },
		}.Run(t.Context())
		if err != nil || !l.OutOfTime || math.Round(l.Holds) != want || l.Confirmed != (trials > 1) || left < 0 {
			t.Errorf("in %d trials: %+v: %v", trials, l, err)
		}
	}
}

// A limit that does not hold again was found by chance. What is said to hold then is what a trial showed.
func TestLimitThatDoesNotHoldAgain(t *testing.T) {
	held := map[float64]bool{}
	refuse := func(least float64) func(context.Context, float64) (Trial, Decision, error) {
		return func(_ context.Context, rate float64) (Trial, Decision, error) {
			if rate > 6000 || held[rate] && rate > least {
				return Trial{}, Fails, nil
			}
			held[rate] = true
			return Trial{}, Holds, nil
		}
	}
	l, err := Search{From: 1000, Most: 1e6, Precision: 0.05, Try: refuse(5700)}.Run(t.Context())
	if err != nil || !l.Confirmed || l.Holds >= l.Fails || l.Fails/l.Holds > 1.051 || l.Holds < 5000 {
		t.Errorf("%+v: %v", l, err)
	}
	clear(held)
	if l, err = (Search{From: 1000, Most: 1e6, Precision: 0.5, Try: refuse(0)}).Run(t.Context()); err != nil || l.Confirmed && !held[l.Holds] || l.Holds >= l.Fails {
		t.Errorf("%+v: %v", l, err)
	}
}
