package query_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// dice are bytes that a question is made of. When they are used up, everything is the first of its kind.
type dice []byte

func (d *dice) n(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

func oneOf[T any](d *dice, of []T) T { return of[d.n(len(of))] }

var (
	wildMetrics    = append([]query.Metric{"", "lcp_p0", "lcp_p", "_p5", "events "}, someMetrics...)
	wildDimensions = append([]query.Dimension{"", "event:props:", "visit:", "event:props:\xff"}, someDimensions...)
	wildOps        = []query.Op{query.Is, query.IsNot, query.Contains, query.ContainsNot, query.Matches, query.MatchesNot, query.And, query.Or, query.Not,
		query.HasDone, query.HasNotDone, "", "xor"}
	wildValues = append([]string{"", "(", "[[:alpha:]]", "(a*)*", "\xff", "Signup", "^.{0,30}$"}, someValues...)
	wildTimes  = []int64{start, start + 1, start - 86400_000, start + 5*86400_000, 0, -1, math.MaxInt64, math.MinInt64, 253402300800000}
)

func (d *dice) query() (q query.Query) {
	q.From, q.To = oneOf(d, wildTimes), oneOf(d, wildTimes)
	for range d.n(6) {
		q.Dimensions = append(q.Dimensions, oneOf(d, wildDimensions))
	}
	for range d.n(18) {
		q.Metrics = append(q.Metrics, oneOf(d, wildMetrics))
	}
	q.Filter = d.filter(0)
	for range d.n(3) {
		q.Order = append(q.Order, query.Order{By: string(oneOf(d, wildMetrics)), Desc: d.n(2) == 0}, query.Order{By: string(oneOf(d, wildDimensions))})
	}
	q.Limit, q.Offset = d.n(5)-1, d.n(5)-1
	q.Compare = oneOf(d, []query.Comparison{"", query.PreviousPeriod, query.YearOverYear, "x"})
	return q
}

func (d *dice) filter(depth int) *query.Filter {
	if d.n(4) == 0 || depth > 10 {
		return nil
	}
	f := &query.Filter{Op: oneOf(d, wildOps), Fold: d.n(2) == 0, Dimension: oneOf(d, wildDimensions)}
	for range d.n(4) {
		f.Args = append(f.Args, d.filter(depth+1))
	}
	for range d.n(4) {
		f.Values = append(f.Values, oneOf(d, wildValues))
	}
	return f
}

// FuzzQuestions asks whatever comes: what Check lets through has an answer in which every number is one, and nothing panics.
func FuzzQuestions(f *testing.F) {
	w := newWorld(1)
	w.rules.Zone = time.UTC
	for i := range w.hits { // into the range of the wild times
		w.hits[i].At += start - w.from
	}
	complete, share := w.sample(), newPopulation(w.Rand, 5000).sample(w.Rand)
	f.Add([]byte{})
	f.Add([]byte{0, 3, 2, 10, 12, 3, 9, 6, 7, 1, 0, 0, 5, 1, 7})
	f.Add([]byte("any bytes do, since each of them is taken as a choice of something"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := dice(b)
		q := d.query()
		for _, s := range []*sketch.Sample{complete, share} {
			answerQuery(t, q, w.rules, s)
			answerOthers(t, q, &d, w.rules, s)
		}
	})
}

func answerQuery(t *testing.T, q query.Query, rules query.Rules, s *sketch.Sample) {
	checked := q.Check(rules)
	q.Needs(rules)
	r, err := query.Eval(&q, rules, s, query.Extras{})
	if (checked == nil) != (err == nil) || err != nil && !errors.Is(err, query.ErrBad) {
		t.Fatalf("Check says %v, Eval says %v", checked, err)
	}
	if err != nil {
		return
	}
	for _, row := range r.Rows {
		if len(row.Keys) != len(q.Dimensions) || len(row.Values) != len(q.Metrics) {
			t.Fatalf("row %v of %v", row, q)
		}
		for i, v := range row.Values {
			if math.IsNaN(v.X) || math.IsInf(v.X, 0) || math.IsNaN(v.Err) || math.IsInf(v.Err, 0) || v.Err < 0 || v.Null && v.X != 0 {
				t.Fatalf("%s is %+v", q.Metrics[i], v)
			}
		}
	}
	if q.Compare != "" {
		q.Join(&r, r, rules)
		q.Earlier(rules)
	}
}

func answerOthers(t *testing.T, q query.Query, d *dice, rules query.Rules, s *sketch.Sample) {
	f := query.Funnel{From: q.From, To: q.To, Filter: q.Filter, Within: time.Duration(d.n(3)-1) * time.Hour}
	for range d.n(10) {
		f.Steps = append(f.Steps, d.filter(0))
	}
	f.Needs(rules)
	_, err := query.EvalFunnel(&f, rules, s, query.Value{})
	if (f.Check(rules) == nil) != (err == nil) {
		t.Fatalf("funnel: %v", err)
	}
	r := query.Retention{From: q.From, To: q.To, Filter: q.Filter, Unit: oneOf(d, wildDimensions)}
	r.Needs(rules)
	if _, err = query.EvalRetention(&r, rules, s, query.Value{}); (r.Check(rules) == nil) != (err == nil) {
		t.Fatalf("retention: %v", err)
	}
	j := query.Journey{From: q.From, To: q.To, Filter: q.Filter, Page: oneOf(d, wildValues), Previous: d.n(2) == 0, Limit: q.Limit, Offset: q.Offset}
	j.Needs(rules)
	if _, err = query.EvalJourney(&j, rules, s, query.Value{}); (j.Check(rules) == nil) != (err == nil) {
		t.Fatalf("journey: %v", err)
	}
}
