package query

import (
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Extras are what an answer can be made from beside a sample.
type Extras struct {
	// Counts answer a query that is Countable in the place of a sample that is not complete.
	Counts *Counts
	// Visitors is how many visitors acted in the range, whatever the filter lets through; zero where that is not known. Totals from a sample are more exact then.
	Visitors Value
}

// Eval answers a query from a sample that holds the hits of the range, and whatever else [Query.Needs] says.
func Eval(q *Query, rules Rules, s *sketch.Sample, x Extras) (Result, error) {
	if err := q.Check(rules); err != nil {
		return Result{}, err
	}
	if x.Counts != nil && q.Countable() && (s == nil || !s.Complete()) {
		return x.Counts.result(q), nil
	}
	rules = rules.WithDefaults()
	e, err := newEvaluation(q, rules, newHits(s), compiler{})
	if err != nil {
		return Result{}, fmt.Errorf("evaluate: %w", err)
	}
	e.estimator = newEstimator(e.hits, x.Visitors, q.From, q.To)
	e.run()
	rows, err := e.rows()
	if err != nil {
		return Result{}, fmt.Errorf("evaluate: %w", err)
	}
	r := q.result(rows, s.Complete(), s.Fraction())
	for i, m := range q.Metrics {
		if m.isShare() {
			r.Nothing[i] = e.noShare[m]
		}
	}
	return r, nil
}

// evaluation adds up what a query asks for, visitor by visitor.
type evaluation struct {
	query   *Query
	rules   Rules
	hits    *hits
	goals   *goalTable
	filter  *condition // nil lets everything through
	cutter  *cutter
	grid    *grid
	byEntry bool // rates of visits are by their entry page

	numbers *table
	columns [numStats]int    // of numbers; -1 is not asked for
	ofVisit bool             // a stat of visits is asked for
	pages   *dwell           // nil unless asked for
	money   *purse           // nil unless asked for
	vitals  []*readings      // by vital; nil unless asked for
	noShare map[Metric]Value // of a row that there is not

	seen      []stamps // by row
	estimator estimator

	visitor int32 // number of the visitor at hand; above zero
	isNew   bool
	isOld   bool
	passes  []bool // by hit of the visit at hand: no engagement, and the filter holds
}

// stamps say who was last counted in a row, so that nobody is twice.
type stamps struct{ visitor, visit, landing int32 }

func newEvaluation(q *Query, rules Rules, h *hits, c compiler) (*evaluation, error) {
	e := &evaluation{query: q, rules: rules, hits: h, noShare: make(map[Metric]Value)}
	if q.asksGoals() {
		e.goals = newGoalTable(rules.Goals, rules.goalNames(), h)
	}
	c.hits, c.goals, c.rules = h, e.goals, rules
	var err error
	if e.filter, err = c.compile(q.Filter); err != nil {
		return nil, err
	}
	e.cutter = newCutter(h, rules, q.From, q.To, q.ofVisits())
	e.grid = newGrid(q.Dimensions, h, e.goals, rules)
	e.measure()
	return e, nil
}

// measure prepares for the query's metrics.
func (e *evaluation) measure() {
	for i := range e.columns {
		e.columns[i] = -1
	}
	var ratios []ratio
	width := 0
	column := func(s stat) int {
		if s != noStat && e.columns[s] < 0 {
			e.columns[s] = width
			width++
		}
		if s == noStat {
			return -1
		}
		return e.columns[s]
	}
	sampled := e.hits.sample.Fraction() < 1
	for _, m := range e.query.Metrics {
		f := e.query.formula(m)
		if f == (formula{}) {
			e.measureOther(m, sampled)
			continue
		}
		ratios = append(ratios, ratio{num: column(f.num), den: column(f.den)})
		e.ofVisit = e.ofVisit || f.num >= statVisits
		if m == TimeOnPage || m == ScrollDepth {
			e.pages = newDwell(e.hits)
		}
	}
	e.byEntry = e.columns[statLandings] >= 0 && slices.Contains(e.query.Dimensions, EventPage)
	e.numbers = newTable(width, ratios, sampled)
}

func (e *evaluation) measureOther(m Metric, sampled bool) {
	if m.isRevenue() && e.money == nil {
		e.money = newPurse(e.hits, sampled)
	}
	if vital, _, ok := m.quantile(); ok {
		if e.vitals == nil {
			e.vitals = make([]*readings, sketch.NumVitals)
		}
		if e.vitals[vital] == nil {
			e.vitals[vital] = newReadings(e.hits, vital)
		}
	}
}

// formula returns what a metric is made of: that of the visitors for shares of them, nothing for money and quantiles.
func (q *Query) formula(m Metric) formula {
	if m.isShare() {
		m = Visitors
	}
	return formulas[m]
}

func (e *evaluation) run() {
	e.grow()
	for i := range e.hits.sample.Visitors() {
		e.visitor++
		e.recognise(i)
		for e.cutter.begin(i); e.cutter.cut(); {
			e.visit(&e.cutter.visit)
		}
		e.numbers.settle()
		if e.money != nil {
			e.money.settle()
		}
	}
}

// recognise finds out whether the visitor is new or has been there before, as far as the id tells.
func (e *evaluation) recognise(visitor int) {
	if e.columns[statNew] < 0 && e.columns[statReturning] < 0 {
		return
	}
	from, to := e.hits.sample.Range(visitor)
	known := false
	persistent := e.hits.sample.Persistent()
	for i := from; i < to && len(persistent) > 0; i++ {
		if t := e.hits.times[i]; t >= e.query.From && t < e.query.To && persistent[i] {
			known = true
			break
		}
	}
	before := from < to && e.hits.times[from] < e.query.From
	e.isNew, e.isOld = known && !before, known && before
}

// grow makes room for the rows that there are.
func (e *evaluation) grow() {
	rows := e.grid.len()
	e.numbers.grow(rows)
	if more := rows - len(e.seen); more > 0 {
		e.seen = append(e.seen, make([]stamps, more)...)
	}
}

func (e *evaluation) visit(v *visit) {
	if !e.pass(v) {
		return
	}
	if e.pages != nil {
		e.pages.measure(v)
	}
	for _, r := range e.vitals {
		if r != nil {
			r.measure(v)
		}
	}
	e.countHits(v)
	if e.ofVisit && e.hits.times[v.from] >= e.query.From {
		e.countVisit(v)
	}
}

// pass finds out which hits of the visit pass, and whether any does.
func (e *evaluation) pass(v *visit) (anyOf bool) {
	e.passes = e.passes[:0]
	for h := v.from; h < v.to; h++ {
		ok := !e.hits.isEngagement(h) && (e.filter == nil || e.filter.hold(v, h))
		e.passes = append(e.passes, ok)
		anyOf = anyOf || ok
	}
	return anyOf
}

// countHits counts those hits of the visit that are in the range.
func (e *evaluation) countHits(v *visit) {
	s := spot{visit: v}
	for i, ok := range e.passes {
		if !ok {
			continue
		}
		s.hit = v.from + i
		s.time = e.hits.times[s.hit]
		if s.time < e.query.From || s.time >= e.query.To {
			continue
		}
		for _, row := range e.find(&s) {
			e.countHit(row, v, s.hit)
		}
	}
}

func (e *evaluation) find(s *spot) []int32 {
	rows := e.grid.find(s)
	for _, row := range rows {
		if int(row) >= len(e.seen) {
			e.grow()
		}
	}
	return rows
}

func (e *evaluation) count(row int32, s stat, n int64) {
	if column := e.columns[s]; column >= 0 {
		e.numbers.add(row, column, n)
	}
}

func (e *evaluation) countHit(row int32, v *visit, h int) {
	if e.seen[row].visitor != e.visitor {
		e.seen[row].visitor = e.visitor
		e.countVisitor(row)
	}
	e.count(row, statEvents, 1)
	if e.hits.isPageview(h) {
		e.countPageview(row, v, h)
	}
	if e.money != nil {
		e.money.add(row, h)
	}
	for _, r := range e.vitals {
		if r != nil {
			r.add(row, e.visitor, v, h)
		}
	}
}

func (e *evaluation) countVisitor(row int32) {
	e.count(row, statVisitors, 1)
	if e.isNew {
		e.count(row, statNew, 1)
	}
	if e.isOld {
		e.count(row, statReturning, 1)
	}
}

func (e *evaluation) countPageview(row int32, v *visit, h int) {
	e.count(row, statPageviews, 1)
	if h == v.last {
		e.count(row, statExits, 1)
	}
	if e.pages == nil {
		return
	}
	p := e.pages.of(v, h)
	if p.measured {
		e.count(row, statDwell, p.ms)
		e.count(row, statDwelt, 1)
	}
	if p.scroll > 0 {
		e.count(row, statScroll, int64(p.scroll))
		e.count(row, statScrolled, 1)
	}
}

// countVisit counts the visit in the rows of those of its hits that pass, wherever they lie, and in the bucket of its first hit.
func (e *evaluation) countVisit(v *visit) {
	s := spot{visit: v, time: e.hits.times[v.from]}
	entered := spot{visit: v, time: s.time, entered: true, hit: -1}
	for i, ok := range e.passes {
		if !ok {
			continue
		}
		s.hit = v.from + i
		e.countVisitAt(&s)
		if e.byEntry && (!e.grid.byPage || entered.hit < 0) {
			entered.hit = s.hit
			e.countEntry(&entered)
		}
		if !e.grid.byHit {
			return // every other hit is in the same rows
		}
	}
}

func (e *evaluation) countVisitAt(s *spot) {
	for _, row := range e.find(s) {
		if e.seen[row].visit != s.visit.number {
			e.seen[row].visit = s.visit.number
			e.count(row, statVisits, 1)
			if !e.byEntry {
				e.countLanding(row, s.visit)
			}
		}
	}
}

// countEntry counts the visit in the row of the page where it entered.
func (e *evaluation) countEntry(s *spot) {
	for _, row := range e.find(s) {
		if e.seen[row].landing != s.visit.number {
			e.seen[row].landing = s.visit.number
			e.countLanding(row, s.visit)
		}
	}
}

// countLanding counts what rates of visits are made of.
func (e *evaluation) countLanding(row int32, v *visit) {
	e.count(row, statLandings, 1)
	e.count(row, statViews, int64(v.views))
	e.count(row, statDuration, e.hits.times[v.to-1]-e.hits.times[v.from])
	if e.columns[statBounces] >= 0 && e.hits.isBounce(v, e.rules.Bounce) {
		e.count(row, statBounces, 1)
	}
}
