package stats

import (
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// RetentionRequest is the body of POST /api/v2/retention. Unit is "day" or "week".
type RetentionRequest struct {
	Scope
	Unit string `json:"unit"`
}

// Retention is the request as the evaluator takes it.
func (r *RetentionRequest) Retention(rules query.Rules, now time.Time) (query.Retention, error) {
	if err := r.fill(); err != nil {
		return query.Retention{}, err
	}
	units := map[string]query.Dimension{"day": query.TimeDay, "week": query.TimeWeek}
	if r.Unit == "" {
		r.Unit = "week"
	}
	unit, ok := units[r.Unit]
	if !ok {
		return query.Retention{}, fmt.Errorf("%w: unit: %q: allowed are day and week", ErrBad, clip([]byte(r.Unit)))
	}
	from, to, err := r.span(rules, now)
	return query.Retention{From: from, To: to, Unit: unit, Filter: all(r.Filters)}, err
}

// RetentionAnswer is the answer to a RetentionRequest. Of a cohort, Visitors[i] are those who came back in the i-th day or week after their first.
type RetentionAnswer struct {
	Cohorts []Cohort      `json:"cohorts"`
	Meta    Meta          `json:"meta"`
	Query   RetentionEcho `json:"query"`
}

// RetentionEcho is the question as it was answered.
type RetentionEcho struct {
	RetentionRequest
	DateRange [2]string `json:"date_range"`
}

// Cohort is one cohort, by the date on which its day or week begins.
type Cohort struct {
	Start    string   `json:"start"`
	Visitors []Number `json:"visitors"`
}

// Answer writes a result.
func (r *RetentionRequest) Answer(res query.RetentionResult, meta Meta, sp Span, rules query.Rules) RetentionAnswer {
	a := RetentionAnswer{Cohorts: []Cohort{}, Meta: meta, Query: RetentionEcho{*r, sp.times(rules)}}
	for _, c := range res.Cohorts {
		row := Cohort{Start: c.Key.Text, Visitors: []Number{}}
		for _, v := range c.Visitors {
			row.Visitors = append(row.Visitors, numberOf(query.Visitors, v))
		}
		a.Cohorts = append(a.Cohorts, row)
	}
	return a
}
