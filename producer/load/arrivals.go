package load

import (
	"math"
	"math/rand/v2"
	"time"
)

// peak is an upper bound of rhythm.
const peak = 1.7

// rhythm is how busy a moment of the day is, x in days, against the mean of a day, which is 1. A day begins in the morning, at the mean and
// rising; it has its peak before noon and its valley at night.
func rhythm(x float64) float64 {
	return 1 + 0.55*math.Sin(2*math.Pi*x) + 0.15*math.Sin(4*math.Pi*x)
}

// arrivals is a Poisson process whose rate follows the rhythm.
type arrivals struct {
	rate float64       // mean visits a second
	day  time.Duration // zero: no rhythm
	now  time.Duration // of the last arrival
	rnd  *rand.Rand
}

// next returns the time of the next arrival: by thinning (Lewis and Shedler, 1979), candidates of the highest rate are kept with the
// chance rhythm/peak.
func (a *arrivals) next() time.Duration {
	if a.day == 0 {
		a.step(a.rate)
		return a.now
	}
	for {
		a.step(a.rate * peak)
		if a.rnd.Float64()*peak < rhythm(float64(a.now)/float64(a.day)) {
			return a.now
		}
	}
}

func (a *arrivals) step(rate float64) {
	a.now += time.Duration(a.rnd.ExpFloat64() / rate * float64(time.Second))
}
