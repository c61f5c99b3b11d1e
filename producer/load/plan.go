package load

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Plan is everything that decides what a run sends and when: the same plan gives the same copies. The zero value of a field stands for its default, where
// it has one.
type Plan struct {
	Site    string        `json:"site"`      // default "demo"
	Seed    uint64        `json:"seed"`      //
	Start   time.Time     `json:"start"`     // required
	Profile Profile       `json:"profile"`   // default Steady
	Rate    float64       `json:"rate"`      // events a second; required
	For     time.Duration `json:"for_ns"`    // required
	Batch   int           `json:"batch"`     // events in a request, at most; default 1
	Linger  time.Duration `json:"linger_ns"` // how long an event waits for others in its request, at most; default 1 s
	People  int           `json:"visitors"`  // at one time; default as many as bring the rate by themselves
	Mix     Mix           `json:"mix"`       //
	Keys    bool          `json:"-"`         // make partition keys
	Agents  bool          `json:"-"`         // write user agents into the events: they do not travel in a header
	day     time.Duration // of the demo's rhythm
}

// MostPeople bounds the visitors at one time. Without a number there are no more than enoughPeople: above the rate that these bring by themselves, about
// 9,300 events a second, everything that they do is done faster.
const (
	MostPeople   = 5_000_000
	enoughPeople = 100_000
)

// Complete fills in the defaults, and says what is wrong with a plan, all at once.
func (p Plan) Complete() (Plan, error) {
	if p.Site == "" {
		p.Site = "demo"
	}
	if p.Profile == "" {
		p.Profile = Steady
	}
	if p.Batch == 0 {
		p.Batch = 1
	}
	if p.Linger == 0 {
		p.Linger = time.Second
	}
	if p.People == 0 {
		p.People = min(max(1, int(math.Round(p.Rate*p.Profile.Mean()*visitLength.Seconds()/visitEvents))), enoughPeople)
	}
	return p, p.check()
}

func (p Plan) check() error {
	errs := []error{p.Profile.check()}
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("load: "+format, args...))
		}
	}
	wrong(!event.ValidSite(p.Site), "%q is no site id", p.Site)
	wrong(p.Start.Before(time.UnixMilli(0).Add(warmUp)), "the start is missing or before 1970")
	wrong(!(p.Rate > 0 && p.Rate <= 1e7), "rate %v is not within 0..1e7 events a second", p.Rate)
	wrong(p.For <= 0, "the length %v is not above 0", p.For)
	wrong(p.Batch < 1 || p.Batch > event.MaxRequestEvents, "batch %d is not within 1..%d", p.Batch, event.MaxRequestEvents)
	wrong(p.People < 1 || p.People > MostPeople, "%d visitors are not within 1..%d", p.People, MostPeople)
	for _, part := range []float64{p.Mix.Bots, p.Mix.Duplicates, p.Mix.Late, p.Mix.OutOfOrder, p.Mix.Malformed} {
		wrong(!(part >= 0 && part <= mostSpecial), "a part %v of the mix is not within 0..%v", part, mostSpecial)
	}
	wrong(p.Mix.sum() > mostSpecial, "the parts of the mix make %v, more than %v", p.Mix.sum(), mostSpecial)
	return errors.Join(errs...)
}

// Planned is a copy with the time at which it is due, and its number in the plan.
type Planned struct {
	Copy
	N   uint32
	Due time.Time
}

// Copies yields all copies of a complete plan in order of their due times. What is yielded is valid until the next one.
func (p Plan) Copies() iter.Seq[*Planned] {
	return func(yield func(*Planned) bool) {
		s, err := p.Prepare()
		if err != nil {
			return // not complete
		}
		var c Planned
		for s.next(&c) {
			if !yield(&c) {
				return
			}
		}
	}
}

// Script is a plan that is ready to be played: its visitors are there. That takes a moment where there are many.
type Script struct {
	plan    Plan
	traffic *traffic
	when    func() (time.Duration, bool)
	n       uint32
}

// Prepare makes the script of a complete plan.
func (p Plan) Prepare() (*Script, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	day := p.day
	if day == 0 {
		day = -1
	}
	v, err := NewVisitors(p.Seed, Options{Site: p.Site, Start: p.Start, Rate: float64(p.People) / visitLength.Seconds(), Day: day})
	if err != nil {
		return nil, err
	}
	s := &Script{plan: p, traffic: newTraffic(v, p), when: newTimetable(p.Seed, p.Profile, p.Rate, p.For).next}
	if p.Profile == natural {
		s.when = func() (time.Duration, bool) { return v.due(), v.due() < p.For }
	}
	return s, nil
}

// StartAt moves the start, as long as nothing was played. It returns the plan that is played then.
func (s *Script) StartAt(start time.Time) Plan {
	s.plan.Start = start
	s.traffic.startAt(start)
	return s.plan
}

// next sets the next copy, and reports false at the end.
func (s *Script) next(c *Planned) bool {
	at, ok := s.when()
	if !ok || s.n == math.MaxUint32 {
		return false
	}
	c.Due = s.plan.Start.Add(at)
	c.Copy, c.N = s.traffic.next(c.Due), s.n
	s.n++
	return true
}

// Demo is the plan of a small site that goes on for a very long time: a day with its rhythm takes four minutes, and every kind of copy occurs.
func Demo(site string, seed uint64, start time.Time) Plan {
	return Plan{
		Site: site, Seed: seed, Start: start, Profile: natural, Agents: true, Rate: 2 * visitEvents, For: 365 * 24 * time.Hour, Batch: 1,
		Linger: time.Second, People: int(2 * visitLength.Seconds()), day: 4 * time.Minute,
		Mix: Mix{Bots: 0.04, Duplicates: 0.02, Late: 0.005, OutOfOrder: 0.02, Malformed: 0.005},
	}
}
