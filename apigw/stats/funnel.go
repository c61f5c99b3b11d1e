package stats

import (
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// FunnelRequest is the body of POST /api/v2/funnel: each step is a filter, as of a [Request].
type FunnelRequest struct {
	Scope
	Steps []Filter `json:"steps"`
	// WithinSeconds is the longest time from the first step to the last; the whole range if zero.
	WithinSeconds int64 `json:"within_s,omitempty"`
}

// maxWithin is a hundred years, more than any range needs, in seconds.
const maxWithin = 100 * 365 * 86_400

// Funnel is the request as the evaluator takes it.
func (r *FunnelRequest) Funnel(rules query.Rules, now time.Time) (query.Funnel, error) {
	if err := r.fill(); err != nil {
		return query.Funnel{}, err
	}
	if r.WithinSeconds < 0 || r.WithinSeconds > maxWithin {
		return query.Funnel{}, fmt.Errorf("%w: within_s: %d: allowed are 1 to %d seconds, or 0 for the whole range", ErrBad, r.WithinSeconds, maxWithin)
	}
	from, to, err := r.span(rules, now)
	f := query.Funnel{From: from, To: to, Filter: all(r.Filters), Within: time.Duration(r.WithinSeconds) * time.Second}
	for _, s := range r.Steps {
		f.Steps = append(f.Steps, s.filter)
	}
	return f, err
}

// FunnelAnswer is the answer to a FunnelRequest.
type FunnelAnswer struct {
	Steps []FunnelStep `json:"steps"`
	Meta  Meta         `json:"meta"`
	Query FunnelEcho   `json:"query"`
}

// FunnelEcho is the question as it was answered.
type FunnelEcho struct {
	FunnelRequest
	DateRange [2]string `json:"date_range"`
}

// FunnelStep is what became of a step. Rate is of those who took the first step, StepRate of those who took the one before, in percent.
type FunnelStep struct {
	Visitors Number `json:"visitors"`
	Rate     Number `json:"rate"`
	StepRate Number `json:"step_rate"`
}

// Answer writes a result.
func (r *FunnelRequest) Answer(res query.FunnelResult, meta Meta, sp Span, rules query.Rules) FunnelAnswer {
	a := FunnelAnswer{Steps: []FunnelStep{}, Meta: meta, Query: FunnelEcho{*r, sp.times(rules)}}
	for _, s := range res.Steps {
		a.Steps = append(a.Steps, FunnelStep{
			Visitors: numberOf(query.Visitors, s.Visitors), Rate: numberOf(query.ConversionRate, s.Rate), StepRate: numberOf(query.ConversionRate, s.StepRate),
		})
	}
	return a
}
