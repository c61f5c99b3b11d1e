package aggregate

import (
	"context"
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// evalUnsampled answers a query about a stretch of which a part has no sample any more. What can be counted is, for all of it. The other figures are those of the part that has samples, and
// null where none has: a month of which nothing but totals is kept has pageviews and visitors, and no bounce rate, which is not the same as none that bounced.
func (a *question) evalUnsampled(ctx context.Context, q *query.Query, main *stretch) (query.Result, error) {
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
	sample, err := a.project(ctx, main)
	if err != nil {
		return query.Result{}, err
	}
	sampled, err := query.Eval(&of, a.rules, sample, query.Extras{})
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
