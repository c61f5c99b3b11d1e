package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/streamgauge/streamgauge/producer/load"
)

// toStderr is a console whose answers go where the progress goes: standard output is taken.
func (c *console) toStderr() *console {
	o := *c
	o.stdout = c.stderr
	return &o
}

// canWrite makes the files that do not exist: a run may take hours, and what it found would be lost where it cannot be written. "" and - are none.
func canWrite(names ...string) error {
	for _, name := range names {
		if name == "" || name == "-" {
			continue
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name string, write func(*os.File) error) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := write(f); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func writeJSON(name string, v any) error {
	return writeFile(name, func(f *os.File) error { return json.NewEncoder(f).Encode(v) })
}

// usedByClient is what this process took.
func usedByClient() *load.Client {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return nil
	}
	cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	return &load.Client{CPUSeconds: cpu.Seconds(), PeakBytes: u.Maxrss << 10}
}

// cpuOfClient is how many seconds this process has computed, 0 where that is not known.
func cpuOfClient() float64 {
	if c := usedByClient(); c != nil {
		return c.CPUSeconds
	}
	return 0
}

// summary prints what a run found.
func (t *loadTest) summary(con *console) error {
	r := &t.res
	var rows [][]string
	row := func(cells ...string) { rows = append(rows, cells) }
	if r.Limit != nil {
		t.limitRows(row)
	}
	if r.Plan.Rate > 0 {
		resultRows(r, row)
	}
	for _, o := range r.Objectives {
		verdict := "met"
		if !o.Met {
			verdict = "MISSED"
		}
		row("objective", o.Objective, o.Found, verdict)
	}
	if r.Verified != nil {
		verifiedRows(r.Verified, row)
	}
	if c := r.Client; c != nil {
		row("this client", fmt.Sprintf("%.1f s of CPU", c.CPUSeconds), fmt.Sprintf("%d MiB at most", c.PeakBytes>>20))
	}
	return con.table(rows)
}

// shownP99 is a dash where nothing was measured: a hopeless trial may be cut before the first answer that counts.
func shownP99(l load.Latency) string {
	if l.Count == 0 {
		return "–"
	}
	return load.Milliseconds(l.P99)
}

func (t *loadTest) limitRows(row func(...string)) {
	l := t.res.Limit
	for _, tr := range l.Trials {
		row("trial", shownRate(tr.Rate), "p99 "+shownP99(tr.Latency), "from sending "+shownP99(tr.Sending), "schedule "+shownP99(tr.Schedule), percent(tr.Errors)+" errors", tr.Decision)
	}
	var conditions []string
	for _, o := range t.slo {
		conditions = append(conditions, o.String())
	}
	text, so := "no higher rate was tried", ""
	switch {
	case l.BrokenOff:
		so = "so far, for the search was broken off: "
	case l.OutOfTime:
		so = "as far as was found in " + t.c.Within.String() + " (--within): "
	case !l.Confirmed && l.Holds > 0:
		so = "not confirmed: "
	}
	switch tr, _ := l.FailedAt(); {
	case l.ClientBound:
		text = clientsLimit(tr)
	case l.Fails > 0:
		text = "not shown to hold at " + shownRate(l.Fails)
	}
	holds := "none found"
	if l.Holds > 0 {
		holds = shownRate(l.Holds)
	}
	row("limit", holds, strings.Join(conditions, ", "), so+text)
}

// clientsLimit says what kept the client from its schedule.
func clientsLimit(tr load.Trial) string {
	why := "which was not its own work: other processes had the processors"
	if own := tr.Processors; own > 0.8 {
		why = "which is what one thread can send"
	} else if own > 0.2 {
		why = "which it shares with others, the server among them if it is on this machine"
	}
	return fmt.Sprintf("at %s this client kept %.2f of %s busy, %s, and began 1%% of the requests more than %s late; from sending p99 was %s: the server may hold more",
		shownRate(tr.Rate), tr.Processors, plural(int64(runtime.NumCPU()), "processor"), why, load.Milliseconds(tr.Schedule.P99), load.Milliseconds(tr.Sending.P99))
}

func resultRows(r *load.Result, row func(...string)) {
	row("plan", string(r.Plan.Profile), shownRate(r.Plan.Rate)+" for "+r.Plan.For.String(), "seed "+strconv.FormatUint(r.Plan.Seed, 10))
	row("", plural(int64(r.Plan.People), "visitor"), fmt.Sprintf("%d a request", r.Plan.Batch), r.Target)
	row("due", number(r.Totals.Due), "events", shownRate(float64(r.Totals.Due)/r.Plan.For.Seconds()))
	row("sent", number(r.Totals.Sent), "events", "in "+plural(int64(r.Totals.Requests), "request"))
	row("accepted", number(r.Totals.Accepted), "events", shownRate(r.Achieved))
	row("refused", number(r.Totals.Refused), "malformed events, as they should be")
	row("failed", number(r.Totals.Failed), "events", percent(float64(r.Totals.Failed)/max(1, float64(r.Totals.Due))))
	for _, kind := range sortedKeys(r.Totals.Errors) {
		row("", number(r.Totals.Errors[kind]), kind)
	}
	if r.Totals.Unknown > 0 {
		row("", number(r.Totals.Unknown), "of them had no answer: they may be counted or not")
	}
	distribution := func(name string, l load.Latency) {
		if l.Count == 0 {
			row(name, "none", "no request succeeded")
			return
		}
		row(name, "p50 "+load.Milliseconds(l.P50), "p90 "+load.Milliseconds(l.P90), "p99 "+load.Milliseconds(l.P99), "p99.9 "+load.Milliseconds(l.P999), "max "+load.Milliseconds(l.Max))
	}
	distribution("latency", r.Latency)
	distribution("  from sending", r.Service)
	distribution("  schedule", r.Schedule)
	if r.Freshness != nil {
		distribution("freshness", *r.Freshness)
	}
	if drift, ok := r.Drift(); ok && r.Plan.Profile == load.Soak {
		row("drift", fmt.Sprintf("%+.1f%%", 100*drift), "p99 of the last tenth against the first")
	}
	if !r.Kept {
		row("SCHEDULE", "NOT KEPT", notKept(r))
	}
}

func notKept(r *load.Result) string {
	if r.Totals.Skipped > 0 {
		return number(r.Totals.Skipped) + " events were not sent: the most requests allowed were under way (--in-flight)"
	}
	return "1% of the requests were sent more than " + load.Milliseconds(r.Schedule.P99) + " late: this machine is too slow or too busy"
}

func verifiedRows(v *load.Verification, row func(...string)) {
	for _, c := range v.Checks {
		want := number(c.Least)
		if c.Most != c.Least {
			want += " to " + number(c.Most)
		}
		verdict := "ok"
		if !c.OK() {
			verdict = "DIFFERS"
		}
		row("verify "+c.Name, number(c.Found), "expected "+want, verdict)
	}
	row("verify ids", number(v.IDsChecked), "looked up one by one")
	for _, d := range []struct {
		name string
		d    load.Difference
	}{{"accepted, not counted", v.Missing}, {"counted twice", v.Doubled}, {"counted, not taken", v.Untaken}, {"counted, never sent", v.Foreign}} {
		if d.d.Events > 0 {
			row("  "+d.name, number(d.d.Events), strings.Join(d.d.Examples, " "))
		}
	}
	if v.OK {
		row("verified", "every event", "is counted exactly once")
	} else {
		row("NOT VERIFIED")
	}
}

func sortedKeys(m map[string]uint64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func shownRate(perSecond float64) string { return strconv.FormatFloat(perSecond, 'f', 0, 64) + "/s" }

func percent(part float64) string { return strconv.FormatFloat(100*part, 'g', 3, 64) + "%" }
