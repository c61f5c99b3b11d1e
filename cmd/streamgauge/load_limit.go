package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/producer/load"
)

const (
	// trialInterval is what counts as one moment of a trial, and unsteady how much of its beginning does not count: connections are made then.
	trialInterval = 500 * time.Millisecond
	unsteady      = time.Second
	// mostLengths is how many times --for a trial may take, where it takes that to decide.
	mostLengths = 3
	// mostLate is how often a rate is run again because this machine did not keep the schedule.
	mostLate = 3
	// searchLengths is how many times --for a search may take, where --within does not say it.
	searchLengths = 30
)

// limitSearch is a search under way.
type limitSearch struct {
	*loadTest
	began    time.Time
	overhead time.Duration // of the last trial, beside its run: visitors are made before it, and what it sent is counted after it
	evidence map[float64]*load.Evidence
	found    map[float64]load.Result // of the rates that held, the last
}

// findLimit searches the highest rate that holds the objectives.
func (t *loadTest) findLimit(ctx context.Context) error {
	if !slices.ContainsFunc(t.slo, func(o load.Objective) bool { return o.Metric == "errors" }) {
		more, err := load.ParseObjectives("errors<0.1%")
		if err != nil {
			return err
		}
		t.slo = append(t.slo, more...)
	}
	s := &limitSearch{loadTest: t, began: time.Now(), overhead: time.Second, evidence: map[float64]*load.Evidence{}, found: map[float64]load.Result{}}
	search := load.Search{
		From: float64(t.c.Rate), Most: float64(t.c.MostRate), Precision: float64(t.c.Precision), Try: s.try, Tell: s.tell,
		Room: func(trials int) bool { return s.left() >= time.Duration(trials)*(t.c.For.Duration+s.overhead) },
	}
	limit, err := search.Run(ctx)
	if limit.BrokenOff = ctx.Err() != nil; err != nil && !limit.BrokenOff {
		return err
	}
	t.doing = ""
	t.res = s.found[limit.Holds] // of several trials, of the one that confirmed it
	t.res.Limit = &limit
	return nil
}

// left is how much of the search's time is left.
func (s *limitSearch) left() time.Duration { return s.c.Within.Duration - time.Since(s.began) }

// tell says what is known before a trial.
func (s *limitSearch) tell(l load.Limit, most int) {
	known := "nothing is known yet"
	switch {
	case l.Holds > 0 && l.Fails > 0:
		known = fmt.Sprintf("holds %s, fails %s", shownRate(l.Holds), shownRate(l.Fails))
	case l.Holds > 0:
		known = "holds " + shownRate(l.Holds)
	case l.Fails > 0:
		known = "fails " + shownRate(l.Fails)
	}
	s.doing = fmt.Sprintf("%s; trial %d of at most %d, %s of at most %s", known, len(l.Trials)+1, most, time.Since(s.began).Round(time.Second), s.c.Within)
	if !s.con.terminal { // where there is a live view, it is in that
		fmt.Fprintln(s.con.stderr, s.doing)
	}
}

// try runs a rate until it is decided, or cannot be shown to hold in the time that there is for it.
func (s *limitSearch) try(ctx context.Context, rate float64) (trial load.Trial, d load.Decision, err error) {
	known := s.evidence[rate]
	if known == nil {
		known = &load.Evidence{}
		s.evidence[rate] = known
	}
	for again := true; again && trial.Runs < mostLate; {
		whole := max(s.c.For.Duration, min(mostLengths*s.c.For.Duration, s.left()-s.overhead))
		course := load.Course{Evidence: known, Objectives: s.slo, Least: intervalsIn(s.c.For.Duration), Whole: intervalsIn(whole)}
		plan := s.c.plan(load.Steady, rate, 0, time.Now())
		plan.For = whole
		began, before := time.Now(), cpuOfClient()
		res, err := s.run(ctx, plan, func(r *load.Result) bool { return course.Enough(steadyPart(r, r.Seconds)) })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return trial, load.Undecided, err
		}
		s.overhead = time.Since(began) - res.Plan.For
		d, again = known.Add(s.slo, &res, steadyPart(&res, res.Plan.For.Seconds()))
		trial.Runs++
		trial.Seconds += res.Plan.For.Seconds()
		trial.Processors = (cpuOfClient() - before) / res.Seconds
		describe(&trial, &res, known, again || d == load.ClientBound)
		if d == load.Holds {
			s.found[rate] = res
		}
		s.con.log.Info().Float64("rate", math.Round(rate)).Dur("for", res.Plan.For.Round(trialInterval)).Str("p99", shownP99(trial.Latency)).
			Str("from_sending", shownP99(trial.Sending)).Str("schedule", shownP99(trial.Schedule)).Str("decision", d.String()).Msg("trial")
	}
	return trial, d, nil
}

// describe tells what a decision rests on: all that is known of a rate, or where the client was late, that run.
func describe(trial *load.Trial, res *load.Result, known *load.Evidence, late bool) {
	trial.Achieved, trial.Schedule = res.Achieved, res.Schedule
	trial.Errors = float64(res.Totals.Failed) / math.Max(1, float64(res.Totals.Due))
	if trial.Latency, trial.Sending = known.Distributions(); late {
		trial.Latency, trial.Sending = res.Latency, res.Service
	}
}

// intervalsIn is how many intervals of a run of that length count.
func intervalsIn(d time.Duration) int { return int((d - unsteady) / trialInterval) }

// steadyPart leaves the beginning of a run out, and adds the answers that came after its end to its last moment.
func steadyPart(r *load.Result, end float64) []load.Interval {
	var part []load.Interval
	for _, iv := range r.Intervals {
		switch {
		case iv.Start < unsteady.Seconds():
		case iv.Start+iv.Seconds <= end+0.01 && iv.Seconds >= 0.49:
			part = append(part, iv)
		case len(part) > 0:
			part[len(part)-1] = part[len(part)-1].With(iv)
		}
	}
	return part
}

// checkLimit says what about a search cannot work.
func (c *LoadRunCmd) checkLimit(wrong func(is bool, format string, args ...any)) {
	wrong(len(c.SLO.all) == 0, `--profile find-limit needs --slo, such as "p99<100ms"`)
	wrong(c.Precision <= 0, "--precision must be more than 0%%")
	wrong(c.For.Duration < 4*time.Second, "--for must be at least 4s for a trial of find-limit, not %s", c.For)
	wrong(c.Within.Duration < 2*c.For.Duration, "--within must be at least twice the --for of a trial, %s, not %s", 2*c.For.Duration, c.Within)
	for _, o := range c.SLO.all {
		requests := float64(c.Rate) / float64(c.Batch) * (mostLengths*c.For.Duration - unsteady).Seconds()
		wrong(!o.CanShow(requests), "%s cannot be shown with the %.0f requests that --rate %.0f/s sends in a trial: a higher --rate or a longer --for is needed", o, requests, float64(c.Rate))
	}
}
