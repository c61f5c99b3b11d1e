package querytest

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// Question is one of the things that can be asked: the field that is set.
type Question struct {
	Query     *query.Query
	Funnel    *query.Funnel
	Retention *query.Retention
	Journey   *query.Journey
}

// Answer is the answer to a question: the field that is set.
type Answer struct {
	Query     *query.Result
	Funnel    *query.FunnelResult
	Retention *query.RetentionResult
	Journey   *query.JourneyResult
}

// Ask asks an engine.
func (q Question) Ask(ctx context.Context, e Engine) (Answer, error) {
	switch {
	case q.Funnel != nil:
		res, err := e.Funnel(ctx, *q.Funnel)
		return Answer{Funnel: &res}, err
	case q.Retention != nil:
		res, err := e.Retention(ctx, *q.Retention)
		return Answer{Retention: &res}, err
	case q.Journey != nil:
		res, err := e.Journey(ctx, *q.Journey)
		return Answer{Journey: &res}, err
	}
	res, err := e.Query(ctx, *q.Query)
	return Answer{Query: &res}, err
}

// Asker makes random questions about a workload.
type Asker struct {
	*rand.Rand
	w      Workload
	oracle *Naive
	known  map[query.Dimension][]string
}

// NewAsker returns one that finds out from the naive engine, which has the workload, what values there are.
func NewAsker(r *rand.Rand, w Workload, oracle *Naive) *Asker {
	return &Asker{r, w, oracle, make(map[query.Dimension][]string)}
}

// values are those that a dimension has.
func (a *Asker) values(d query.Dimension) []string {
	if _, known := a.known[d]; !known && !isTime(d) {
		res := a.oracle.History().Query(query.Query{
			Metrics: []query.Metric{query.Events}, To: a.w.Start.AddDate(1, 0, 0).UnixMilli(), Dimensions: []query.Dimension{d},
		})
		a.known[d] = nil
		for _, row := range res.Rows {
			a.known[d] = append(a.known[d], row.Keys[0].Text)
		}
	}
	return a.known[d]
}

var props = []query.Dimension{query.PropPrefix + "plan", query.PropPrefix + "seats"}

func isTime(d query.Dimension) bool { return strings.HasPrefix(string(d), "time:") }

// Question makes one: mostly a query.
func (a *Asker) Question() Question {
	switch from, to := a.span(); a.IntN(12) {
	case 0:
		f := &query.Funnel{From: from, To: to, Filter: a.someFilter()}
		for range query.MinSteps + a.IntN(3) {
			f.Steps = append(f.Steps, a.filter(2))
		}
		f.Within = pick(a.Rand, []time.Duration{0, time.Second, 10 * time.Minute, 24 * time.Hour})
		return Question{Funnel: f}
	case 1:
		unit := pick(a.Rand, []query.Dimension{query.TimeDay, query.TimeWeek})
		return Question{Retention: &query.Retention{From: from, To: to, Unit: unit, Filter: a.someFilter()}}
	case 2:
		j := &query.Journey{From: from, To: to, Page: "/", Previous: a.IntN(2) == 0, Filter: a.someFilter(), Limit: a.IntN(4)}
		if pages := a.values(query.EventPage); len(pages) > 0 {
			j.Page = pick(a.Rand, pages)
		}
		return Question{Journey: j}
	}
	return Question{Query: a.query()}
}

// span is a range: days, hours or windows.
func (a *Asker) span() (from, to int64) {
	day := func(n int) int64 { return a.w.Start.AddDate(0, 0, n).UnixMilli() }
	switch a.IntN(5) {
	case 0:
		return day(-2), day(6)
	case 1, 2:
		n := a.IntN(6) - 1
		return day(n), day(n + 1 + a.IntN(3))
	case 3:
		h := int64(a.IntN(96)-24) * time.Hour.Milliseconds()
		from = a.w.Start.UnixMilli() + h
		return from, from + int64(1+a.IntN(30))*time.Hour.Milliseconds()
	}
	from = a.w.Start.UnixMilli() + int64(a.IntN(96*360)-24*360)*event.WindowMS
	return from, from + int64(1+a.IntN(3000))*event.WindowMS
}

