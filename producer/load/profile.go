package load

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Profile says how many events a second are asked for over the length of a run.
type Profile string

// The profiles. The rate that is asked for is the highest one of a run, except for Diurnal, where it is the mean of the day.
const (
	Steady  Profile = "steady"  // the same rate all the time
	Ramp    Profile = "ramp"    // from nothing to the rate, evenly
	Step    Profile = "step"    // a fifth, two fifths … of the rate, each for a fifth of the run
	Spike   Profile = "spike"   // a fifth of the rate, and in the middle fifth of the run all of it
	Diurnal Profile = "diurnal" // the run is one day, with its peak before noon and its valley at night
	Soak    Profile = "soak"    // steady, for long: the report says whether the end was slower than the beginning
	// natural leaves it to the visitors: what happens is due when it happens on the model's own clock.
	natural Profile = "natural"
)

// Profiles are the names of all profiles.
var Profiles = []Profile{Steady, Ramp, Step, Spike, Diurnal, Soak}

// Valid reports whether p is a profile.
func (p Profile) Valid() bool { return slices.Contains(Profiles, p) }

// level is the part of the rate that is asked for at x, of a run that goes from 0 to 1.
func (p Profile) level(x float64) float64 {
	switch p {
	case Ramp:
		return x
	case Step:
		return float64(1+min(int(x*5), 4)) / 5
	case Spike:
		if x < 0.4 || x >= 0.6 {
			return 0.2
		}
	case Diurnal:
		return rhythm(x)
	}
	return 1
}

// Peak is the highest level.
func (p Profile) Peak() float64 {
	if p == Diurnal {
		return peak
	}
	return 1
}

// Mean is the mean level of a run.
func (p Profile) Mean() float64 {
	switch p {
	case Ramp:
		return 0.5
	case Step:
		return 0.6
	case Spike:
		return 0.36
	}
	return 1
}

// timetable says when events are due: a Poisson process whose rate follows the profile.
type timetable struct {
	profile Profile
	rate    float64 // events a second at level 1
	length  float64 // of the run, in seconds
	now     float64
	rnd     *rand.Rand
}

func newTimetable(seed uint64, p Profile, rate float64, length time.Duration) *timetable {
	return &timetable{profile: p, rate: rate, length: length.Seconds(), rnd: rand.New(rand.NewPCG(seed, 1))}
}

// next returns when the next event is due, and false when the run is over. Of candidates of the highest rate, those are kept
// that the level at their time lets through (thinning: Lewis and Shedler, 1979).
func (t *timetable) next() (time.Duration, bool) {
	top := t.profile.Peak()
	for {
		t.now += t.rnd.ExpFloat64() / (t.rate * top)
		if t.now >= t.length {
			return 0, false
		}
		level := t.profile.level(t.now / t.length)
		if level == top || t.rnd.Float64()*top < level {
			return time.Duration(t.now * float64(time.Second)), true
		}
	}
}

func profileNames() string {
	names := make([]string, len(Profiles))
	for i, p := range Profiles {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

func (p Profile) check() error {
	if p.Valid() || p == natural {
		return nil
	}
	return fmt.Errorf("load: %q is no profile: %s are", string(p), profileNames())
}
