package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// ErrBad says what is wrong with a request and what is allowed.
var ErrBad = errors.New("bad query")

// Scope is what every question names: whose hits, when, and which of them.
type Scope struct {
	SiteID    string    `json:"site_id"`
	DateRange DateRange `json:"date_range"`
	Filters   []Filter  `json:"filters"`
}

func (s *Scope) fill() error {
	if s.Filters == nil {
		s.Filters = []Filter{}
	}
	if s.SiteID == "" {
		return fmt.Errorf("%w: site_id is missing", ErrBad)
	}
	if s.DateRange.isZero() {
		return fmt.Errorf("%w: date_range is missing: %s", ErrBad, rangesAllowed)
	}
	return nil
}

// span returns the range at a time for a site with those rules, in Unix milliseconds, not yet widened to whole windows.
func (s *Scope) span(rules query.Rules, now time.Time) (from, to int64, err error) {
	start, end, err := s.DateRange.span(zoneOf(rules), now)
	return start.UnixMilli(), end.UnixMilli(), err
}

func zoneOf(rules query.Rules) *time.Location {
	if rules.Zone == nil {
		return time.UTC
	}
	return rules.Zone
}

// Request is the body of a question for metrics.
type Request struct {
	Scope
	Metrics    []query.Metric    `json:"metrics"`
	Dimensions []query.Dimension `json:"dimensions"`
	OrderBy    []Order           `json:"order_by"`
	Include    Include           `json:"include"`
	Pagination Pagination        `json:"pagination"`
}

// Include says what is told beside the rows.
type Include struct {
	Imports     bool         `json:"imports,omitempty"` // taken and without effect: imported history is history
	TimeLabels  bool         `json:"time_labels,omitempty"`
	TotalRows   bool         `json:"total_rows,omitempty"`
	Comparisons *Comparisons `json:"comparisons,omitempty"`
}

// Comparisons asks for what the numbers were in an earlier span.
type Comparisons struct {
	Mode query.Comparison `json:"mode"`
	// ToDate cuts the earlier span of a range that is not over at the same time, so that like is compared with like.
	ToDate bool `json:"to_date,omitempty"`
}

// Pagination is which rows are wanted.
type Pagination struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

func (p *Pagination) fill() error {
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	if p.Limit < 1 || p.Limit > MaxLimit {
		return fmt.Errorf("%w: pagination: limit %d: allowed are 1 to %d", ErrBad, p.Limit, MaxLimit)
	}
	if p.Offset < 0 {
		return fmt.Errorf("%w: pagination: offset %d is below 0", ErrBad, p.Offset)
	}
	return nil
}

// DefaultLimit and MaxLimit are how many rows an answer has.
const (
	DefaultLimit = 10_000
	MaxLimit     = 100_000
)

// Order is a pair: a metric or dimension, and "asc" or "desc".
type Order struct {
	By   string
	Desc bool
}

// UnmarshalJSON reads the pair.
func (o *Order) UnmarshalJSON(b []byte) error {
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil || len(pair) != 2 || pair[1] != "asc" && pair[1] != "desc" {
		return fmt.Errorf(`%w: order_by: pairs are needed, as ["visitors", "desc"]; not %s`, ErrBad, clip(b))
	}
	*o = Order{By: pair[0], Desc: pair[1] == "desc"}
	return nil
}

// MarshalJSON writes the pair.
func (o Order) MarshalJSON() ([]byte, error) {
	direction := "asc"
	if o.Desc {
		direction = "desc"
	}
	return json.Marshal([2]string{o.By, direction})
}

// Fill gives what was left out its default, and checks what needs no site. Whether the names mean anything is for [Request.Query].
func (r *Request) Fill() error {
	if r.Dimensions == nil {
		r.Dimensions = []query.Dimension{}
	}
	if r.OrderBy == nil {
		r.OrderBy = []Order{}
	}
	if err := r.Scope.fill(); err != nil {
		return err
	}
	if err := r.Pagination.fill(); err != nil {
		return err
	}
	if c := r.Include.Comparisons; c != nil && c.Mode != query.PreviousPeriod && c.Mode != query.YearOverYear {
		return fmt.Errorf("%w: include: comparisons: mode %q: allowed are %s, %s", ErrBad, c.Mode, query.PreviousPeriod, query.YearOverYear)
	}
	return nil
}

// Query is the request as the evaluator takes it, at a time, for a site with those rules. The span is not yet widened to whole windows.
func (r *Request) Query(rules query.Rules, now time.Time) (query.Query, error) {
	from, to, err := r.span(rules, now)
	if err != nil {
		return query.Query{}, err
	}
	length := time.Duration(to-from) * time.Millisecond
	q := query.Query{Metrics: r.Metrics, From: from, To: to, Limit: r.Pagination.Limit, Offset: r.Pagination.Offset, Filter: all(r.Filters)}
	for _, d := range r.Dimensions {
		q.Dimensions = append(q.Dimensions, known(d, length))
	}
	for _, o := range r.OrderBy {
		q.Order = append(q.Order, query.Order{By: string(known(query.Dimension(o.By), length)), Desc: o.Desc})
	}
	if c := r.Include.Comparisons; c != nil {
		q.Compare = c.Mode
		if c.ToDate {
			q.CompareUntil = now.UnixMilli()
		}
	}
	return q, nil
}

// aliases are names of Plausible's for dimensions that are the same here: a region and a city are kept by name.
var aliases = map[query.Dimension]query.Dimension{
	"visit:region_name": query.VisitRegion,
	"visit:city_name":   query.VisitCity,
	countryName:         query.VisitCountry,
}

// countryName is the dimension whose texts are the names of countries instead of their codes.
const countryName query.Dimension = "visit:country_name"

// known returns the dimension that a client means.
func known(d query.Dimension, length time.Duration) query.Dimension {
	if a, ok := aliases[d]; ok {
		return a
	}
	if d == "time" {
		return bucketFor(length)
	}
	return d
}

// bucketFor chooses the bucket of "time" so that a chart has some dozens of points.
func bucketFor(length time.Duration) query.Dimension {
	const day = 24 * time.Hour
	switch {
	case length <= time.Hour:
		return query.TimeMinute
	case length <= 2*day:
		return query.TimeHour
	case length <= 92*day:
		return query.TimeDay
	}
	return query.TimeMonth
}

const clipped = 80

// clip returns what of a client's bytes goes into a message.
func clip(b []byte) string {
	if len(b) <= clipped {
		return string(b)
	}
	return string(bytes.ToValidUTF8(b[:clipped], nil)) + "…"
}
