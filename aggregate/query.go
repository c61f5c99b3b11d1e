package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/event"
)

// Metric is something that is counted.
type Metric string

// The metrics.
const (
	Visitors  Metric = "visitors"
	Pageviews Metric = "pageviews"
	Events    Metric = "events"
)

// AllMetrics lists the metrics.
var AllMetrics = []Metric{Visitors, Pageviews, Events}

// Dimension is what rows are told apart by.
type Dimension string

// The dimensions; None is a single row of totals.
const (
	None       Dimension = ""
	ByMinute   Dimension = "time:minute"
	ByPage     Dimension = "event:page"
	ByEvent    Dimension = "event:name"
	dimensions           = "time:minute, event:page, event:name"
)

// Query asks for metrics of a site over [From, To), in Unix milliseconds, widened to whole windows.
type Query struct {
	Site      string
	Metrics   []Metric
	From, To  int64
	Dimension Dimension
	// Limit is the largest number of rows; zero for all.
	Limit int
}

// ErrBadQuery says what is wrong with a query and what is allowed.
var ErrBadQuery = errors.New("bad query")

func (q Query) check() error {
	if len(q.Metrics) == 0 {
		return fmt.Errorf("%w: metrics: at least one of visitors, pageviews, events is needed", ErrBadQuery)
	}
	for _, m := range q.Metrics {
		if !slices.Contains(AllMetrics, m) {
			return fmt.Errorf("%w: metrics: %q is none; allowed are visitors, pageviews, events", ErrBadQuery, m)
		}
	}
	if q.From < 0 || q.From >= q.To || q.To > forEver {
		return fmt.Errorf("%w: date_range: the start must be before the end, and both between 1970 and 9999", ErrBadQuery)
	}
	switch q.Dimension {
	case None, ByMinute, ByPage, ByEvent:
		return nil
	}
	return fmt.Errorf("%w: dimensions: %q is none; allowed are %s", ErrBadQuery, q.Dimension, dimensions)
}

// Result is the answer to a query.
type Result struct {
	From, To int64 // the whole windows that were read
	Rows     []ResultRow
	Total    int  // rows before Limit
	Exact    bool // every number of every row is exact
	// SampleFraction is the share of visitors that numbers of visitors were found in; 1 where all were.
	SampleFraction float64
}

// ResultRow is one row: the metrics in the order of the query.
type ResultRow struct {
	Minute int64  // with ByMinute: its start, Unix milliseconds
	Name   string // with ByPage and ByEvent
	Values []uint64
}

// Query answers q. Rows by time are in order of time and hold minutes with events only; other rows are in falling order of the
// first metric, then by name. Pages count pageviews; events and visitors of a page are of every event on it.
func (r *Reader) Query(ctx context.Context, q Query) (Result, error) {
	if err := q.check(); err != nil {
		return Result{}, err
	}
	site, err := r.sites.Get(ctx, q.Site)
	if err != nil {
		return Result{}, err
	}
	res := Result{From: event.Window(q.From), To: ceilWindow(q.To), SampleFraction: 1}
	if q.Dimension == ByMinute {
		err = r.byMinute(ctx, site, q, &res)
	} else {
		err = r.byRow(ctx, site, q, &res)
	}
	res.Total = len(res.Rows)
	if q.Limit > 0 && len(res.Rows) > q.Limit {
		res.Rows = res.Rows[:q.Limit]
	}
	return res, err
}

func (r *Reader) byMinute(ctx context.Context, site Site, q Query, res *Result) error {
	minutes := make(map[int64]*Summary)
	err := r.pieces(ctx, site, res.From, res.To, func(m int64, sum *Summary) {
		if minutes[m] == nil {
			minutes[m] = NewSummary()
		}
		minutes[m].Merge(sum)
	})
	if err != nil {
		return err
	}
	res.Exact = true
	for m, sum := range minutes {
		if sum.Events() == 0 {
			continue
		}
		res.Rows = append(res.Rows, ResultRow{Minute: m, Values: totals(sum, q.Metrics)})
		res.judge(sum, q)
	}
	slices.SortFunc(res.Rows, func(a, b ResultRow) int { return cmp.Compare(a.Minute, b.Minute) })
	return nil
}

func (r *Reader) byRow(ctx context.Context, site Site, q Query, res *Result) error {
	sum := NewSummary()
	if err := r.pieces(ctx, site, res.From, res.To, func(_ int64, s *Summary) { sum.Merge(s) }); err != nil {
		return err
	}
	res.Exact = true
	res.judge(sum, q)
	if q.Dimension == None {
		res.Rows = []ResultRow{{Values: totals(sum, q.Metrics)}}
		return nil
	}
	res.Rows = rowsOf(sum, q)
	slices.SortFunc(res.Rows, func(a, b ResultRow) int {
		return cmp.Or(cmp.Compare(b.Values[0], a.Values[0]), strings.Compare(a.Name, b.Name))
	})
	return nil
}

// judge notes how exact the numbers are that were taken from a summary.
func (res *Result) judge(sum *Summary, q Query) {
	if q.sampled() {
		res.SampleFraction = min(res.SampleFraction, sum.Sample.Fraction())
		res.Exact = res.Exact && (sum.Sample.Exact() || q.Dimension == None && sum.Sample.Fraction() == 1)
	}
	if q.Dimension == ByPage || q.Dimension == ByEvent {
		res.Exact = res.Exact && !sum.Truncated
	}
}

// sampled reports whether a metric is found in the visitor sample; the other ones are counted.
func (q Query) sampled() bool {
	return slices.Contains(q.Metrics, Visitors) || q.Dimension == ByPage && slices.Contains(q.Metrics, Events)
}

func totals(sum *Summary, metrics []Metric) []uint64 {
	values := make([]uint64, len(metrics))
	for i, m := range metrics {
		switch m {
		case Visitors:
			values[i] = sum.Sample.Visitors()
		case Pageviews:
			values[i] = sum.Pageviews()
		case Events:
			values[i] = sum.Events()
		}
	}
	return values
}
