package stats

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Of what is an estimate CSV did not say how far off it may be.
func TestTableHasTheErrorsOfEstimates(t *testing.T) {
	off, change := 18.5, -3.0
	number := func(s string) any { return json.RawMessage(s) }
	a := &Answer{
		Results: []Row{
			{Dimensions: []string{"/"}, Metrics: []any{number("1204"), number("7")}, Errors: []*float64{&off, nil}, Comparison: &Comparison{Metrics: []any{number("1241"), nil}, Change: []*float64{&change, nil}}},
			{Dimensions: []string{"/b"}, Metrics: []any{number("3"), number("8")}, Comparison: &Comparison{Metrics: []any{number("0"), number("8")}, Change: []*float64{nil, nil}}},
		},
		Query: Echo{Request: Request{
			Metrics: []query.Metric{query.Visitors, query.Events}, Dimensions: []query.Dimension{query.EventPage},
			Include: Include{Comparisons: &Comparisons{Mode: query.PreviousPeriod}},
		}},
	}
	want := [][]string{
		{"event:page", "visitors", "visitors error", "visitors before", "visitors change %", "events", "events before", "events change %"},
		{"/", "1204", "18.5", "1241", "-3", "7", "", ""},
		{"/b", "3", "", "0", "", "8", "8", ""},
	}
	if got := a.Table(); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
