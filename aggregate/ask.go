package aggregate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Reading says of an answer what was read for it.
type Reading struct {
	From, To int64 // the whole windows that the answer is about
	// Revision is how many deltas they are made of: a late event makes it one more, and an import that is switched in or out 2^40.
	Revision uint64
	// Late is how many events came too late to be counted, by when they came.
	Late uint64
	// Unreadable is how many deltas and roll-ups are damaged. Their events are missing.
	Unreadable uint64
	// Unsampled are the stretches of time whose samples were given up, so that their visitors are in no figure but totals.
	Unsampled [][2]int64
}

// switchShift leaves room for 10^12 deltas. What is above it stays exact in JSON, for 8,000 switches.
const switchShift = 40

// question is one that is being answered.
type question struct {
	reader *Reader
	site   Site
	rules  query.Rules
	span   span
	needs  sketch.Needs
	reach  query.Reach
}

// Query answers q, whose span is widened to whole windows.
func (r *Reader) Query(ctx context.Context, site Site, q query.Query) (query.Result, Reading, error) {
	rules := site.Rules()
	if err := q.Check(rules); err != nil {
		return query.Result{}, Reading{}, err
	}
	q.From, q.To = r.widen(site, q.From, q.To)
	if q.Compare != "" {
		return r.compared(ctx, site, q)
	}
	needs, reach := q.Needs(rules)
	a := &question{reader: r, site: site, rules: rules, span: span{q.From, q.To}, needs: needs, reach: reach}
	main, err := r.stretchOf(ctx, site, a.span, days)
	if err != nil {
		return query.Result{}, Reading{}, err
	}
	var res query.Result
	if by, ok := bucketed(&q, main); ok {
		res, err = a.byBucket(ctx, q, by)
	} else {
		res, err = a.eval(ctx, &q, main)
	}
	res.Exact = res.Exact && main.unreadable == 0
	reading := main.reading()
	if q.Countable() {
		reading.Unsampled = nil // no figure lacks anything
	}
	return res, reading, err
}

// compared answers q twice, the second time about the earlier span, and joins the rows.
func (r *Reader) compared(ctx context.Context, site Site, q query.Query) (query.Result, Reading, error) {
	now := q
	now.Compare = ""
	res, reading, err := r.Query(ctx, site, now)
	if err != nil {
		return res, reading, err
	}
	earlier, before, err := r.Query(ctx, site, *q.Earlier(site.Rules()))
	if err != nil {
		return res, reading, fmt.Errorf("compare: %w", err)
	}
	reading.Unreadable += before.Unreadable
	reading.Unsampled = append(before.Unsampled, reading.Unsampled...)
	q.Join(&res, earlier, site.Rules())
	return res, reading, nil
}

// Funnel answers f, whose span is widened to whole windows.
func (r *Reader) Funnel(ctx context.Context, site Site, f query.Funnel) (query.FunnelResult, Reading, error) {
	return ask(ctx, r, site, &f, &f.From, &f.To, query.EvalFunnel)
}

// Retention answers q, whose span is widened to whole windows.
func (r *Reader) Retention(ctx context.Context, site Site, q query.Retention) (query.RetentionResult, Reading, error) {
	return ask(ctx, r, site, &q, &q.From, &q.To, query.EvalRetention)
}

// Journey answers j, whose span is widened to whole windows.
func (r *Reader) Journey(ctx context.Context, site Site, j query.Journey) (query.JourneyResult, Reading, error) {
	return ask(ctx, r, site, &j, &j.From, &j.To, query.EvalJourney)
}

// askable is what all questions have.
type askable interface {
	Check(query.Rules) error
	Needs(query.Rules) (sketch.Needs, query.Reach)
}

// ask answers a question that one sample is enough for.
func ask[Q askable, R any](ctx context.Context, r *Reader, site Site, q Q, from, to *int64, eval func(Q, query.Rules, *sketch.Sample, query.Value) (R, error)) (res R, _ Reading, err error) {
	rules := site.Rules()
	if err := q.Check(rules); err != nil {
		return res, Reading{}, err
	}
	*from, *to = r.widen(site, *from, *to)
	needs, reach := q.Needs(rules)
	a := &question{reader: r, site: site, rules: rules, span: span{*from, *to}, needs: needs, reach: reach}
	main, err := r.stretchOf(ctx, site, a.span, days)
	if err != nil {
		return res, Reading{}, err
	}
	sample, err := a.project(ctx, main)
	if err != nil {
		return res, main.reading(), err
	}
	visitors, err := main.visitorsBeside(sample)
	if err != nil {
		return res, main.reading(), err
	}
	res, err = eval(q, rules, sample, visitors)
	return res, main.reading(), err
}

