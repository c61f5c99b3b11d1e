package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
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
	doing  string // what the run is for, in the live view
}

// loadGarbage is how much garbage there may be, in percent of what is in use, before Go's collector runs. A bound on the memory as a whole is no good here: a collector
// that cannot keep it works all the time, and takes the machine from the server and the time from the schedule.
const loadGarbage = 50

func newLoadTest(ctx context.Context, c *LoadRunCmd, con *console) (*loadTest, error) {
	collectAt(loadGarbage)
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
	t.res, err = t.run(ctx, t.c.plan(p, float64(t.c.Rate), 0, time.Now()), nil)
	return err
}

// startIn is how long before its first event a run is ready.
const startIn = 100 * time.Millisecond

// run makes a run. enough, if there is one, is asked again and again whether it may end early.
func (t *loadTest) run(ctx context.Context, plan load.Plan, enough func(*load.Result) bool) (load.Result, error) {
	plan.Seed = t.c.Seed.n + t.seeds
	plan, err := t.target.bodies(plan).Complete()
	if err != nil {
		return load.Result{}, err
	}
	t.seeds++
	runtime.GC() // the visitors of the run before, that they are not in memory beside those of this one
	script, err := plan.Prepare()
	if err != nil {
		return load.Result{}, err
	}
	plan = script.StartAt(time.Now().Add(startIn).Truncate(time.Millisecond))
	interval := time.Second
	if t.c.Profile == findLimit {
		interval = trialInterval
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
	shown := plan // as far as it was played
	stop := t.show(rec, plan, func(r *load.Result) {
		if enough != nil && running.Err() == nil && enough(r) {
			shown.For = min(plan.For, time.Since(plan.Start))
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
	return rec.Result(time.Now()).With(shown, shownTarget(t.c.Target)), nil
}

// finish verifies, judges, prints and writes, and says what was missed.
func (t *loadTest) finish(ctx context.Context) error {
	var missed []error
	if t.watch != nil {
		runtime.GC() // verifying makes visitors of its own
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
		missed = append(missed, fmt.Errorf("no event was accepted: does a server take events at %s?", shownTarget(t.c.Target)))
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
