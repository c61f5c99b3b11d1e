package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/producer/load"
)

const (
	viewEvery = 250 * time.Millisecond
	sparkLine = 60 // seconds that a sparkline shows
)

// show tells how a run goes, until the returned function is called: on a terminal by lines that are drawn anew, elsewhere by a line now and then. see is
// called with what was found up to then.
func (t *loadTest) show(rec *load.Recorder, p load.Plan, see func(*load.Result)) (stop func()) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	v := &view{con: t.con, plan: p, doing: t.doing}
	wg.Go(func() {
		tick := time.NewTicker(viewEvery)
		defer tick.Stop()
		var said time.Time
		for {
			select {
			case <-end:
				v.wipe()
				return
			case now := <-tick.C:
				if now.Before(p.Start) {
					continue
				}
				look := rec.Progress
				if t.con.terminal { // which shows the distributions, too
					look = rec.Result
				}
				r := look(now)
				see(&r)
				if t.con.terminal {
					v.draw(&r)
				} else if now.Sub(said) >= lineEvery {
					said = now
					fmt.Fprintln(t.con.stderr, v.line(&r))
				}
			}
		}
	})
	return func() { close(end); wg.Wait() }
}

// view draws a run.
type view struct {
	con   *console
	plan  load.Plan
	doing string
	lines int // that are drawn
}

// lately is the last whole interval of a run and the one before, merged.
func lately(r *load.Result) (load.Interval, bool) {
	n := len(r.Intervals) - 1 // the last one is not whole
	if n < 1 {
		return load.Interval{}, false
	}
	return r.Intervals[n-1], true
}

func (v *view) line(r *load.Result) string {
	iv, ok := lately(r)
	if !ok {
		return fmt.Sprintf("%.0fs, asked %s", r.Seconds, shownRate(v.asked(r.Seconds)))
	}
	return fmt.Sprintf("%.0fs, asked %s, achieved %s, p50 %s, p99 %s, %d in flight, %d failed", r.Seconds, shownRate(v.asked(iv.Start)),
		shownRate(float64(iv.Accepted)/iv.Seconds), us(iv.Latency.Quantile(0.5)), us(iv.Latency.Quantile(0.99)), iv.InFlight, r.Totals.Failed)
}

// asked is the rate that the plan asks for at that second.
func (v *view) asked(second float64) float64 {
	return v.plan.Asked(second)
}

func us(n int64) string { return load.Milliseconds(float64(n) / 1e3) }

// draw draws the lines over those that were drawn before.
func (v *view) draw(r *load.Result) {
	var b strings.Builder
	v.up(&b)
	lines := v.text(r)
	for _, l := range lines {
		b.WriteString("\x1b[2K" + l + "\n")
	}
	v.lines = len(lines)
	fmt.Fprint(v.con.stderr, b.String())
}

func (v *view) up(b *strings.Builder) {
	if v.lines > 0 {
		fmt.Fprintf(b, "\x1b[%dA", v.lines)
	}
}

func (v *view) wipe() {
	if v.lines == 0 {
		return
	}
	var b strings.Builder
	v.up(&b)
	b.WriteString("\x1b[J")
	fmt.Fprint(v.con.stderr, b.String())
	v.lines = 0
}

func (v *view) text(r *load.Result) []string {
	iv, _ := lately(r)
	l := iv.Latency
	failed := "none"
	if r.Totals.Failed > 0 {
		var kinds []string
		for _, k := range sortedKeys(r.Totals.Errors) {
			kinds = append(kinds, fmt.Sprintf("%s %d", k, r.Totals.Errors[k]))
		}
		failed = strings.Join(kinds, ", ")
	}
	lines := []string{
		fmt.Sprintf("  %-9s %s of %s, %s, %s", "time", time.Duration(r.Seconds)*time.Second, v.plan.For, v.plan.Profile, plural(int64(v.plan.People), "visitor")),
		fmt.Sprintf("  %-9s asked %-12s achieved %-12s %s", "rate", shownRate(v.asked(r.Seconds)), shownRate(float64(iv.Accepted)/max(iv.Seconds, 1e-9)), spark(r, acceptedRate)),
		fmt.Sprintf("  %-9s p50 %-12s p99 %-12s p99.9 %-12s %s", "latency", us(l.Quantile(0.5)), us(l.Quantile(0.99)), us(l.Quantile(0.999)), spark(r, p99)),
		fmt.Sprintf("  %-9s p50 %-12s p99 %-12s p99.9 %-12s max %s", "in all", load.Milliseconds(r.Latency.P50), load.Milliseconds(r.Latency.P99), load.Milliseconds(r.Latency.P999), load.Milliseconds(r.Latency.Max)),
		fmt.Sprintf("  %-9s %d, schedule p99 %s late", "in flight", iv.InFlight, load.Milliseconds(r.Schedule.P99)),
		fmt.Sprintf("  %-9s %s", "errors", failed),
	}
	if v.doing != "" {
		lines = append([]string{fmt.Sprintf("  %-9s %s", "search", v.doing)}, lines...)
	}
	if r.Freshness != nil {
		lines = append(lines, fmt.Sprintf("  %-9s p50 %-12s p99 %s", "visible", load.Milliseconds(r.Freshness.P50), load.Milliseconds(r.Freshness.P99)))
	}
	return lines
}

func acceptedRate(iv load.Interval) float64 { return float64(iv.Accepted) / iv.Seconds }
func p99(iv load.Interval) float64          { return float64(iv.Latency.Quantile(0.99)) }

var bars = []rune("▁▂▃▄▅▆▇█")

// spark draws the last intervals as bars, the highest to the top.
func spark(r *load.Result, value func(load.Interval) float64) string {
	whole := r.Intervals[:max(0, len(r.Intervals)-1)]
	whole = whole[max(0, len(whole)-sparkLine):]
	top := 0.0
	for _, iv := range whole {
		top = max(top, value(iv))
	}
	var b strings.Builder
	for _, iv := range whole {
		i := 0
		if top > 0 {
			i = min(int(value(iv)/top*float64(len(bars))), len(bars)-1)
		}
		b.WriteRune(bars[i])
	}
	return b.String()
}
