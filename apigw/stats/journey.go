package stats

import (
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// JourneyRequest is the body of POST /api/v2/journey. Direction is "next" or "previous".
type JourneyRequest struct {
	Scope
	Page       string     `json:"page"`
	Direction  string     `json:"direction"`
	Pagination Pagination `json:"pagination"`
}

// Journey is the request as the evaluator takes it.
func (r *JourneyRequest) Journey(rules query.Rules, now time.Time) (query.Journey, error) {
	if err := r.fill(); err != nil {
		return query.Journey{}, err
	}
	if err := r.Pagination.fill(); err != nil {
		return query.Journey{}, err
	}
	if r.Page == "" {
		return query.Journey{}, fmt.Errorf(`%w: page is missing: a path, as "/pricing"`, ErrBad)
	}
	if r.Direction == "" {
		r.Direction = "next"
	}
	if r.Direction != "next" && r.Direction != "previous" {
		return query.Journey{}, fmt.Errorf("%w: direction: %q: allowed are next and previous", ErrBad, clip([]byte(r.Direction)))
	}
	from, to, err := r.span(rules, now)
	return query.Journey{
		From: from, To: to, Page: r.Page, Previous: r.Direction == "previous", Filter: all(r.Filters),
		Limit: r.Pagination.Limit, Offset: r.Pagination.Offset,
	}, err
}

// JourneyAnswer is the answer to a JourneyRequest.
type JourneyAnswer struct {
	Results []JourneyRow `json:"results"`
	Total   int          `json:"total_rows"`
	Meta    Meta         `json:"meta"`
	Query   JourneyEcho  `json:"query"`
}

// JourneyEcho is the question as it was answered.
type JourneyEcho struct {
	JourneyRequest
	DateRange [2]string `json:"date_range"`
}

// JourneyRow is a page, or "(exit)" or "(entry)".
type JourneyRow struct {
	Page      string `json:"page"`
	Pageviews Number `json:"pageviews"`
}

// Answer writes a result.
func (r *JourneyRequest) Answer(res query.JourneyResult, meta Meta, sp Span, rules query.Rules) JourneyAnswer {
	a := JourneyAnswer{Results: []JourneyRow{}, Total: res.Total, Meta: meta, Query: JourneyEcho{*r, sp.times(rules)}}
	for _, row := range res.Rows {
		a.Results = append(a.Results, JourneyRow{Page: row.Page, Pageviews: numberOf(query.Pageviews, row.Pageviews)})
	}
	return a
}
