package query

import (
	"slices"
)

// The bounds of a question.
const (
	maxMetrics    = 16
	maxDimensions = 4
	maxOrder      = 20
	maxDepth      = 8    // of a filter in another
	maxFilters    = 128  // in one question
	maxValues     = 2000 // in one question
	maxValue      = 2000 // bytes
	maxPatterns   = 32   // regular expressions in one question
	maxPattern    = 500  // bytes
	maxPropKey    = 300  // bytes
)

// latest is the end of the year 9999.
const latest = 253402300800000

var allMetrics = []Metric{Visitors, Visits, Pageviews, Events, ViewsPerVisit, BounceRate, VisitDuration, TimeOnPage, ScrollDepth, ExitRate,
	Percentage, ConversionRate, GroupConversion, TotalRevenue, AverageRevenue, NewVisitors, ReturningVisitors}

var allDimensions = []Dimension{EventName, EventPage, EventHostname, EventGoal, EventCurrency, VisitEntryPage, VisitExitPage,
	VisitEntryPageHostname, VisitExitPageHostname, VisitSource, VisitReferrer, VisitChannel, VisitUTMSource, VisitUTMMedium, VisitUTMCampaign,
	VisitUTMContent, VisitUTMTerm, VisitCountry, VisitRegion, VisitCity, VisitDevice, VisitBrowser, VisitBrowserVersion, VisitOS, VisitOSVersion,
	VisitLanguage, VisitScreen}

var allTimes = []Dimension{Time10s, TimeMinute, Time15Min, TimeHour, TimeDay, TimeWeek, TimeMonth}

// Check reports everything that is wrong with the query for a site with these rules, as Faults.
func (q *Query) Check(rules Rules) error {
	c := checker{rules: rules}
	rules.check(&c.Faults)
	c.span(q.From, q.To)
	c.metrics(q.Metrics)
	c.dimensions(q.Dimensions)
	c.filter(q.Filter, "filter")
	c.goals(q)
	c.order(q)
	c.page(q.Limit, q.Offset)
	c.unless(q.Compare == "" || q.Compare == PreviousPeriod || q.Compare == YearOverYear, "compare", q.Compare, list(PreviousPeriod, YearOverYear))
	return c.err()
}

// checker goes through a question and counts what is bounded over the whole of it.
type checker struct {
	Faults
	rules                     Rules
	filters, values, patterns int
}

func (c *checker) span(from, to int64) {
	c.unless(from >= 0 && from < latest, "from", from, "a time from 1970 to 9999 in Unix milliseconds")
	c.unless(to >= 0 && to <= latest, "to", to, "a time from 1970 to 9999 in Unix milliseconds")
	c.unless(from < to, "to", to, "after from")
}

func (c *checker) page(limit, offset int) {
	c.unless(limit >= 0, "limit", limit, "a number of rows, or 0 for all")
	c.unless(offset >= 0, "offset", offset, "a number of rows")
}

func (c *checker) metrics(metrics []Metric) {
	c.unless(len(metrics) >= 1 && len(metrics) <= maxMetrics, "metrics", len(metrics), "1 to 16 metrics")
	for i, m := range metrics[:min(len(metrics), maxMetrics+1)] {
		c.unless(m.known(), at("metrics", i), m, list(allMetrics...)+", or VITAL_p1 to VITAL_p99 with VITAL "+list(vitals[:]...))
		c.unless(!slices.Contains(metrics[:i], m), at("metrics", i), m, "a metric that is not asked for already")
	}
}

func (c *checker) dimensions(dimensions []Dimension) {
	c.unless(len(dimensions) <= maxDimensions, "dimensions", len(dimensions), "at most 4 dimensions")
	for i, d := range dimensions[:min(len(dimensions), maxDimensions+1)] {
		c.dimension(at("dimensions", i), d, append(slices.Clone(allDimensions), allTimes...))
		c.unless(!slices.Contains(dimensions[:i], d), at("dimensions", i), d, "a dimension that is not asked for already")
	}
}

func (c *checker) dimension(field string, d Dimension, allowed []Dimension) {
	known := slices.Contains(allowed, d) || d.place().prop != "" && isText(string(d), len(PropPrefix)+maxPropKey)
	c.unless(known, field, d, list(allowed...)+", or event:props:KEY with a KEY of at most 300 bytes")
}

