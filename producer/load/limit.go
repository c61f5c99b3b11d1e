package load

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Limit is the highest rate that holds the objectives, as far as a search found it.
type Limit struct {
	// Holds is the highest rate that was found to hold, and Fails the lowest that was found not to, in events a second; 0 where there is none.
	Holds  float64 `json:"holds_per_s"`
	Fails  float64 `json:"fails_per_s"`
	Trials []Trial `json:"trials"`
	// ClientBound says that at Fails the sending machine could not keep the schedule, and nothing else was wrong: the server may hold more.
	ClientBound bool `json:"client_bound"`
	// BrokenOff says that the search was ended before its time: the limit lies somewhere between Holds and Fails.
	BrokenOff bool `json:"broken_off,omitempty"`
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

// Trial is what one rate gave.
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
	// Try runs a trial at a rate and decides. More runs of a rate that is undecided are its business.
	Try func(ctx context.Context, rate float64) (Trial, Decision, error)
}

// mostTrials bounds a search.
const mostTrials = 24

// Run searches: doubling while the rate holds, halving while it does not, then between the two. At the end the limit has to hold once more, and
// where it does not, the next lower rate of the precision is asked.
func (s Search) Run(ctx context.Context) (Limit, error) {
	var l Limit
	rate := s.From
	for len(l.Trials) < mostTrials {
		d, err := s.try(ctx, &l, rate)
		if err != nil {
			return l, err
		}
		if d == Holds {
			l.Holds = max(l.Holds, rate)
		} else if l.Fails == 0 || rate < l.Fails {
			l.Fails = rate
			l.ClientBound = d == ClientBound
		}
		next, more := s.next(l, rate)
		if !more {
			break
		}
		rate = next
	}
	return l, s.confirm(ctx, &l)
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

func (s Search) confirm(ctx context.Context, l *Limit) error {
	for l.Holds >= 1 && len(l.Trials) < mostTrials+4 {
		d, err := s.try(ctx, l, l.Holds)
		if err != nil || d == Holds {
			return err
		}
		l.Fails, l.ClientBound = l.Holds, d == ClientBound
		l.Holds /= 1 + s.Precision
	}
	return nil
}

func (s Search) try(ctx context.Context, l *Limit, rate float64) (Decision, error) {
	t, d, err := s.Try(ctx, rate)
	if err != nil {
		return d, fmt.Errorf("trial at %.0f/s: %w", rate, err)
	}
	t.Rate, t.Decision = rate, d.String()
	l.Trials = append(l.Trials, t)
	return d, nil
}

// The confidence of a decision: Student's t, one-sided, for 95 % with ten degrees of freedom or so, and for one that is made before a
// trial is over, which is asked more than once.
const (
	confident     = 1.81
	veryConfident = 4
	leastBatches  = 5
)

// Decide says whether the objectives held over intervals of a run, with confidence. For a quantile q to be below a bound is for the part of the
// requests above the bound to be below 1 − q. Requests of one moment are not independent (a stall hits all of them), so each interval is one observation: how many
// requests were above the bound, less how many were allowed to be. The mean of that is compared with its standard error over the intervals (batch means).
// early asks for more confidence, of failing only.
func (os Objectives) Decide(intervals []Interval, r *Result, early bool) Decision {
	decision := Holds
	for _, o := range os {
		d := Holds
		switch o.over {
		case latencyQuantile:
			us := int64(o.bound * 1e3)
			d = decide(intervals, 1-o.quantile, early, func(iv Interval) (bad, all float64) {
				return float64(iv.Latency.Over(us)), float64(iv.Latency.Count())
			})
		case freshnessQuantile:
			us := int64(o.bound * 1e3)
			d = decide(intervals, 1-o.quantile, early, func(iv Interval) (bad, all float64) {
				return float64(iv.Fresh.Over(us)), float64(iv.Fresh.Count())
			})
		case errorPart:
			d = decide(intervals, o.bound, early, func(iv Interval) (bad, all float64) { return float64(iv.Failed), float64(iv.Due) })
		default:
			if r != nil && !o.judge(r) {
				d = Fails
			}
		}
		switch {
		case d == Fails:
			return Fails
		case d == Undecided:
			decision = Undecided
		}
	}
	return decision
}

func (o Objective) judge(r *Result) bool { return Objectives{o}.Judge(r)[0].Met }

func decide(intervals []Interval, allowed float64, early bool, count func(Interval) (bad, all float64)) Decision {
	if len(intervals) < leastBatches {
		return Undecided
	}
	var sum, squares, events float64
	for _, iv := range intervals {
		bad, all := count(iv)
		d := bad - allowed*all
		sum, squares, events = sum+d, squares+d*d, events+all
	}
	k := float64(len(intervals))
	spread := math.Sqrt(max(0, squares-sum*sum/k) / (k - 1) * k)
	t := confident
	if early {
		t = veryConfident
	}
	switch {
	case events == 0:
		return Undecided
	case sum-t*spread > 0:
		return Fails
	case !early && sum+t*spread <= 0:
		return Holds
	}
	return Undecided
}

// Evidence is what the runs of one rate say of it.
type Evidence struct {
	intervals    []Interval
	holds, fails int  // runs that decide so by themselves
	late         bool // the run before was the client's fault
}

// Add takes a run with its intervals, and decides by all runs so far that say something. Undecided asks for one more; so does a first run that was the client's
// fault, for that may be the noise of the machine, and runs that contradict each other, of which two of three decide.
func (e *Evidence) Add(os Objectives, r *Result, own []Interval) Decision {
	d := os.Decide(own, r, false)
	if d != Holds && !r.Kept && r.Totals.Skipped == 0 {
		switch os.Decide(fromSending(own), r, false) {
		case Holds: // nothing was wrong but the schedule
			if e.late {
				return ClientBound
			}
			e.late = true
			return Undecided
		case Undecided:
			return Undecided
		}
	}
	e.late = false
	switch d {
	case Holds:
		e.holds++
	case Fails:
		e.fails++
	}
	e.intervals = append(e.intervals, own...)
	switch {
	case e.holds == 0 || e.fails == 0:
		return os.Decide(e.intervals, r, false)
	case e.holds > e.fails:
		return Holds
	case e.fails > e.holds:
		return Fails
	}
	return Undecided
}

// fromSending returns intervals whose latency counts from the moment of sending. Where the schedule was not kept, that from the due times is too high: the server
// is at fault if the objectives fail by the other as well, and the client if they hold by it.
func fromSending(intervals []Interval) []Interval {
	all := slices.Clone(intervals)
	for i := range all {
		all[i].Latency = all[i].Sending
	}
	return all
}
