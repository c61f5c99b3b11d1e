package query

import (
	"fmt"
	"math"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Part is a stretch of time as it is stored: the hits of its sample and of its rest are all of its hits, each once.
type Part struct {
	Sample *sketch.Packed
	Rest   *sketch.Rest
}

// Counts are what is known of a stretch of time without a sample of its visitors: counts of all hits, by one dimension at most.
type Counts struct {
	Events, Pageviews uint64
	Revenue           map[string]sketch.Money
	// Visitors is how many there are, or where VisitorsErr is not zero an estimate of it.
	Visitors, VisitorsErr float64
	// Rows are the events by the text that the dimension shows. A row may have missed some, where tables had to be cut.
	Rows map[string]sketch.Counts
	// Cut says that there may be texts which have no row.
	Cut bool
}

// Countable reports whether counts answer the query.
func (q *Query) Countable() bool {
	if q.Filter != nil || len(q.Dimensions) > 1 {
		return false
	}
	for _, d := range q.Dimensions {
		if d != EventPage && d != EventHostname && d != EventName && d.place().prop == "" {
			return false
		}
	}
	return !slices.ContainsFunc(q.Metrics, func(m Metric) bool {
		return m != Pageviews && m != Events && (len(q.Dimensions) > 0 || m != Visitors && !m.isRevenue())
	})
}

// Count adds up, for a Countable query, parts that together are its range.
func Count(q *Query, parts []Part) (*Counts, error) {
	if !q.Countable() {
		return nil, fmt.Errorf("%w: counts do not answer it", ErrBad)
	}
	c := &counter{query: q, Counts: Counts{Revenue: make(map[string]sketch.Money), Rows: make(map[string]sketch.Counts)}}
	c.needs, _ = q.Needs(Rules{})
	visitors := 0
	for _, p := range parts {
		visitors += p.Sample.Visitors()
	}
	c.visitors = make([]uint64, 0, visitors)
	for i, p := range parts {
		if err := c.addSample(p.Sample); err != nil {
			return nil, fmt.Errorf("count part %d: %w", i, err)
		}
		c.addRest(p.Rest)
	}
	c.finish()
	return &c.Counts, nil
}

// counter adds up parts.
type counter struct {
	query *Query
	needs sketch.Needs
	Counts
	visitors []uint64   // hashes of those that are in a sample
	dropped  sketch.HLL // those that are in none
	absent   uint64     // what a text can have missed in all tables
}

// addSample adds the visitors of a sample, for which it need not be unpacked, and its hits.
func (c *counter) addSample(p *sketch.Packed) (err error) {
	if slices.Contains(c.query.Metrics, Visitors) {
		if c.visitors, err = p.Acting(c.visitors); err != nil || len(c.query.Metrics) == 1 {
			return err
		}
	}
	s, err := sketch.Project(c.needs, []*sketch.Packed{p})
	if err != nil {
		return err
	}
	c.addHits(newHits(s))
	return nil
}

func (c *counter) addHits(h *hits) {
	for _, d := range c.query.Dimensions {
		c.addColumn(h, h.shown(d), d)
	}
	purse := newPurse(h, false)
	for hit := range h.sample.Hits() {
		if h.isEngagement(hit) {
			continue
		}
		c.Events++
		if h.isPageview(hit) {
			c.Pageviews++
		}
		purse.add(0, hit)
	}
	for slot, p := range purse.slots.pairs {
		c.earn(purse.currencies.words[p[1]], purse.sums.sum(slot, amount), uint64(purse.sums.sum(slot, payments)))
	}
}

func (c *counter) addColumn(h *hits, col column, d Dimension) {
	counts := make([]sketch.Counts, len(col.words))
	for i, id := range col.ids {
		if h.isEngagement(i) {
			continue
		}
		counts[id].Events++
		if h.isPageview(i) {
			counts[id].Pageviews++
		}
	}
	for id, n := range counts {
		text := col.words[id]
		if id == 0 {
			text = d.Absent()
		}
		c.add(text, n)
	}
}

func (c *counter) add(text string, n sketch.Counts) {
	if n == (sketch.Counts{}) {
		return
	}
	sum := c.Rows[text]
	sum.Events += n.Events
	sum.Pageviews += n.Pageviews
	sum.Missed += n.Missed
	c.Rows[text] = sum
}

func (c *counter) earn(currency string, micros int64, n uint64) {
	m := c.Revenue[currency]
	c.Revenue[currency] = sketch.Money{Micros: m.Micros + micros, N: m.N + n}
}

func (c *counter) addRest(r *sketch.Rest) {
	c.Events += r.Events
	c.Pageviews += r.Pageviews
	for currency, m := range r.Revenue {
		c.earn(currency, m.Micros, m.N)
	}
	c.dropped.Merge(r.Visitors)
	for _, d := range c.query.Dimensions {
		rows, absent := tableOf(r, d)
		c.addTable(r, d, rows, absent)
	}
}

// tableOf returns the rows of a rest in a dimension, and what a text without one can have missed.
func tableOf(r *sketch.Rest, d Dimension) (rows []sketch.Row, absent uint64) {
	switch d {
	case EventName:
		return r.Names.Rows(), r.Names.Absent()
	case EventPage:
		return r.Pages.Rows(), r.Pages.Absent()
	case EventHostname:
		return r.Hostnames.Rows(), r.Hostnames.Absent()
	}
	return r.Prop(d.place().prop), r.PropsAbsent()
}

// addTable adds the rows, and what is left of all events to the absent text: that row can hold what other texts missed.
func (c *counter) addTable(r *sketch.Rest, d Dimension, rows []sketch.Row, absent uint64) {
	left := sketch.Counts{Events: r.Events, Pageviews: r.Pageviews, Missed: absent}
	for _, row := range rows {
		left.Events -= min(left.Events, row.Events)
		left.Pageviews -= min(left.Pageviews, row.Pageviews)
		left.Missed += row.Missed
		n := row.Counts
		n.Missed -= min(n.Missed, absent) // every row gets the absent at the end
		c.add(row.Key, n)
	}
	if left.Events > 0 {
		left.Missed = min(left.Missed, left.Events)
		left.Missed -= min(left.Missed, absent)
		c.add(d.Absent(), left)
	}
	c.absent += absent
}

// finish counts the visitors: exactly as long as no sample has dropped any.
func (c *counter) finish() {
	c.Cut = c.absent > 0
	for text, n := range c.Rows {
		n.Missed += c.absent
		c.Rows[text] = n
	}
	if !slices.Contains(c.query.Metrics, Visitors) {
		return
	}
	if c.dropped.Empty() {
		slices.Sort(c.visitors)
		c.Visitors = float64(len(slices.Compact(c.visitors)))
		return
	}
	for _, hash := range c.visitors {
		c.dropped.Add(hash)
	}
	c.Visitors = float64(c.dropped.Estimate())
	c.VisitorsErr = c.Visitors * hllError
}

// hllError is the relative standard error of the number of visitors, with 2^15 registers.
var hllError = 1.04 / math.Sqrt(1<<15)

// result answers the query. The Err of what tables missed is the most that it can be.
func (c *Counts) result(q *Query) Result {
	var rows []Row
	if len(q.Dimensions) == 0 {
		rows = append(rows, Row{Keys: []Key{}, Values: c.values(q, sketch.Counts{Events: c.Events, Pageviews: c.Pageviews})})
	} else {
		for text, n := range c.Rows {
			if r := (Row{Keys: []Key{{Text: text}}, Values: c.values(q, n)}); !isNothing(q.Metrics, r.Values) {
				rows = append(rows, r)
			}
		}
	}
	return q.result(rows, !c.Cut, 1)
}

func (c *Counts) values(q *Query, n sketch.Counts) []Value {
	values := make([]Value, len(q.Metrics))
	for i, m := range q.Metrics {
		switch m {
		case Events:
			values[i] = Value{X: float64(n.Events), Err: float64(n.Missed)}
		case Pageviews:
			values[i] = Value{X: float64(n.Pageviews), Err: float64(n.Missed)}
		case Visitors:
			values[i] = Value{X: c.Visitors, Err: c.VisitorsErr}
		default:
			values[i] = c.money(m == AverageRevenue)
		}
	}
	return values
}

func (c *Counts) money(average bool) (v Value) {
	for currency, m := range c.Revenue {
		one := Money{Currency: currency, Amount: float64(m.Micros) / micros}
		if average {
			one.Amount = float64(m.Micros) / micros / float64(m.N)
		}
		v.Money = append(v.Money, one)
	}
	v.Null = len(v.Money) == 0
	sortMoney(v.Money)
	return v
}
