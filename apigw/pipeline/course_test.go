package pipeline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Each step of the history has the percentiles of a list of what was noted in it, within what a sketch is off, or none where nothing was; and no event is in two of
// them, or in none.
func TestPercentilesOfTheHistoryAgainstLists(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	synctest.Test(t, func(t *testing.T) {
		r, _, stop := running(t)
		defer stop()
		var acks, delays [][]float64 // by step
		var events uint64
		for second := range 300 {
			if second%rateTicks == 0 {
				acks, delays = append(acks, nil), append(delays, nil)
			}
			step := len(acks) - 1
			for range rng.IntN(4) * (step % 3) { // every third step is quiet
				ack, delay := someTime(rng), someTime(rng)
				n := uint64(1 + rng.IntN(3))
				r.Acked(ack)
				r.Delays(func(yield func(time.Duration, uint64) bool) { yield(delay, n) })
				acks[step] = append(acks[step], ack.Seconds()*1000)
				delays[step] = append(delays[step], slices.Repeat([]float64{delay.Seconds() * 1000}, int(n))...)
				events += n
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		v := view(t, r)
		if len(v.History) != len(acks) {
			t.Fatalf("%d points of %d steps", len(v.History), len(acks))
		}
		for i, p := range v.History {
			wantPercentiles(t, "ack", i, p.Ack, acks[i])
			wantPercentiles(t, "delay", i, p.Delay, delays[i])
		}
		if v.Delay.Count != events {
			t.Errorf("%d events within five minutes, want %d", v.Delay.Count, events)
		}
	})
}

func someTime(rng *rand.Rand) time.Duration {
	return time.Duration(math.Exp(rng.NormFloat64()*2+10)) * time.Microsecond
}

func wantPercentiles(t *testing.T, what string, step int, got *Percentiles, list []float64) {
	t.Helper()
	if len(list) == 0 || got == nil {
		if got != nil || len(list) > 0 {
			t.Errorf("%s of step %d: %+v of %d", what, step, got, len(list))
		}
		return
	}
	slices.Sort(list)
	for p, ms := range map[float64]float64{0.5: got.P50MS, 0.95: got.P95MS, 0.99: got.P99MS} {
		if want := list[int(p*float64(len(list)-1))]; math.Abs(ms-want) > 0.0101*want+0.001 {
			t.Errorf("%s of step %d: p%v is %v ms, want %v", what, step, 100*p, ms, want)
		}
	}
	if got.Count != uint64(len(list)) {
		t.Errorf("%s of step %d: %d of %d", what, step, got.Count, len(list))
	}
}

// What is not in the history yet is in the percentiles of now.
func TestOpenStepCounts(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	var c course
	c.add(time.Second, 2)
	if p := c.close(now); p == nil || p.Count != 2 || c.close(now) != nil {
		t.Errorf("the step is %+v, or counts again", p)
	}
	c.add(3*time.Second, 1)
	if all := c.merged(now); all.Count() != 3 || !near(ms(all, 1), 3000) {
		t.Errorf("%d values, the greatest %v ms", all.Count(), ms(all, 1))
	}
}
