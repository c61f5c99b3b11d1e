package query

import (
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Reach is how far beyond its range an answer has to look.
type Reach struct {
	// Visits: back along visits that were open at the start, up to LookBack, and forward along those open at the end, up to MaxVisit;
	// see OpenAtStart and OpenAtEnd.
	Visits bool
	// History: everything before the range.
	History bool
}

// Needs returns what a query has to know of each hit, and how far beyond its range.
func (q *Query) Needs(rules Rules) (sketch.Needs, Reach) {
	n := needs{rules: rules}
	n.field(sketch.Name)
	for _, d := range q.Dimensions {
		n.dimension(d)
	}
	n.filter(q.Filter)
	for _, m := range q.Metrics {
		n.metric(m)
	}
	if slices.Contains(q.Metrics, BounceRate) && rules.Bounce == BounceEngaged {
		n.Engaged = true
	}
	return n.Needs, Reach{Visits: q.ofVisits(), History: asksHistory(q.Metrics)}
}

func asksHistory(metrics []Metric) bool {
	return slices.Contains(metrics, NewVisitors) || slices.Contains(metrics, ReturningVisitors)
}

// ofVisits reports whether the visits have to be cut.
func (q *Query) ofVisits() bool {
	return slices.ContainsFunc(q.Metrics, Metric.ofVisits) || q.Filter.ofVisits() ||
		slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.place().ofVisits() })
}

func (f *Filter) ofVisits() bool {
	return f != nil && (f.Op == HasDone || f.Op == HasNotDone || len(f.Args) == 0 && f.Dimension.place().ofVisits() ||
		slices.ContainsFunc(f.Args, (*Filter).ofVisits))
}

// needs collects what has to be known of hits.
type needs struct {
	sketch.Needs
	rules Rules
}

func (n *needs) field(f sketch.Field) { n.Fields[f] = true }

func (n *needs) dimension(d Dimension) {
	switch p := d.place(); {
	case p.prop != "":
		if !slices.Contains(n.Props, p.prop) {
			n.Props = append(n.Props, p.prop)
		}
	case p.kind == ofGoal:
		n.field(sketch.Page)
	case p.kind != ofTime:
		n.field(p.field)
	}
}

func (n *needs) filter(f *Filter) {
	if f == nil {
		return
	}
	if len(f.Args) == 0 {
		n.dimension(f.Dimension)
	}
	for _, a := range f.Args {
		n.filter(a)
	}
}

func (n *needs) metric(m Metric) {
	switch m {
	case TimeOnPage, ScrollDepth:
		n.field(sketch.Page)
		n.Engaged, n.Scroll = true, true
	case TotalRevenue, AverageRevenue:
		n.field(sketch.Currency)
		n.Revenue = true
	case NewVisitors, ReturningVisitors:
		n.Persistent = true
	}
	if vital, _, ok := m.quantile(); ok {
		n.field(sketch.Page)
		n.Vitals[vital] = true
	}
}
