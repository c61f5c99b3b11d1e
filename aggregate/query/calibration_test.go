package query_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// population is visitors of whom every run samples others.
type population [][]sketch.Hit

// newPopulation makes visitors with a heavy tail of hits, visits and revenue. 10 % of them are from FR, 1 % from IS.
func newPopulation(r *rand.Rand, visitors int) population {
	p := make(population, visitors)
	for i := range p {
		var h sketch.Hit
		h.Text[sketch.Country] = "DE"
		if i%10 == 0 {
			h.Text[sketch.Country] = "FR"
		}
		if i%100 == 1 {
			h.Text[sketch.Country] = "IS"
		}
		h.Text[sketch.Currency] = "EUR"
		n := min(60, 1+int(math.Pow(r.Float64(), -0.8)))
		at := start + r.Int64N(5*86400_000)
		for range n {
			h.At = at
			h.Text[sketch.Name] = []string{"pageview", "pageview", "pageview", "signup"}[r.IntN(4)]
			h.Text[sketch.Page] = []string{"/", "/a", "/b", "/c"}[r.IntN(4)]
			h.Revenue = int64(1e6 * r.ExpFloat64() * r.ExpFloat64())
			h.Vitals[sketch.LCP] = sketch.Bin(500 * math.Exp(r.NormFloat64()+float64(i%3)/3))
			p[i] = append(p[i], h)
			at += int64(r.ExpFloat64() * 900_000)
		}
	}
	return p
}

// sample is that of the visitors with hashes of a run. Only those that can be in it are added: the K smallest hashes and the one after them.
func (p population) sample(r *rand.Rand) *sketch.Sample {
	type hashed struct {
		hash    uint64
		visitor int
	}
	all := make([]hashed, len(p))
	for i := range all {
		all[i] = hashed{r.Uint64(), i}
	}
	slices.SortFunc(all, func(a, b hashed) int { return cmp.Compare(a.hash, b.hash) })
	var b sketch.Builder
	for _, v := range all[:min(len(all), sketch.K+1)] {
		for i := range p[v.visitor] {
			b.Add(v.hash, &p[v.visitor][i])
		}
	}
	s, _ := b.Seal()
	return s
}

// complete answers a question from everybody, in parts that no sample has to cut.
func (p population) complete(t *testing.T, q query.Query) []query.Value {
	t.Helper()
	var sums []float64
	for part := range slices.Chunk(p, sketch.K) {
		r := ask(t, q, part.sample(rand.New(rand.NewPCG(1, 1))))
		sums = append(sums, make([]float64, len(r)-len(sums))...)
		for i, v := range r {
			sums[i] += v.X
		}
	}
	values := make([]query.Value, len(sums))
	for i, x := range sums {
		values[i].X = x
	}
	return values
}

func ask(t *testing.T, q query.Query, s *sketch.Sample) []query.Value {
	t.Helper()
	return askKnowing(t, q, s, query.Value{})
}

// askKnowing asks with a number of all visitors that is known.
func askKnowing(t *testing.T, q query.Query, s *sketch.Sample, visitors query.Value) []query.Value {
	t.Helper()
	r, err := query.Eval(&q, query.Rules{}, s, query.Extras{Visitors: visitors})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Rows[0].Values {
		if len(v.Money) == 1 {
			r.Rows[0].Values[i] = query.Value{X: v.Money[0].Amount, Err: v.Money[0].Err}
		}
	}
	return r.Rows[0].Values
}

// TestErrorsAreWhatTheySay compares the standard errors that are reported with those that are observed over many samples of one population,
// for all visitors, a share of 10 % and one of 1 %. The seeds are fixed: an observed error from 120 runs is itself uncertain by 6 %.
func TestErrorsAreWhatTheySay(t *testing.T) {
	runs := 120
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		runs = 600
	}
	people := newPopulation(rand.New(rand.NewPCG(3, 4)), 50_000)
	samples := make([]*sketch.Sample, runs)
	for i := range samples {
		samples[i] = people.sample(rand.New(rand.NewPCG(11, uint64(i))))
	}
	totals := []query.Metric{query.Visitors, query.Visits, query.Events, query.TotalRevenue}
	ratios := []query.Metric{query.BounceRate, query.ViewsPerVisit, query.VisitDuration, query.ExitRate, query.TimeOnPage, query.AverageRevenue, "lcp_p75",
		query.Percentage}
	for name, f := range map[string]*query.Filter{"all": nil, "10 %": is(query.VisitCountry, "FR"), "1 %": is(query.VisitCountry, "IS")} {
		q := query.Query{From: start, To: start + 30*86400_000, Filter: f, Metrics: slices.Concat(totals, ratios)}
		var runsOf [][]query.Value
		for _, s := range samples {
			runsOf = append(runsOf, ask(t, q, s))
		}
		q.Metrics = totals
		truth := people.complete(t, q)
		for i, m := range slices.Concat(totals, ratios) {
			if m == query.Percentage {
				continue // of itself: always 100
			}
			checkCalibration(t, name+" "+string(m), runsOf, i, truth)
		}
	}
}

