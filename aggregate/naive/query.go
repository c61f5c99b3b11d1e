package naive

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Query answers q, which must be valid.
func (s *History) Query(q query.Query) query.Result {
	rows := s.rows(q)
	slices.SortFunc(rows, func(a, b query.Row) int { return compareRows(q, a, b) })
	res := query.Result{Total: len(rows), Exact: true, Fraction: 1}
	res.Rows = page(rows, q.Offset, q.Limit)
	if q.Compare != "" {
		s.compare(q, res.Rows)
	}
	return res
}

// rows are the rows of q in no order. Where rows are told apart, one that says nothing is none.
func (s *History) rows(q query.Query) (rows []query.Row) {
	a := &asked{q, s, make(map[query.Metric]map[string]*row)}
	for _, r := range s.group(q) {
		out := query.Row{Keys: r.keys}
		something := len(q.Dimensions) == 0
		for _, m := range q.Metrics {
			v := a.measure(m, r)
			out.Values = append(out.Values, v)
			something = something || !isNothing(m, v)
		}
		if something {
			rows = append(rows, out)
		}
	}
	return rows
}

// isNothing tells that there was nothing to count or to measure. A rate or a mean that was measured as zero is something; a share of visitors is
// as little as they are.
func isNothing(m query.Metric, v query.Value) bool {
	counts := []query.Metric{
		query.Visitors, query.Visits, query.Pageviews, query.Events, query.NewVisitors, query.ReturningVisitors,
		query.Percentage, query.ConversionRate, query.GroupConversion,
	}
	return v.Null || v.X == 0 && slices.Contains(counts, m)
}

func page[T any](rows []T, offset, limit int) []T {
	rows = rows[min(offset, len(rows)):]
	if limit > 0 {
		rows = rows[:min(limit, len(rows))]
	}
	return rows
}

func compareRows(q query.Query, a, b query.Row) int {
	for _, o := range q.Order {
		c := compareBy(q, o.By, a, b)
		if o.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	if len(q.Order) == 0 {
		for i, d := range q.Dimensions {
			if c := cmp.Compare(a.Keys[i].Time, b.Keys[i].Time); isTime(d) && c != 0 {
				return c
			}
		}
		if c := compareBy(q, string(q.Metrics[0]), b, a); c != 0 {
			return c
		}
	}
	return slices.CompareFunc(a.Keys, b.Keys, compareKeys)
}

// compareBy compares rows by a dimension or a metric that the query has.
func compareBy(q query.Query, by string, a, b query.Row) int {
	if i := slices.Index(q.Dimensions, query.Dimension(by)); i >= 0 {
		return compareKeys(a.Keys[i], b.Keys[i])
	}
	i := slices.Index(q.Metrics, query.Metric(by))
	return cmp.Compare(weight(a.Values[i]), weight(b.Values[i]))
}

func compareKeys(a, b query.Key) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Text, b.Text))
}

// weight is what a value is sorted by: nothing is less than everything, and money of several currencies is added up as it stands.
func weight(v query.Value) float64 {
	if v.Null {
		return math.Inf(-1)
	}
	x := v.X
	for _, m := range v.Money {
		x += m.Amount
	}
	return x
}

// compare fills in what the rows were in the span that q is compared with.
func (s *History) compare(q query.Query, rows []query.Row) {
	shift := func(at int64) int64 { return s.shift(q, at) }
	earlier := q
	earlier.From, earlier.To = shift(q.From), shift(q.To)
	before := s.rows(earlier)
	for i, r := range rows {
		rows[i].Before = s.nothing(earlier)
		for _, b := range before {
			if slices.EqualFunc(r.Keys, b.Keys, func(now, then query.Key) bool {
				if now.Time != 0 || then.Time != 0 {
					return shift(now.Time) == then.Time
				}
				return now.Text == then.Text
			}) {
				rows[i].Before = b.Values
			}
		}
	}
}

// shift is the time in the compared span that lies where at does in that of q: the same wall time a year earlier, or as many days as the span has; if that is not of
// whole days, as much earlier as it is long.
func (s *History) shift(q query.Query, at int64) int64 {
	years, days := -1, 0
	if q.Compare == query.PreviousPeriod {
		if !s.beginsDay(q.From) || !s.beginsDay(q.To) {
			return at - (q.To - q.From)
		}
		years, days = 0, -periods(query.TimeDay, s.bucket(query.TimeDay, q.From), s.bucket(query.TimeDay, q.To))
	}
	t := time.UnixMilli(at).In(s.zone())
	y, m, d := t.Date()
	if s.beginsDay(at) {
		return s.dateKey(y+years, m, d+days).Time
	}
	h, mi, sec := t.Clock()
	return time.Date(y+years, m, d+days, h, mi, sec, t.Nanosecond(), s.zone()).UnixMilli()
}

func (s *History) beginsDay(at int64) bool { return s.bucket(query.TimeDay, at).Time == at }

// nothing are the values of a row that has no hits.
func (s *History) nothing(q query.Query) (values []query.Value) {
	a := &asked{q, s, make(map[query.Metric]map[string]*row)}
	keys := make([]query.Key, len(q.Dimensions))
	for _, m := range q.Metrics {
		values = append(values, a.measure(m, &row{keys: keys}))
	}
	return values
}
