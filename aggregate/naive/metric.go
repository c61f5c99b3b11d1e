package naive

import (
	"slices"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// asked is a query that is being answered.
type asked struct {
	query.Query
	history *History
	wholes  map[query.Metric]map[string]*row // what shares are taken of
}

// measure is the value of a metric of a row.
func (q *asked) measure(m query.Metric, r *row) query.Value {
	switch m {
	case query.Visitors:
		return count(len(r.visitors()))
	case query.Visits:
		return count(len(r.visits))
	case query.Pageviews:
		return count(len(r.pageviews()))
	case query.Events:
		return count(len(r.hits))
	case query.ViewsPerVisit:
		return r.perVisit(func(v *visit) int64 { return int64(len(v.pageviews())) }, 1)
	case query.BounceRate:
		return r.perVisit(func(v *visit) int64 { return is(v.bounced(q.history.rules.Bounce)) }, 100)
	case query.VisitDuration:
		return r.perVisit((*visit).duration, 1.0/1000)
	case query.TimeOnPage:
		return mean(r.each(timeOnPage), 1.0/1000)
	case query.ScrollDepth:
		return mean(r.each(scrollDepth), 1)
	case query.ExitRate:
		return mean(r.each(func(p match) (int64, bool) { return is(p.visit.exit() == p.Hit), true }), 100)
	case query.Percentage, query.ConversionRate, query.GroupConversion:
		return ratio(len(r.visitors()), q.allOf(m, r))
	case query.TotalRevenue, query.AverageRevenue:
		return r.revenue(m == query.AverageRevenue)
	case query.NewVisitors, query.ReturningVisitors:
		return count(q.persistent(r, m == query.ReturningVisitors))
	}
	return r.quantile(string(m))
}

// allOf is the number of visitors that a share of the row's is taken of.
func (q *asked) allOf(m query.Metric, r *row) int {
	dims, keys := q.wholeOf(m, r)
	if q.wholes[m] == nil {
		whole := query.Query{From: q.From, To: q.To, Filter: q.Filter, Dimensions: dims}
		if m != query.Percentage {
			whole.Filter = withoutGoals(q.Filter, false)
		}
		q.wholes[m] = q.history.group(whole)
	}
	of := rowOf(q.wholes[m], keys, false)
	if of == nil {
		return 0
	}
	return len(of.visitors())
}

// wholeOf is the row that a share of the row's is taken of: the only one, or for a group's share that of the same keys but the goal.
func (q *asked) wholeOf(m query.Metric, r *row) (dims []query.Dimension, keys []query.Key) {
	if m != query.GroupConversion {
		return nil, nil
	}
	for i, d := range q.Dimensions {
		if d != query.EventGoal {
			dims = append(dims, d)
			keys = append(keys, r.keys[i])
		}
	}
	return dims, keys
}

func (r *row) visitors() map[string]bool {
	who := make(map[string]bool)
	for _, h := range r.hits {
		who[h.Visitor] = true
	}
	return who
}

func (r *row) pageviews() (views []match) {
	for _, h := range r.hits {
		if h.isPageview() {
			views = append(views, h)
		}
	}
	return views
}

// perVisit is the mean of a number of the visits that have a hit which is no engagement.
func (r *row) perVisit(number func(*visit) int64, scale float64) query.Value {
	var all []int64
	for v := range r.entered {
		all = append(all, number(v))
	}
	return mean(all, scale)
}

// each collects a number of those pageviews that have it.
func (r *row) each(number func(match) (int64, bool)) (all []int64) {
	for _, p := range r.pageviews() {
		if n, ok := number(p); ok {
			all = append(all, n)
		}
	}
	return all
}

// follow returns the engagement that belongs to a pageview, and the next pageview of the visit or nil.
func follow(p match) (engagement []*Hit, next *Hit) {
	at := slices.Index(p.visit.hits, p.Hit)
	for _, h := range p.visit.hits[at+1:] {
		if h.isPageview() {
			return engagement, h
		}
		if h.name() == event.Engagement && h.page() == p.page() {
			engagement = append(engagement, h)
		}
	}
	return engagement, nil
}

func timeOnPage(p match) (ms int64, measured bool) {
	engagement, next := follow(p)
	for _, e := range engagement {
		ms += e.EngagedMS
	}
	if ms > 0 {
		return ms, true
	}
	if next != nil {
		return next.At - p.At, true
	}
	return 0, false
}

func scrollDepth(p match) (percent int64, measured bool) {
	deepest := p.Scroll
	engagement, _ := follow(p)
	for _, e := range engagement {
		deepest = max(deepest, e.Scroll)
	}
	return int64(deepest), deepest > 0
}

func (r *row) revenue(average bool) query.Value {
	sums, numbers := make(map[string]int64), make(map[string]int64)
	for _, h := range r.hits {
		if h.hasRevenue() {
			sums[h.Text[sketch.Currency]] += h.Revenue
			numbers[h.Text[sketch.Currency]]++
		}
	}
	var val query.Value
	for currency, micros := range sums {
		m := query.Money{Currency: currency, Amount: float64(micros) / 1e6}
		if average {
			m.Amount /= float64(numbers[currency])
		}
		val.Money = append(val.Money, m)
	}
	slices.SortFunc(val.Money, func(a, b query.Money) int { return strings.Compare(a.Currency, b.Currency) })
	val.Null = len(val.Money) == 0
	return val
}

// persistent counts the row's visitors that have an id which lasts, and that had (or had not) been there before the range.
func (q *asked) persistent(r *row, returning bool) (n int) {
	lasting, before := make(map[string]bool), make(map[string]bool)
	for who, hits := range q.history.hits {
		for _, h := range hits {
			if h.At < q.From {
				before[who] = true
			}
			if h.Persistent && q.From <= h.At && h.At < q.To {
				lasting[who] = true
			}
		}
	}
	for who := range r.visitors() {
		if lasting[who] && before[who] == returning {
			n++
		}
	}
	return n
}

// quantile is that of a web vital, as "lcp_p75" names it: the value that so many percent of the others lie below.
func (r *row) quantile(name string) query.Value {
	vital, percent, _ := strings.Cut(name, "_p")
	p, err := strconv.Atoi(percent)
	if err != nil {
		panic("no metric: " + name)
	}
	var all []float64
	for _, h := range r.hits {
		if v := reported(h, vital); v.Set {
			all = append(all, v.Value)
		}
	}
	if len(all) == 0 {
		return query.Value{Null: true}
	}
	slices.Sort(all)
	return query.Value{X: all[p*(len(all)-1)/100]}
}

// reported is a web vital of a hit: of a pageview the greatest that it or the engagement which belongs to it reported.
func reported(h match, vital string) event.Vital {
	v := h.vital(vital)
	if !h.isPageview() {
		return v
	}
	engagement, _ := follow(h)
	for _, e := range engagement {
		if other := e.vital(vital); other.Set && (!v.Set || other.Value > v.Value) {
			v = other
		}
	}
	return v
}

func (h *Hit) vital(name string) event.Vital {
	return map[string]event.Vital{
		"lcp": h.Vitals.LCP, "inp": h.Vitals.INP, "cls": h.Vitals.CLS, "fcp": h.Vitals.FCP, "ttfb": h.Vitals.TTFB,
	}[name]
}

func count(n int) query.Value { return query.Value{X: float64(n)} }

// mean is the mean of numbers, in units of which scale is one.
func mean(numbers []int64, scale float64) query.Value {
	if len(numbers) == 0 {
		return query.Value{Null: true}
	}
	var sum int64
	for _, n := range numbers {
		sum += n
	}
	return query.Value{X: float64(sum) / float64(len(numbers)) * scale}
}

func ratio(part, whole int) query.Value {
	if whole == 0 {
		return query.Value{Null: true}
	}
	return query.Value{X: float64(part) / float64(whole) * 100}
}

func is(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