// TestKnownVisitorsMakeTotalsMoreExact: where the number of visitors is known as well as the registers tell it, errors are what they say, and less than they were.
func TestKnownVisitorsMakeTotalsMoreExact(t *testing.T) {
	const visitors, relative = 50_000, 0.0057
	runs := 50
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		runs = 600
	}
	people := newPopulation(rand.New(rand.NewPCG(3, 4)), visitors)
	metrics := []query.Metric{query.Visitors, query.Visits, query.Events, query.TotalRevenue}
	for _, c := range []struct {
		name   string
		filter *query.Filter
		most   float64 // of the error before
	}{
		{"all", nil, 0.85}, {"85 %", is(query.VisitCountry, "DE"), 0.9}, {"1 %", is(query.VisitCountry, "IS"), 1.02},
	} {
		q := query.Query{From: start, To: start + 30*86400_000, Filter: c.filter, Metrics: metrics}
		var runsOf [][]query.Value
		var before, now float64 // standard error of visits as it is reported
		for i := range runs {
			r := rand.New(rand.NewPCG(13, uint64(i)))
			s := people.sample(r)
			known := query.Value{X: visitors * (1 + relative*r.NormFloat64()), Err: visitors * relative}
			values := askKnowing(t, q, s, known)
			if i == 0 {
				before, now = ask(t, q, s)[1].Err, values[1].Err
			}
			runsOf = append(runsOf, values)
		}
		truth := people.complete(t, q)
		for i, m := range metrics {
			checkCalibration(t, c.name+" "+string(m), runsOf, i, truth)
		}
		t.Logf("%s: with the visitors known, the error of visits is %.2f of what it was without", c.name, now/before)
		if now > c.most*before {
			t.Errorf("%s: with the visitors known, the error of visits is %.1f, want at most %.2f of %.1f", c.name, now, c.most, before)
		}
	}
}

// TestWhereAllAreAlikeAnErrorIsLeft: a sample in which everybody does the same says of the others that most do.
func TestWhereAllAreAlikeAnErrorIsLeft(t *testing.T) {
	var b sketch.Builder
	h := sketch.Hit{At: start}
	h.Text[sketch.Name], h.Text[sketch.Country] = "pageview", "DE"
	r := rand.New(rand.NewPCG(1, 2))
	for range 2 * sketch.K {
		b.Add(r.Uint64(), &h)
	}
	s, _ := b.Seal()
	q := query.Query{From: start, To: start + 1, Filter: is(query.VisitCountry, "DE"), Metrics: []query.Metric{query.Visitors, query.Visits, query.Events}}
	for i, v := range askKnowing(t, q, s, query.Value{X: 2 * sketch.K}) {
		if math.Abs(v.X-2*sketch.K) > 1e-6 || v.Err <= 0 || v.Err > 2 {
			t.Errorf("%s: %v ± %v, want %d and an error of about one", q.Metrics[i], v.X, v.Err, 2*sketch.K)
		}
	}
	q.Filter = is(query.VisitCountry, "FR")
	for i, v := range askKnowing(t, q, s, query.Value{X: 2 * sketch.K}) {
		if v.X != 0 || v.Err != 0 {
			t.Errorf("%s: %v ± %v where nobody is", q.Metrics[i], v.X, v.Err)
		}
	}
}

// TestKnownVisitorsAreNotTakenWhereTheSampleTellsMore: a number that is known badly changes nothing.
func TestKnownVisitorsAreNotTakenWhereTheSampleTellsMore(t *testing.T) {
	people := newPopulation(rand.New(rand.NewPCG(3, 4)), 2*sketch.K)
	s := people.sample(rand.New(rand.NewPCG(5, 6)))
	q := query.Query{From: start, To: start + 30*86400_000, Metrics: []query.Metric{query.Visitors, query.Visits}}
	before, now := ask(t, q, s), askKnowing(t, q, s, query.Value{X: 3 * sketch.K, Err: 0.1 * sketch.K})
	if !reflect.DeepEqual(before, now) {
		t.Errorf("%v without, %v with a number that is known to 3 %%", before, now)
	}
}

func checkCalibration(t *testing.T, name string, runs [][]query.Value, i int, truth []query.Value) {
	t.Helper()
	var mean, reported, spread float64
	n := float64(len(runs))
	for _, r := range runs {
		mean += r[i].X / n
		reported += r[i].Err * r[i].Err / n
	}
	for _, r := range runs {
		spread += (r[i].X - mean) * (r[i].X - mean) / (n - 1)
	}
	ratio := math.Sqrt(reported / spread)
	t.Logf("%-22s mean %10.3f observed %9.4f reported %9.4f ratio %.2f", name, mean, math.Sqrt(spread), math.Sqrt(reported), ratio)
	if ratio < 0.8 || ratio > 1.2 {
		t.Errorf("%s: reported standard error is %.2f of the observed one", name, ratio)
	}
	if i < len(truth) {
		if off := math.Abs(mean-truth[i].X) / math.Sqrt(spread/n); off > 4 {
			t.Errorf("%s: mean of the estimates %.1f, truth %.1f: %.1f errors off", name, mean, truth[i].X, off)
		}
	}
}
