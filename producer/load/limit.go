package load

import (
	"context"
	"fmt"
	"math"
)

// Limit is the highest rate that holds the objectives, as far as a search found it.
type Limit struct {
	// Holds is the highest rate that was found to hold, and Fails the lowest that was found not to, in events a second; 0 where there is none.
	Holds  float64 `json:"holds_per_s"`
	Fails  float64 `json:"fails_per_s"`
	Trials []Trial `json:"trials"`
	// ClientBound says that at Fails the sending machine could not keep the schedule, and nothing else was wrong: the server may hold more.
	ClientBound bool `json:"client_bound"`
	// Confirmed says that Holds was shown to hold once more at the end.
	Confirmed bool `json:"confirmed"`
	// BrokenOff says that the search was ended by its user, OutOfTime that its own time was over: the limit lies somewhere between Holds and Fails.
	BrokenOff bool `json:"broken_off,omitempty"`
	OutOfTime bool `json:"out_of_time,omitempty"`
}

// FailedAt returns the last trial at the rate that was found not to hold.
func (l *Limit) FailedAt() (Trial, bool) {
	for i := len(l.Trials) - 1; i >= 0; i-- {
		if l.Trials[i].Rate == l.Fails {
			return l.Trials[i], true
		}
	}
	return Trial{}, false
}

// Trial is what one rate gave. The distributions are of all that its decision rests on, earlier trials of the same rate included.
type Trial struct {
	Rate     float64 `json:"rate_per_s"`
	Decision string  `json:"decision"` // "holds", "fails", "undecided", "client"
	Runs     int     `json:"runs"`
	Seconds  float64 `json:"seconds"`
	Achieved float64 `json:"achieved_per_s"`
	Latency  Latency `json:"latency"`
	Sending  Latency `json:"sending"` // of the answers, from when their requests were begun
	Schedule Latency `json:"schedule"`
	// Processors is how many processors the client kept busy, in the mean; 0 where that is not known.
	Processors float64 `json:"client_processors"`
	Errors     float64 `json:"error_part"`
}

// Decision is what a trial says about its rate.
type Decision uint8

// The decisions. One that stays undecided counts as failing: the limit is a rate that was shown to hold.
const (
	Undecided Decision = iota
	Holds
	Fails
	ClientBound // nothing was wrong but that the sender did not keep the schedule
)

func (d Decision) String() string { return [...]string{"undecided", "holds", "fails", "client"}[d] }

// Search finds a limit by bisection.
type Search struct {
	From      float64 // the first rate
	Most      float64 // no rate above it is tried
	Precision float64 // the search ends when Fails/Holds is at most 1 + this
	// Try runs a trial at a rate and decides. How long it takes for that is its business.
	Try func(ctx context.Context, rate float64) (Trial, Decision, error)
	// Room reports whether there is time for so many trials. Without it there always is.
	Room func(trials int) bool
	// Tell, if there is one, is called before each trial: with what is known, and how many trials there will be at most.
	Tell func(l Limit, most int)
}

// What bounds a search: the trials that look for the limit, and those at its end that have to confirm it.
const (
	mostTrials   = 24
	mostConfirms = 3
)

// Run searches: doubling while the rate holds, halving while it does not, then between the two. At the end the limit has to hold once more, and
// where it does not, the next lower rate of the precision is asked. What is returned with an error is what was found until then; Holds is a rate that was shown to hold, always.
func (s Search) Run(ctx context.Context) (Limit, error) {
	var l Limit
	rate := s.From
	for more := true; more && len(l.Trials) < mostTrials; {
		if l.OutOfTime = !s.room(l); l.OutOfTime {
			break
		}
		d, err := s.try(ctx, &l, rate, s.atMost(l, rate))
		if err != nil {
			return l, err
		}
		if d == Holds {
			l.Holds = max(l.Holds, rate)
		} else if l.Fails == 0 || rate < l.Fails {
			l.Fails = rate
			l.ClientBound = d == ClientBound
		}
		rate, more = s.next(l, rate)
	}
	return l, s.confirm(ctx, &l)
}

// room reports whether there is time for a trial, and for the last one, which confirms what is known to hold.
func (s Search) room(l Limit) bool {
	switch {
	case s.Room == nil:
		return true
	case l.Holds == 0:
		return s.Room(1)
	}
	return s.Room(2)
}

// next returns the rate to try after that one.
func (s Search) next(l Limit, rate float64) (float64, bool) {
	switch {
	case l.Fails == 0:
		return min(2*rate, s.Most), rate < s.Most
	case l.Holds == 0:
		return rate / 2, rate/2 >= 1
	}
	return math.Sqrt(l.Holds * l.Fails), l.Fails/l.Holds > 1+s.Precision
}

// atMost is how many trials there will be in all, if the next one is at that rate: with doubling up to the highest rate or halving down to the lowest, and with every
// confirmation that may be needed.
func (s Search) atMost(l Limit, rate float64) int {
	var n int
	switch {
	case l.Holds > 0 && l.Fails > 0:
		n = s.halvings(l.Fails / l.Holds)
	case l.Fails > 0:
		n = 1 + int(math.Log2(rate)) + s.halvings(2)
	case l.Holds > 0:
		n = 1 + int(math.Ceil(math.Log2(s.Most/rate))) + s.halvings(2)
	default:
		n = 1 + int(math.Ceil(max(math.Log2(s.Most/rate), math.Log2(rate)))) + s.halvings(2)
	}
	return min(len(l.Trials)+n, mostTrials) + mostConfirms
}

// halvings is how often what lies between two rates has to be halved until their ratio is that of the precision.
func (s Search) halvings(ratio float64) int {
	return int(math.Ceil(max(0, math.Log2(math.Log(ratio)/math.Log1p(s.Precision)))))
}

// confirm tries the limit once more. If it does not hold, it is one that was found by chance: then the next lower rate is asked.
func (s Search) confirm(ctx context.Context, l *Limit) error {
	rate, most := l.Holds, len(l.Trials)+mostConfirms
	for len(l.Trials) < most && rate >= 1 {
		if s.Room != nil && !s.Room(1) {
			l.OutOfTime = true
			return nil
		}
		d, err := s.try(ctx, l, rate, most)
		if err != nil {
			return err
		}
		if d == Holds {
			l.Holds, l.Confirmed = rate, true
			return nil
		}
		l.Fails, l.ClientBound = rate, d == ClientBound
		l.Holds = l.shownBelow(rate)
		rate = max(l.Holds, rate/(1+s.Precision))
	}
	return nil
}

// shownBelow is the highest rate below that one which a trial showed to hold, or 0.
func (l *Limit) shownBelow(rate float64) (highest float64) {
	for _, t := range l.Trials {
		if t.Decision == Holds.String() && t.Rate < rate {
			highest = max(highest, t.Rate)
		}
	}
	return highest
}

func (s Search) try(ctx context.Context, l *Limit, rate float64, most int) (Decision, error) {
	if s.Tell != nil {
		s.Tell(*l, most)
	}
	t, d, err := s.Try(ctx, rate)
	if err != nil {
		return d, fmt.Errorf("trial at %.0f/s: %w", rate, err)
	}
	t.Rate, t.Decision = rate, d.String()
	l.Trials = append(l.Trials, t)
	return d, nil
}
