package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// In any order of what is accepted and what is shown, the n-th event of a window is visible when the view first shows n.
func TestFreshness(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		var got, want []time.Duration
		f := NewFreshness(func(d time.Duration) { got = append(got, d) })
		n := 1 + rnd.IntN(40)
		due := make([]int64, n)
		for i := range due {
			due[i] = t0.Add(time.Duration(i) * time.Millisecond).UnixNano()
		}
		type shown struct {
			n  int64
			at time.Time
		}
		var frames []shown
		for count, at := int64(0), t0; count < int64(n); {
			count = min(count+1+rnd.Int64N(5), int64(n))
			at = at.Add(time.Duration(rnd.IntN(20)) * time.Millisecond)
			frames = append(frames, shown{count, at})
		}
		for i := range due {
			first := slices.IndexFunc(frames, func(s shown) bool { return s.n > int64(i) })
			want = append(want, time.Duration(frames[first].at.UnixNano()-due[i]))
		}
		for next, frame := 0, 0; next < n || frame < len(frames); {
			if frame == len(frames) || next < n && rnd.IntN(2) == 0 {
				f.Sent(Item{TS: t0.UnixMilli(), Due: due[next]})
				next++
				continue
			}
			f.Shown(t0.UnixMilli(), frames[frame].n, frames[frame].at)
			frame++
		}
		if !slices.Equal(got, want) || f.Waiting() != 0 {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

func TestFreshnessForgets(t *testing.T) {
	f := NewFreshness(func(time.Duration) {})
	for i := range int64(1000) {
		f.Sent(Item{TS: t0.UnixMilli() + i*10_000})
	}
	if n := f.Waiting(); n > forgetWindows {
		t.Errorf("%d events wait", n)
	}
}
