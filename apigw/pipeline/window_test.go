package pipeline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The percentiles are those of a list of what was added in the last five minutes, within what a sketch is off (1 %) and what a slot is (30 s).
func TestWindowAgainstAList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	type added struct {
		at time.Time
		d  time.Duration
	}
	var w window
	var list []added
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for step := range 3000 {
		if rng.IntN(50) == 0 {
			now = now.Add(time.Duration(rng.IntN(200)) * time.Second) // gaps, some longer than the window
		}
		now = now.Add(time.Duration(rng.IntN(1000)) * time.Millisecond)
		d := time.Duration(math.Exp(rng.NormFloat64()*2+10)) * time.Microsecond
		n := uint64(1 + rng.IntN(3))
		w.add(now, d, n)
		for range n {
			list = append(list, added{now, d})
		}
		if step%100 != 99 {
			continue
		}
		got := w.merged(now)
		oldest := now.Truncate(slotSpan).Add(-windowSpan)
		var want []float64
		for _, a := range list {
			if !a.at.Before(oldest) {
				want = append(want, a.d.Seconds())
			}
		}
		slices.Sort(want)
		if got.Count() != uint64(len(want)) {
			t.Fatalf("step %d: %d values, want %d", step, got.Count(), len(want))
		}
		for _, p := range []float64{0.5, 0.9, 0.99} {
			exact := 1000 * want[int(p*float64(len(want)-1))]
			if m := ms(got, p); math.Abs(m-exact) > 0.0101*exact {
				t.Fatalf("step %d: p%v is %v ms, want %v", step, 100*p, m, exact)
			}
		}
	}
	if w.merged(now.Add(2*windowSpan)).Count() != 0 {
		t.Error("what is old is never forgotten")
	}
}
