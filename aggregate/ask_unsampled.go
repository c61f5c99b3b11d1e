package aggregate

import (
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// partlyCounted reports whether counts answer for some metrics of the query, and not for all. Of rows it says no: counts know of some that the sample does not.
func partlyCounted(q *query.Query) bool {
	metrics, _ := q.Counted()
	return len(q.Dimensions) == 0 && len(metrics) > 0 && len(metrics) < len(q.Metrics)
}

// evalPartly answers a query about a stretch whose samples do not hold everybody, or of which a part has no sample any more. What can be counted is, for all of it: pageviews are exact beside a
// bounce rate that is not. The other figures are those of the part that has samples, and null where none has: a month of which nothing but totals is kept has pageviews and visitors, and no bounce rate, which is not the same as none that bounced.
func (a *question) evalPartly(q *query.Query, main *stretch, sample *sketch.Sample) (query.Result, error) {
	metrics, places := q.Counted()
	var counted query.Result
	if len(metrics) > 0 {
		of := *q
		of.Metrics, of.Order, of.Limit, of.Offset = metrics, nil, 0, 0
		counts, err := query.Count(&of, main.forCounts())
		if err != nil {
			return query.Result{}, fmt.Errorf("count: %w", err)
		}
		if counted, err = query.Eval(&of, a.rules, nil, query.Extras{Counts: counts}); err != nil || len(metrics) == len(q.Metrics) {
			return q.Arrange(counted.Rows, counted.Exact, counted.Fraction), err
		}
	}
	of := *q
	of.Order, of.Limit, of.Offset = nil, 0, 0
	visitors, err := main.visitorsBeside(sample)
	if err != nil {
		return query.Result{}, err
	}
	sampled, err := query.Eval(&of, a.rules, sample, query.Extras{Visitors: visitors})
	if err != nil {
		return query.Result{}, err
	}
	if len(main.parts.samples) == 0 {
		sampled.Unknown()
	}
	if len(metrics) > 0 {
		sampled.Fill(counted, places)
	}
	return q.Arrange(sampled.Rows, false, sampled.Fraction), nil
}
