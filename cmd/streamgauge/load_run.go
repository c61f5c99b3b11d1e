package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"time"

	"github.com/streamgauge/streamgauge/producer/load"
)

// loadTest is one call of the command, of one run or of many.
type loadTest struct {
	c      *LoadRunCmd
	con    *console
	target loadTarget
	watch  *watch // with --verify
	ran    []load.Ran
	res    load.Result
	slo    load.Objectives
	seeds  uint64 // used so far
}

// loadGarbage is how much garbage there may be, in percent of what is in use, before Go's collector runs. A bound on the memory as a whole is no good here: a collector
// that cannot keep it works all the time, and takes the machine from the server and the time from the schedule.
const loadGarbage = 50

func newLoadTest(ctx context.Context, c *LoadRunCmd, con *console) (*loadTest, error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(loadGarbage)
	}
	target, err := parseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	if err := canWrite(c.Report, c.JSON); err != nil {
		return nil, err
	}
	t := &loadTest{c: c, con: con, target: target, slo: c.SLO.all}
	if c.Verify {
		if t.watch, err = newWatch(ctx, c, target); err != nil {
			return nil, fmt.Errorf("--verify: %w", err)
		}
	}
	return t, nil
}

// once makes the one run of a profile.
func (t *loadTest) once(ctx context.Context, p load.Profile) error {
	var err error
	t.res, err = t.run(ctx, p, float64(t.c.Rate), nil)
	return err
}

// startIn is how long before its first event a run is ready.
const startIn = 100 * time.Millisecond

// run makes a run. abort, if there is one, is asked again and again whether it shall end early.
func (t *loadTest) run(ctx context.Context, p load.Profile, rate float64, abort func(*load.Result) bool) (load.Result, error) {
	plan, err := t.target.bodies(t.c.plan(p, rate, t.c.Seed.n+t.seeds, time.Now())).Complete()
	if err != nil {
		return load.Result{}, err
	}
	t.seeds++
	script, err := plan.Prepare()
	if err != nil {
		return load.Result{}, err
	}
	plan = script.StartAt(time.Now().Add(startIn).Truncate(time.Millisecond))
	interval := time.Second
	if t.c.Profile == findLimit {
		interval = 500 * time.Millisecond
	}
	rec := load.NewRecorder(plan.Start, interval)
	if t.target.kind != "http" {
		rec.TakesMalformed()
	}
	if t.watch != nil {
		t.watch.follow(rec)
	}
	runner, err := load.NewRunner(script, rec, load.Limits{InFlight: t.c.InFlight, Timeout: t.c.Timeout}, t.target.open(ctx, t.c, t.con))
	if err != nil {
		return load.Result{}, err
	}
	running, cut := context.WithCancel(ctx)
	defer cut()
	stop := t.show(rec, plan, func(r *load.Result) {
		if abort != nil && abort(r) {
			cut()
		}
	})
	err = runner.Run(running)
	stop()
	if err != nil {
		return load.Result{}, fmt.Errorf("run the load: %w", err)
	}
	if t.watch != nil {
		t.watch.settle(ctx)
	}
	t.ran = append(t.ran, rec.Ran(plan))
	return rec.Result(time.Now()).With(plan, t.c.Target), nil
}

// finish verifies, judges, prints and writes, and says what was missed.
func (t *loadTest) finish(ctx context.Context) error {
	var missed []error
	if t.watch != nil {
		v, err := t.watch.verify(ctx, t.ran)
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		t.res.Verified = v
		if !v.OK {
			missed = append(missed, errors.New("the server's figures are not those of what it accepted"))
		}
	}
	if t.res.Limit == nil {
		t.res.Objectives = t.slo.Judge(&t.res)
	} else if t.res.Limit.BrokenOff {
		missed = append(missed, errors.New("the search was broken off"))
	} else if t.res.Limit.Holds == 0 {
		missed = append(missed, errors.New("no rate was found that holds the objective"))
	}
	for _, o := range t.res.Objectives {
		if !o.Met {
			missed = append(missed, fmt.Errorf("missed %s: %s", o.Objective, o.Found))
		}
	}
	if n := t.res.Totals; n.Failed > 0 && n.Accepted == 0 {
		missed = append(missed, fmt.Errorf("no event was accepted: does a server take events at %s?", t.c.Target))
	}
	t.res.Client = usedByClient()
	return errors.Join(append(missed, t.write())...)
}

