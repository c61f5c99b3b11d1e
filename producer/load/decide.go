package load

import (
	"math"
	"slices"
)

// The confidence of a decision. A trial is looked at up to five times while it goes on, and each look may be wrong: for 5 % in all, one-sided, each
// has 1.7 % (Pocock, "Group sequential methods in the design and analysis of clinical trials", 1977), which for Student's t with about sixteen degrees of freedom is at 2.33. What is
// asked several times a second, whether a trial is hopeless, is asked for more.
const (
	confident     = 2.33
	veryConfident = 4
	leastBatches  = 5
	batches       = 16 // of consecutive intervals, at least, where there are that many intervals
	// promising is what the margin of a trial must come to at its whole length, if it goes on like that, for going on to be worth the time.
	promising = 1
)

// Decide says whether the objectives held over intervals of a run, with confidence. For a quantile q to be below a bound is for the part of the
// requests above the bound to be below 1 − q. Requests of one moment are not independent (a stall hits all of them), so each interval is one observation: how many
// requests were above the bound, less how many were allowed to be. The mean of that is compared with its standard error over the intervals (batch means).
// early asks for more confidence, of failing only.
func (os Objectives) Decide(intervals []Interval, r *Result, early bool) Decision {
	for _, o := range os {
		if !o.overTime() && r != nil && !o.judge(r) {
			return Fails
		}
	}
	switch m := os.margin(intervals); {
	case early && m <= -veryConfident, !early && m <= -confident:
		return Fails
	case !early && m >= confident && len(intervals) >= leastBatches:
		return Holds
	}
	return Undecided
}

func (o Objective) judge(r *Result) bool { return Objectives{o}.Judge(r)[0].Met }

// overTime reports whether an objective is decided by intervals.
func (o Objective) overTime() bool {
	return o.over == latencyQuantile || o.over == freshnessQuantile || o.over == errorPart
}

// CanShow reports whether an objective can be shown to hold with so many requests, if none of them misses it.
func (o Objective) CanShow(requests float64) bool {
	return o.over != latencyQuantile || math.Sqrt((1-o.quantile)*requests) >= confident
}

// margin is by how many standard errors the objective holds which holds least; below zero it fails. 0 says nothing.
func (os Objectives) margin(intervals []Interval) float64 {
	least := math.Inf(1)
	for _, o := range os {
		switch o.over {
		case latencyQuantile:
			least = min(least, o.marginOf(intervals, func(iv Interval) Buckets { return iv.Latency }))
		case freshnessQuantile:
			least = min(least, o.marginOf(intervals, func(iv Interval) Buckets { return iv.Fresh }))
		case errorPart:
			if slices.ContainsFunc(intervals, func(iv Interval) bool { return iv.Failed > 0 }) { // no error is none, however few the events
				least = min(least, margin(intervals, o.bound, func(iv Interval) (bad, all float64) { return float64(iv.Failed), float64(iv.Due) }))
			}
		}
	}
	return least
}

// marginOf is that of an objective about a quantile of times.
func (o Objective) marginOf(intervals []Interval, times func(Interval) Buckets) float64 {
	us := int64(o.bound * 1e3)
	return margin(intervals, 1-o.quantile, func(iv Interval) (bad, all float64) {
		return float64(times(iv).Over(us)), float64(times(iv).Count())
	})
}

func margin(intervals []Interval, allowed float64, count func(Interval) (bad, all float64)) float64 {
	if len(intervals) < leastBatches {
		return 0
	}
	// Moments that follow each other are not independent either: where there are many, some together make an observation.
	together := max(1, len(intervals)/batches)
	k := len(intervals) / together
	var sum, squares, events float64
	for i := range k {
		end := (i + 1) * together
		if i == k-1 {
			end = len(intervals)
		}
		var d float64
		for _, iv := range intervals[i*together : end] {
			bad, all := count(iv)
			d += bad - allowed*all
			events += all
		}
		sum, squares = sum+d, squares+d*d
	}
	// Requests vary by themselves as well: nothing that was too slow, of a few, shows nothing.
	n := float64(k)
	variance := max((squares-sum*sum/n)/(n-1)*n, allowed*events)
	switch {
	case events == 0:
		return 0
	case variance > 0:
		return -sum / math.Sqrt(variance)
	case sum > 0:
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// Evidence is what the runs of one rate say of it, added up.
type Evidence struct {
	intervals []Interval
	sent      []Interval // of the runs that do not count, because the client was late: from the moment of sending
	late      bool       // the run before was the client's fault
}

// Course follows a run of a rate, and says when it has gone on for long enough.
type Course struct {
	Evidence   *Evidence
	Objectives Objectives
	Least      int // intervals before it is looked at, but for one that is hopeless; then it is after each half of these
	Whole      int // intervals that it may have

	look int
}

// Enough reports whether the run may end. It is asked again and again with what there is.
func (c *Course) Enough(own []Interval) bool {
	if c.Objectives.Decide(own, nil, true) == Fails {
		return true
	}
	if len(own) < max(c.look, c.Least) {
		return false
	}
	c.look = len(own) + max(1, c.Least/2)
	return c.Evidence.Settled(c.Objectives, own, c.Whole)
}

// Settled reports whether a run need not go on, which has come so far and may have so many intervals in the end: its rate is decided, or is not likely to be shown to hold by then.
func (e *Evidence) Settled(os Objectives, own []Interval, whole int) bool {
	all := slices.Concat(e.intervals, own)
	if os.Decide(all, nil, false) != Undecided {
		return true
	}
	return os.margin(all)*math.Sqrt(float64(len(e.intervals)+whole)/float64(max(1, len(all)))) < promising
}

// Add takes a run with its intervals, and decides by all that is known of the rate: what is too slow in one run has to be made good by the others. It is only told that
// a rate holds if the objectives are kept by all of its runs together. Undecided counts as failing, unless the run was the client's fault, which may be the noise of the
// machine: then it does not count, and again reports that the rate should be run once more. There is no point in that if from the moment of sending it was not much better.
func (e *Evidence) Add(os Objectives, r *Result, own []Interval) (d Decision, again bool) {
	if !r.Kept && r.Totals.Skipped == 0 && os.Decide(own, r, false) != Holds {
		e.sent = append(e.sent, fromSending(own)...)
		switch os.Decide(e.sent, r, false) {
		case Holds: // nothing was wrong but the schedule
			if e.late {
				return ClientBound, false
			}
			e.late = true
			return Undecided, true
		case Undecided:
			return Undecided, os.margin(e.sent) >= promising
		}
	}
	e.late = false
	e.intervals = append(e.intervals, own...)
	return os.Decide(e.intervals, r, false), false
}

// Distributions returns those of all that counts, from when requests were due, and from when they were begun. They are to 1 %.
func (e *Evidence) Distributions() (latency, sending Latency) {
	var due, sent Buckets
	for _, iv := range e.intervals {
		due, sent = due.Merge(iv.Latency), sent.Merge(iv.Sending)
	}
	return due.distribution(), sent.distribution()
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