// eval answers a query about the span of the stretch.
func (a *question) eval(ctx context.Context, q *query.Query, main *stretch) (query.Result, error) {
	thin := len(main.unsampled) > 0 // before it is told of what lies around
	sample, err := a.project(ctx, main)
	switch {
	case err != nil:
		return query.Result{}, err
	case thin || partlyCounted(q) && !sample.Complete():
		return a.evalPartly(q, main, sample)
	}
	return main.eval(q, a.rules, sample)
}

// maxBuckets is how many buckets are answered for one by one.
const maxBuckets = 1000

// ofWhole are metrics that compare a row with the whole span: they are not answered bucket by bucket.
var ofWhole = []query.Metric{query.Percentage, query.ConversionRate}

// bucketed returns the buckets of the query's time dimension, where they are to be answered for one by one. A sample of the whole span that does not hold everybody
// knows less of each bucket than the bucket's own.
func bucketed(q *query.Query, main *stretch) (query.Dimension, bool) {
	var by query.Dimension
	n := 0
	for _, d := range q.Dimensions {
		if d.IsTime() {
			by = d
			n++
		}
	}
	whole := slices.ContainsFunc(q.Metrics, func(m query.Metric) bool { return slices.Contains(ofWhole, m) })
	return by, n == 1 && !whole && !main.whole()
}

// byBucket answers a query for one bucket after the other.
func (a *question) byBucket(ctx context.Context, q query.Query, by query.Dimension) (query.Result, error) {
	buckets := query.Buckets(by, a.span.from, a.span.to, a.site.Zone(), maxBuckets+1)
	if len(buckets) > maxBuckets {
		return query.Result{}, fmt.Errorf("%w: dimensions: the span has more than %d buckets of %s, too many for a site of so many visitors; a shorter span or a longer bucket is allowed",
			query.ErrBad, maxBuckets, by)
	}
	var inhabited []span
	for _, gen := range a.site.generations() {
		spans, err := a.reader.inhabited(ctx, gen, a.span.cut(gen.owned()))
		if err != nil {
			return query.Result{}, err
		}
		inhabited = append(inhabited, spans...)
	}
	buckets = slices.DeleteFunc(buckets, func(b query.Bucket) bool { return len(within(inhabited, span{b.From, b.To})) == 0 })
	var rows []query.Row
	exact, fraction := true, 1.0
	for _, b := range a.together(buckets, levelFor(by)) {
		res, err := a.bucket(ctx, q, by, b)
		if err != nil {
			return query.Result{}, err
		}
		rows = append(rows, res.Rows...)
		exact, fraction = exact && res.Exact, min(fraction, res.Fraction)
	}
	return q.Arrange(rows, exact, fraction), nil
}

// together joins the buckets that nothing so short is kept of: what is known of them is the sample of a longer time.
func (a *question) together(buckets []query.Bucket, top level) []query.Bucket {
	var all []query.Bucket
	joined := false // whether the last one of all may become longer
	for _, b := range buckets {
		long := a.reader.kept(a.site, b.From) > top
		if long && joined {
			all[len(all)-1].To = b.To
			continue
		}
		if joined = long; long {
			b.Key = query.Key{}
		}
		all = append(all, b)
	}
	return all
}

// bucket answers a query for one bucket, or for several that have no key together.
func (a *question) bucket(ctx context.Context, q query.Query, by query.Dimension, b query.Bucket) (query.Result, error) {
	one := *a
	one.span = span{b.From, b.To}
	q.From, q.To, q.Limit, q.Offset, q.Order = b.From, b.To, 0, 0, nil
	top := levelFor(by)
	if b.Key == (query.Key{}) {
		top = days
	}
	main, err := a.reader.stretch(ctx, a.site, one.span, top)
	if err != nil {
		return query.Result{}, err
	}
	if rest, at := q.Without(by); b.Key != (query.Key{}) && ((rest.Countable() || partlyCounted(&rest)) && !main.whole() || len(main.unsampled) > 0) {
		res, err := one.eval(ctx, &rest, main)
		return rest.Put(res, at, b.Key), err
	}
	return one.eval(ctx, &q, main)
}

// levelFor returns the level of the longest roll-ups that serve for buckets of a time dimension.
func levelFor(by query.Dimension) level {
	switch by {
	case query.Time10s:
		return 0
	case query.TimeMinute:
		return minutes
	case query.Time15Min, query.TimeHour:
		return quarters
	}
	return days
}

