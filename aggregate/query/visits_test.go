package query_test

import (
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// visitsOf counts the visits of one visitor who comes at these times.
func visitsOf(t *testing.T, rules query.Rules, at ...time.Duration) float64 {
	t.Helper()
	var b sketch.Builder
	for _, d := range at {
		h := hitAt(start+d.Milliseconds(), "pageview", "/")
		b.Add(1, &h)
	}
	s, _ := b.Seal()
	q := query.Query{From: start, To: start + 9*86400_000, Metrics: []query.Metric{query.Visits}}
	r, err := query.Eval(&q, rules, s, query.Extras{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Rows[0].Values[0].X
}

func TestVisitsEndAtTheGap(t *testing.T) {
	for _, c := range []struct {
		gap, pause time.Duration
		want       float64
	}{
		{0, 30*time.Minute - time.Millisecond, 1},
		{0, 30 * time.Minute, 2},
		{time.Hour, 30 * time.Minute, 1},
		{time.Hour, time.Hour, 2},
	} {
		if got := visitsOf(t, query.Rules{Gap: c.gap}, 0, c.pause); got != c.want {
			t.Errorf("gap %s, pause %s: %v visits, want %v", c.gap, c.pause, got, c.want)
		}
	}
}

// TestVisitsAreCutAfterADay has a visitor who never pauses, and comes exactly a day after the first time, or a moment earlier.
func TestVisitsAreCutAfterADay(t *testing.T) {
	var at []time.Duration
	for d := time.Duration(0); d < 24*time.Hour; d += 20 * time.Minute {
		at = append(at, d)
	}
	for last, want := range map[time.Duration]float64{24*time.Hour - time.Millisecond: 1, 24 * time.Hour: 2} {
		if got := visitsOf(t, query.Rules{}, append(at, last)...); got != want {
			t.Errorf("a hit after %s: %v visits, want %v", last, got, want)
		}
	}
}
