package query_test

import (
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

func TestRoundingIsPlausibles(t *testing.T) {
	for _, c := range []struct {
		metric query.Metric
		x      float64
		want   float64
	}{
		{query.Visitors, 1234.4, 1234},
		{query.BounceRate, 45.5, 46},
		{query.BounceRate, 44.5, 44}, // halves to even
		{query.VisitDuration, 61.51, 62},
		{query.ViewsPerVisit, 2.345678, 2.35},
		{query.Percentage, 33.3333, 33.3},
		{query.ConversionRate, 6.25, 6.2},
		{query.ExitRate, 99.96, 100},
		{query.TimeOnPage, 12.7, 13},
		{query.ScrollDepth, 54.4, 54},
		{"cls_p75", 0.12345, 0.123},
		{"lcp_p75", 2512.6, 2513},
	} {
		if got := c.metric.Round(query.Value{X: c.x}); got.X != c.want || got.Null {
			t.Errorf("%s %v: got %v, want %v", c.metric, c.x, got, c.want)
		}
	}
	if got := query.ViewsPerVisit.Round(query.Value{X: 1, Err: 0.123456}); got.Err != 0.123 {
		t.Errorf("error rounded to %v", got.Err)
	}
	money := query.TotalRevenue.Round(query.Value{Money: []query.Money{{Currency: "EUR", Amount: 10.00049, Err: 1.00004}}})
	if len(money.Money) != 1 || money.Money[0] != (query.Money{Currency: "EUR", Amount: 10, Err: 1}) {
		t.Errorf("money rounded to %v", money.Money)
	}
}

func TestNothingIsZeroWherePlausibleSaysSo(t *testing.T) {
	for m, null := range map[query.Metric]bool{
		query.BounceRate: false, query.VisitDuration: false, query.ViewsPerVisit: false, query.ConversionRate: false,
		query.Percentage: true, query.TimeOnPage: true, query.ScrollDepth: true, query.ExitRate: true, query.TotalRevenue: true, "lcp_p75": true,
	} {
		if got := m.Round(query.Value{Null: true}); got.Null != null || got.X != 0 {
			t.Errorf("%s: %v", m, got)
		}
	}
}

func TestChangeIsPlausibles(t *testing.T) {
	x := func(x float64) query.Value { return query.Value{X: x} }
	euros := func(x float64) query.Value { return query.Value{Money: []query.Money{{Currency: "EUR", Amount: x}}} }
	dollars := query.Value{Money: []query.Money{{Currency: "USD", Amount: 1}}}
	for _, c := range []struct {
		metric      query.Metric
		before, now query.Value
		change      float64
		ok          bool
	}{
		{query.Visitors, x(100), x(150), 50, true},
		{query.Visitors, x(3), x(2), -33, true},
		{query.Visitors, x(0), x(5), 100, true},
		{query.Visitors, x(0), x(0), 0, true},
		{query.BounceRate, x(40), x(55), 15, true},
		{query.BounceRate, x(0), x(55), 0, false},
		{query.ConversionRate, x(0), x(2.5), 2.5, true},
		{query.ExitRate, x(10.1), x(10.4), 0.3, true},
		{query.ScrollDepth, query.Value{Null: true}, x(5), 0, false},
		{query.ScrollDepth, x(5), query.Value{Null: true}, 0, false},
		{query.TotalRevenue, euros(10), euros(15), 50, true},
		{query.TotalRevenue, euros(10), dollars, 0, false},
	} {
		change, ok := c.metric.Change(c.before, c.now)
		if ok != c.ok || ok && change != c.change {
			t.Errorf("%s from %v to %v: got %v %v, want %v %v", c.metric, c.before, c.now, change, ok, c.change, c.ok)
		}
	}
}

// TestEarlierSpans looks at a week over which the clocks change, and at a leap day.
func TestEarlierSpans(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	date := func(y, m, d, h int) int64 { return time.Date(y, time.Month(m), d, h, 0, 0, 0, zone).UnixMilli() }
	for _, c := range []struct {
		compare                  query.Comparison
		from, to, wantFrom, want int64
	}{
		{query.PreviousPeriod, date(2026, 3, 30, 0), date(2026, 4, 6, 0), date(2026, 3, 23, 0), date(2026, 3, 30, 0)},
		{query.PreviousPeriod, date(2026, 3, 29, 1), date(2026, 3, 29, 4), date(2026, 3, 28, 23), date(2026, 3, 29, 1)},
		{query.YearOverYear, date(2024, 2, 29, 0), date(2024, 3, 2, 0), date(2023, 3, 1, 0), date(2023, 3, 2, 0)},
		{query.YearOverYear, date(2026, 10, 25, 0), date(2026, 10, 26, 0), date(2025, 10, 25, 0), date(2025, 10, 26, 0)},
	} {
		q := query.Query{From: c.from, To: c.to, Metrics: []query.Metric{query.Visitors}, Compare: c.compare, Limit: 3, Offset: 2}
		e := q.Earlier(query.Rules{Zone: zone})
		if e.From != c.wantFrom || e.To != c.want || e.Limit != 0 || e.Offset != 0 || e.Compare != "" {
			t.Errorf("%s of %v: got %v to %v, want %v to %v", c.compare, time.UnixMilli(c.from).In(zone), time.UnixMilli(e.From).In(zone),
				time.UnixMilli(e.To).In(zone), time.UnixMilli(c.wantFrom).In(zone), time.UnixMilli(c.want).In(zone))
		}
	}
}

// A day that is not over is compared with as much of the day before, to the same time of day; the rest of the cases is of ranges that are.
func TestEarlierSpanToDate(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	date := func(y, m, d, h int) int64 { return time.Date(y, time.Month(m), d, h, 0, 0, 0, zone).UnixMilli() }
	from, to := date(2026, 3, 29, 0), date(2026, 3, 30, 0) // the clocks go ahead at 2
	for _, c := range []struct{ until, want int64 }{
		{date(2026, 3, 29, 14), date(2026, 3, 28, 14)},
		{0, date(2026, 3, 29, 0)},
		{from, date(2026, 3, 29, 0)},
		{to, date(2026, 3, 29, 0)},
		{date(2026, 4, 2, 12), date(2026, 3, 29, 0)},
	} {
		q := query.Query{From: from, To: to, Metrics: []query.Metric{query.Visitors}, Compare: query.PreviousPeriod, CompareUntil: c.until}
		e := q.Earlier(query.Rules{Zone: zone})
		if e.From != date(2026, 3, 28, 0) || e.To != c.want || e.CompareUntil != 0 {
			t.Errorf("until %v: got %v to %v", time.UnixMilli(c.until).In(zone), time.UnixMilli(e.From).In(zone), time.UnixMilli(e.To).In(zone))
		}
	}
}