func (c *checker) filter(f *Filter, field string) {
	if f == nil {
		return
	}
	c.node(f, field, 1)
	c.unless(c.filters <= maxFilters, field, c.filters, "at most 128 conditions")
	c.unless(c.values <= maxValues, field, c.values, "at most 2000 values")
	c.unless(c.patterns <= maxPatterns, field, c.patterns, "at most 32 regular expressions")
}

func (c *checker) node(f *Filter, field string, depth int) {
	if c.filters++; c.filters > maxFilters {
		return
	}
	switch {
	case f == nil:
		c.add(field, "nothing", "a condition")
	case depth > maxDepth:
		c.add(field, f.Op, "a comparison: conditions are nested at most 8 deep")
	case slices.Contains(joins, f.Op):
		c.join(f, field, depth)
	case slices.Contains(comparisons, f.Op):
		c.comparison(f, field)
	default:
		c.add(field+".op", f.Op, list(append(slices.Clone(joins), comparisons...)...))
	}
}

var (
	joins       = []Op{And, Or, Not, HasDone, HasNotDone}
	comparisons = []Op{Is, IsNot, Contains, ContainsNot, Matches, MatchesNot}
)

func (c *checker) join(f *Filter, field string, depth int) {
	if f.Op == And || f.Op == Or {
		c.unless(len(f.Args) >= 1, field+".args", len(f.Args), "one condition or more")
	} else {
		c.unless(len(f.Args) == 1, field+".args", len(f.Args), "exactly one condition")
	}
	for i, a := range f.Args {
		c.node(a, at(field+".args", i), depth+1)
	}
}

func (c *checker) comparison(f *Filter, field string) {
	c.dimension(field+".dimension", f.Dimension, allDimensions)
	c.unless(len(f.Args) == 0, field+".args", len(f.Args), "none, as a comparison has no conditions")
	c.unless(len(f.Values) >= 1, field+".values", len(f.Values), "one value or more")
	c.values += len(f.Values)
	if c.values > maxValues {
		return
	}
	for i, v := range f.Values {
		c.value(f, at(field+".values", i), v)
	}
}

func (c *checker) value(f *Filter, field, v string) {
	switch {
	case f.Op == Matches || f.Op == MatchesNot:
		c.pattern(field, v)
	case !isText(v, maxValue):
		c.add(field, v, "a UTF-8 text of at most 2000 bytes")
	case f.Dimension == EventGoal && (f.Op == Is || f.Op == IsNot) && !f.Fold:
		names := c.rules.goalNames()
		c.unless(slices.Contains(names, v), field, v, "a goal of the site ("+list(names[:min(len(names), 20)]...)+")")
	}
}

func (c *checker) pattern(field, v string) {
	if c.patterns++; c.patterns > maxPatterns {
		return
	}
	if len(v) > maxPattern {
		c.add(field, v, "a regular expression of at most 500 bytes")
		return
	}
	if err := checkPattern(v); err != nil {
		c.add(field, v, "a regular expression as RE2 has them: "+err.Error())
	}
}

// goals finds conversions of nothing.
func (c *checker) goals(q *Query) {
	for i, m := range q.Metrics[:min(len(q.Metrics), maxMetrics)] {
		if m == ConversionRate || m == GroupConversion {
			c.unless(q.asksGoals(), at("metrics", i), m,
				"possible without event:goal among the dimensions or in the filter")
		}
	}
}

func (q *Query) asksGoals() bool {
	return slices.Contains(q.Dimensions, EventGoal) || q.Filter.asks(EventGoal, maxDepth)
}

// asks reports whether the filter looks at the dimension, at most so deep.
func (f *Filter) asks(d Dimension, depth int) bool {
	if f == nil || depth == 0 {
		return false
	}
	return len(f.Args) == 0 && f.Dimension == d ||
		slices.ContainsFunc(f.Args, func(a *Filter) bool { return a.asks(d, depth-1) })
}

func (c *checker) order(q *Query) {
	c.unless(len(q.Order) <= maxOrder, "order", len(q.Order), "at most 20 terms")
	var allowed []string
	for _, m := range q.Metrics[:min(len(q.Metrics), maxMetrics)] {
		allowed = append(allowed, string(m))
	}
	for _, d := range q.Dimensions[:min(len(q.Dimensions), maxDimensions)] {
		allowed = append(allowed, string(d))
	}
	for i, o := range q.Order[:min(len(q.Order), maxOrder)] {
		c.unless(slices.Contains(allowed, o.By), at("order", i), o.By, list(allowed...)+", which are the query's metrics and dimensions")
	}
}