// project merges the stretch with what lies around it as far as the question reaches.
func (a *question) project(ctx context.Context, main *stretch) (*sketch.Sample, error) {
	key := readingKey{id: a.site.ID, switched: a.site.Switched, span: a.span, around: true, reach: a.reach}
	around, err := a.reader.once(key, func() ([]*stretch, error) { return a.around(ctx) })
	if err != nil {
		return nil, err
	}
	all := append(slices.Clip(around), main)
	sample, err := a.merged(a.needs, all...)
	for _, s := range around {
		main.unreadable += s.unreadable
		if a.reach.History { // who was there before is not known then
			main.unsampled = append(main.unsampled, s.unsampled...)
		}
	}
	return sample, err
}

// merged is the sample of several stretches. A column that cannot be read shows only now: its delta is left out.
func (a *question) merged(needs sketch.Needs, stretches ...*stretch) (*sketch.Sample, error) {
	sample, err := sketch.Project(needs, join(stretches...))
	if IsDamage(err) {
		for _, s := range stretches {
			s.unreadable += s.parts.readable(needs)
		}
		sample, err = sketch.Project(needs, join(stretches...))
	}
	if err != nil {
		return nil, fmt.Errorf("merge samples of site %s: %w", a.site.ID, err)
	}
	return sample, nil
}

// around reads what lies before and after the span, as far as the question reaches.
func (a *question) around(ctx context.Context) ([]*stretch, error) {
	var all []*stretch
	if a.reach.History {
		s, err := a.reader.stretchOf(ctx, a.site, span{0, a.span.from}, days)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	} else if a.reach.Visits {
		before, err := a.before(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, before...)
	}
	if !a.reach.Visits {
		return all, nil
	}
	after, err := a.after(ctx)
	return append(all, after...), err
}

// before reads back in growing steps while a visitor has a visit that may have begun still earlier.
func (a *question) before(ctx context.Context) ([]*stretch, error) {
	pause, gap := a.gap()
	edge, err := a.beside(ctx, span{a.span.from, min(a.span.to, a.grainOf(a.span.from+gap-1).to)})
	if err != nil {
		return nil, err
	}
	var read []*stretch
	limit := max(0, a.span.from-query.LookBack.Milliseconds())
	for at, step := a.span.from, gap; at > limit; step *= 2 {
		begin := a.grainOf(max(limit, at-step)).from
		s, err := a.beside(ctx, span{begin, at})
		if err != nil {
			return nil, err
		}
		read, at = append(read, s), begin
		sample, err := a.merged(sketch.Needs{}, append(slices.Clone(read), edge)...)
		if err != nil {
			return nil, err
		}
		if !query.OpenAtStart(sample, a.span.from, a.span.from+gap, at, pause) {
			break
		}
	}
	return read, nil
}

// after reads on in growing steps while a visitor has a visit that may go on still longer.
func (a *question) after(ctx context.Context) ([]*stretch, error) {
	pause, gap := a.gap()
	edge, err := a.beside(ctx, span{max(a.span.from, a.grainOf(a.span.to-gap).from), a.span.to})
	if err != nil {
		return nil, err
	}
	var read []*stretch
	limit := min(forEver, a.span.to+query.MaxVisit.Milliseconds())
	for at, step := a.span.to, gap; at < limit; step *= 2 {
		end := a.grainOf(min(limit, at+step) - 1).to
		s, err := a.beside(ctx, span{at, end})
		if err != nil {
			return nil, err
		}
		read, at = append(read, s), end
		sample, err := a.merged(sketch.Needs{}, append(slices.Clone(read), edge)...)
		if err != nil {
			return nil, err
		}
		if !query.OpenAtEnd(sample, a.span.to-gap, a.span.to, at, pause) {
			break
		}
	}
	return read, nil
}

// grainOf returns the shortest period around ms that is kept. A visit is looked for in whole ones: of a day that is kept as one, the half hour before its end is not.
func (a *question) grainOf(ms int64) span { return a.reader.grain(a.site, max(0, ms)) }

// beside reads what lies near an end of the span, from roll-ups as short as are kept: their samples know more of it.
func (a *question) beside(ctx context.Context, sp span) (*stretch, error) {
	return a.reader.stretchOf(ctx, a.site, sp, max(quarters, a.reader.kept(a.site, sp.from)))
}

// gap returns the pause that ends a visit, and that in milliseconds widened to whole windows.
func (a *question) gap() (time.Duration, int64) {
	gap := a.rules.WithDefaults().Gap
	return gap, ceilWindow(gap.Milliseconds())
}

func (s *stretch) reading() Reading {
	r := Reading{
		From: s.span.from, To: s.span.to, Revision: s.switched<<switchShift + s.deltas, Late: s.parts.ledger.Late + s.thin.ledger.Late, Unreadable: s.unreadable,
	}
	for _, sp := range within(slices.Clone(s.unsampled), span{0, forEver}) {
		r.Unsampled = append(r.Unsampled, [2]int64{sp.from, sp.to})
	}
	return r
}