// write prints the summary and writes the files that were asked for.
func (t *loadTest) write() error {
	out := t.con
	if t.target.kind == "stdout" || t.c.JSON == "-" {
		out = out.toStderr()
	}
	if err := t.summary(out); err != nil {
		return err
	}
	if t.c.JSON == "-" {
		if err := t.con.json(t.res); err != nil {
			return err
		}
	} else if t.c.JSON != "" {
		if err := writeJSON(t.c.JSON, t.res); err != nil {
			return err
		}
	}
	if t.c.Report == "" {
		return nil
	}
	return writeFile(t.c.Report, func(f *os.File) error { return load.WriteReport(f, &t.res) })
}

// mostRuns is how often an undecided rate is run before it counts as one that does not hold.
const mostRuns = 3

// findLimit searches the highest rate that holds the objectives.
func (t *loadTest) findLimit(ctx context.Context) error {
	if !hasErrors(t.slo) {
		more, err := load.ParseObjectives("errors<0.1%")
		if err != nil {
			return err
		}
		t.slo = append(t.slo, more...)
	}
	found := map[float64]load.Result{} // of the rates that held
	evidence := map[float64]*load.Evidence{}
	s := load.Search{
		From: float64(t.c.Rate), Most: float64(t.c.MostRate), Precision: float64(t.c.Precision),
		Try: func(ctx context.Context, rate float64) (load.Trial, load.Decision, error) {
			if evidence[rate] == nil {
				evidence[rate] = &load.Evidence{}
			}
			trial, d, res, err := t.try(ctx, rate, evidence[rate])
			if d == load.Holds {
				found[rate] = res
			}
			return trial, d, err
		},
	}
	limit, err := s.Run(ctx)
	if limit.BrokenOff = ctx.Err() != nil; err != nil && !limit.BrokenOff {
		return err
	}
	t.res = found[limit.Holds] // of several trials, of the one that confirmed it
	t.res.Limit = &limit
	return nil
}

func hasErrors(os load.Objectives) bool {
	for _, o := range os {
		if o.Metric == "errors" {
			return true
		}
	}
	return false
}

// try runs a rate, again where it is not decided.
func (t *loadTest) try(ctx context.Context, rate float64, evidence *load.Evidence) (load.Trial, load.Decision, load.Result, error) {
	var trial load.Trial
	var res load.Result
	d := load.Undecided
	for d == load.Undecided && trial.Runs < mostRuns {
		var err error
		before := cpuOfClient()
		res, err = t.run(ctx, load.Steady, rate, func(r *load.Result) bool { return t.slo.Decide(steadyPart(r), nil, true) == load.Fails })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return trial, load.Undecided, res, err
		}
		trial.Runs++
		trial.Seconds += res.Seconds
		trial.Achieved, trial.Latency, trial.Sending, trial.Schedule = res.Achieved, res.Latency, res.Service, res.Schedule
		trial.Errors = float64(res.Totals.Failed) / math.Max(1, float64(res.Totals.Due))
		trial.Processors = (cpuOfClient() - before) / res.Seconds
		d = evidence.Add(t.slo, &res, steadyPart(&res))
		t.con.log.Info().Float64("rate", math.Round(rate)).Str("p99", load.Milliseconds(res.Latency.P99)).Str("from_sending", load.Milliseconds(res.Service.P99)).
			Str("schedule", load.Milliseconds(res.Schedule.P99)).Str("decision", d.String()).Msg("trial")
	}
	return trial, d, res, nil
}

// steadyPart leaves the first second out, in which connections are made, and what is not a whole interval.
func steadyPart(r *load.Result) []load.Interval {
	var part []load.Interval
	for _, iv := range r.Intervals {
		if iv.Start >= 1 && iv.Seconds >= 0.49 {
			part = append(part, iv)
		}
	}
	return part
}