func (a *Asker) query() *query.Query {
	q := &query.Query{Filter: a.someFilter()}
	q.From, q.To = a.span()
	q.Dimensions = some(a.Rand, append(slices.Clone(Dimensions), props...), a.IntN(4))
	metrics := slices.Clone(Metrics)
	if !asksGoals(q) {
		metrics = slices.DeleteFunc(metrics, func(m query.Metric) bool { return m == query.ConversionRate || m == query.GroupConversion })
	}
	q.Metrics = some(a.Rand, metrics, 1+a.IntN(6))
	if a.IntN(4) == 0 {
		vital := query.Metric(pick(a.Rand, []string{"lcp", "inp", "cls", "fcp", "ttfb"}) + pick(a.Rand, []string{"_p1", "_p50", "_p75", "_p90", "_p99"}))
		q.Metrics = append(q.Metrics, vital) // never the first: one that is 1 % off may order rows in another way
	}
	if a.IntN(3) == 0 {
		q.Order = a.order(q)
	}
	if a.IntN(4) == 0 {
		q.Limit, q.Offset = a.IntN(6), a.IntN(3)
	}
	if a.IntN(6) == 0 {
		q.Compare = pick(a.Rand, []query.Comparison{query.PreviousPeriod, query.YearOverYear})
	}
	return q
}

func (a *Asker) order(q *query.Query) (order []query.Order) {
	for _, m := range some(a.Rand, q.Metrics, a.IntN(3)) {
		if !strings.Contains(string(m), "_p") || slices.Contains(Metrics, m) {
			order = append(order, query.Order{By: string(m), Desc: a.IntN(2) == 0})
		}
	}
	for _, d := range some(a.Rand, q.Dimensions, a.IntN(2)) {
		order = append(order, query.Order{By: string(d), Desc: a.IntN(2) == 0})
	}
	a.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// some are n of the things, or all, in random order.
func some[T any](r *rand.Rand, of []T, n int) (chosen []T) {
	for _, i := range r.Perm(len(of))[:min(n, len(of))] {
		chosen = append(chosen, of[i])
	}
	return chosen
}

func (a *Asker) someFilter() *query.Filter {
	if a.IntN(2) == 0 {
		return nil
	}
	return a.filter(3)
}

// filter makes a condition that is at most so deep.
func (a *Asker) filter(depth int) *query.Filter {
	if depth > 1 {
		switch a.IntN(7) {
		case 0, 1:
			op := pick(a.Rand, []query.Op{query.And, query.Or})
			return &query.Filter{Op: op, Args: []*query.Filter{a.filter(depth - 1), a.filter(depth - 1)}}
		case 2:
			op := pick(a.Rand, []query.Op{query.Not, query.HasDone, query.HasNotDone})
			return &query.Filter{Op: op, Args: []*query.Filter{a.filter(depth - 1)}}
		}
	}
	return a.comparison()
}

func (a *Asker) comparison() *query.Filter {
	f := &query.Filter{Op: pick(a.Rand, comparisons), Fold: a.IntN(5) == 0, Dimension: query.EventHostname, Values: []string{"(not set)"}}
	d := pick(a.Rand, append(slices.Clone(Dimensions), props...))
	if len(a.values(d)) == 0 {
		return f // no time is a filter, and there may be no goals, or no events at all
	}
	f.Dimension, f.Values = d, nil
	for range 1 + a.IntN(3) {
		v := pick(a.Rand, a.values(d))
		switch f.Op {
		case query.Contains, query.ContainsNot:
			v = v[a.IntN(len(v)):]
		case query.Matches, query.MatchesNot:
			v = pick(a.Rand, []string{"^", "", "(?i)"}) + regexp.QuoteMeta(v[:1]) + pick(a.Rand, []string{"", ".", ".*[a-z]$"})
		}
		f.Values = append(f.Values, v)
	}
	if f.Fold && f.Dimension != query.EventGoal && f.Op != query.Matches && f.Op != query.MatchesNot {
		f.Values[0] = strings.ToUpper(f.Values[0])
	}
	return f
}

func asksGoals(q *query.Query) bool {
	return slices.Contains(q.Dimensions, query.EventGoal) || filtersGoals(q.Filter)
}

func filtersGoals(f *query.Filter) bool {
	return f != nil && (f.Dimension == query.EventGoal || slices.ContainsFunc(f.Args, filtersGoals))
}
