package stats

import (
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// PropertiesRequest is the body of POST /api/v2/properties. It has no filters: which properties there are is known of all events of a span together.
type PropertiesRequest struct{ Scope }

// Span is the span that is asked for, in Unix milliseconds.
func (r *PropertiesRequest) Span(rules query.Rules, now time.Time) (from, to int64, err error) {
	if err := r.fill(); err != nil {
		return 0, 0, err
	}
	if len(r.Filters) > 0 {
		return 0, 0, fmt.Errorf("%w: filters: the properties are those of all events of the range; leave filters out", ErrBad)
	}
	return r.span(rules, now)
}

// PropertiesAnswer is the answer to a PropertiesRequest: the keys, those of the most events first.
type PropertiesAnswer struct {
	Results []string       `json:"results"`
	Meta    Meta           `json:"meta"`
	Query   PropertiesEcho `json:"query"`
}

// PropertiesEcho is the question as it was answered.
type PropertiesEcho struct {
	PropertiesRequest
	DateRange [2]string `json:"date_range"`
}

// Answer writes the keys.
func (r *PropertiesRequest) Answer(keys []string, meta Meta, sp Span, rules query.Rules) PropertiesAnswer {
	return PropertiesAnswer{Results: append([]string{}, keys...), Meta: meta, Query: PropertiesEcho{*r, sp.times(rules)}}
}
