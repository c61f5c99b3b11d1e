package query_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// crowd is parts of one site, and the plain truth about it.
type crowd struct {
	parts    []query.Part
	samples  []*sketch.Packed
	visitors map[uint64]bool
	events   float64
	revenue  float64
	byText   map[query.Dimension]map[string]*[2]float64 // events and pageviews
}

// newCrowd makes parts with so many visitors each, half of them the same in all. Properties have so many values.
func newCrowd(t *testing.T, parts, visitors, values int) *crowd {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 9))
	c := &crowd{visitors: make(map[uint64]bool), byText: make(map[query.Dimension]map[string]*[2]float64)}
	who := make([]uint64, 2*visitors)
	for i := range who {
		who[i] = r.Uint64()
	}
	for range parts {
		var b sketch.Builder
		for i := range visitors {
			v := who[r.IntN(len(who))]
			for j := range 1 + r.IntN(3) {
				h := hitAt(start+r.Int64N(86400_000), []string{"pageview", "buy", "engagement"}[r.IntN(min(3, 2+j))], []string{"/", "/a", "/b", ""}[r.IntN(4)])
				h.Text[sketch.Hostname] = "a.example"
				if h.Text[sketch.Name] == "buy" {
					h.Text[sketch.Currency], h.Revenue = "EUR", r.Int64N(1e9)
				}
				if i%2 == 0 {
					h.Props = []sketch.Prop{{Key: "n", Value: "v" + strconv.Itoa(int(r.ExpFloat64()*float64(values)/6)%values)}}
				}
				c.note(v, &h)
				b.Add(v, &h)
			}
		}
		s, rest := b.Seal()
		p, err := sketch.Open(s.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		c.parts, c.samples = append(c.parts, query.Part{Sample: p, Rest: rest}), append(c.samples, p)
	}
	return c
}

func (c *crowd) note(visitor uint64, h *sketch.Hit) {
	if h.Text[sketch.Name] == "engagement" {
		return
	}
	c.visitors[visitor] = true
	c.events++
	c.revenue += float64(h.Revenue) / 1e6
	prop := "(none)"
	if len(h.Props) > 0 {
		prop = h.Props[0].Value
	}
	page := h.Text[sketch.Page]
	if page == "" {
		page = "(not set)"
	}
	for d, text := range map[query.Dimension]string{query.EventName: h.Text[sketch.Name], query.EventPage: page, "event:props:n": prop} {
		if c.byText[d] == nil {
			c.byText[d] = make(map[string]*[2]float64)
		}
		if c.byText[d][text] == nil {
			c.byText[d][text] = new([2]float64)
		}
		c.byText[d][text][0]++
		if h.Text[sketch.Name] == "pageview" {
			c.byText[d][text][1]++
		}
	}
}

// ask answers a query as a reader does: from counts where the merged sample is not complete.
func (c *crowd) ask(t *testing.T, q query.Query) query.Result {
	t.Helper()
	q.From, q.To = start, start+86400_000
	needs, _ := q.Needs(query.Rules{})
	s, err := sketch.Project(needs, c.samples)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := query.Count(&q, c.parts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := query.Eval(&q, query.Rules{}, s, query.Extras{Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var counted = []query.Metric{query.Events, query.Pageviews}

func TestCountsAreExactWhereNothingWasCut(t *testing.T) {
	c := newCrowd(t, 3, 8000, 100)
	for _, d := range []query.Dimension{query.EventName, query.EventPage, "event:props:n"} {
		r := c.ask(t, query.Query{Metrics: counted, Dimensions: []query.Dimension{d}})
		if !r.Exact || r.Fraction != 1 || len(r.Rows) != len(c.byText[d]) {
			t.Fatalf("by %s: exact %v, fraction %v, %d rows, want %d", d, r.Exact, r.Fraction, len(r.Rows), len(c.byText[d]))
		}
		for _, row := range r.Rows {
			if want := c.byText[d][row.Keys[0].Text]; row.Values[0].X != want[0] || row.Values[1].X != want[1] {
				t.Errorf("by %s: %v, want %v", d, row, want)
			}
		}
	}
}

func TestCountsOfTheWhole(t *testing.T) {
	c := newCrowd(t, 3, 8000, 100)
	r := c.ask(t, query.Query{Metrics: []query.Metric{query.Visitors, query.Events, query.TotalRevenue}})
	v := r.Rows[0].Values
	if off := math.Abs(v[0].X - float64(len(c.visitors))); off > 3*v[0].Err || v[0].Err > v[0].X/100 || v[0].Err == 0 {
		t.Errorf("visitors %v, want %d", v[0], len(c.visitors))
	}
	if v[1].X != c.events || v[1].Err != 0 {
		t.Errorf("events %v, want %v", v[1], c.events)
	}
	if m := v[2].Money; len(m) != 1 || math.Abs(m[0].Amount-c.revenue) > 1e-6 || m[0].Err != 0 {
		t.Errorf("revenue %v, want %v", m, c.revenue)
	}
	if r.Exact {
		t.Error("an estimate of visitors is called exact")
	}
}

// TestVisitorsOfCompletePartsAreExact has parts that hold everybody, though no sample of all of them does.
func TestVisitorsOfCompletePartsAreExact(t *testing.T) {
	c := newCrowd(t, 4, 4000, 10)
	r := c.ask(t, query.Query{Metrics: []query.Metric{query.Visitors, query.Pageviews}})
	if v := r.Rows[0].Values[0]; len(c.visitors) <= sketch.K || v.X != float64(len(c.visitors)) || !r.Exact {
		t.Errorf("visitors %v, exact %v, want %d", v, r.Exact, len(c.visitors))
	}
}

// TestCountsSayWhatTablesMissed has more values of a property than tables keep.
func TestCountsSayWhatTablesMissed(t *testing.T) {
	c := newCrowd(t, 3, 12_000, 9000)
	r := c.ask(t, query.Query{Metrics: counted, Dimensions: []query.Dimension{"event:props:n"}})
	if r.Exact {
		t.Error("cut tables are called exact")
	}
	missed := false
	for _, row := range r.Rows {
		v, want := row.Values[0], c.byText["event:props:n"][row.Keys[0].Text]
		if row.Keys[0].Text != "(none)" && (v.X > want[0] || v.X+v.Err < want[0]) {
			t.Errorf("%v, want %v", row, want)
		}
		missed = missed || v.X < want[0]
	}
	if !missed {
		t.Error("nothing was missed: the test says little")
	}
}

func TestCountableQueries(t *testing.T) {
	yes := []query.Query{
		{Metrics: []query.Metric{query.Visitors, query.Pageviews, query.Events, query.TotalRevenue}},
		{Metrics: counted, Dimensions: []query.Dimension{query.EventPage}},
		{Metrics: counted, Dimensions: []query.Dimension{"event:props:x"}},
	}
	no := []query.Query{
		{Metrics: []query.Metric{query.Visits}},
		{Metrics: []query.Metric{query.Visitors}, Dimensions: []query.Dimension{query.EventPage}},
		{Metrics: counted, Dimensions: []query.Dimension{query.EventPage, query.EventName}},
		{Metrics: counted, Dimensions: []query.Dimension{query.TimeDay}},
		{Metrics: counted, Dimensions: []query.Dimension{query.VisitSource}},
		{Metrics: counted, Filter: is(query.EventPage, "/")},
	}
	for _, q := range yes {
		if !q.Countable() {
			t.Errorf("%v is not countable", q)
		}
	}
	for _, q := range no {
		if q.Countable() {
			t.Errorf("%v is countable", q)
		}
	}
}

// TestNobodyKnows asks a sample that was thinned to nothing.
func TestNobodyKnows(t *testing.T) {
	c := newCrowd(t, 1, 100, 10)
	s, _, err := c.samples[0].Thin()
	if err != nil {
		t.Fatal(err)
	}
	q := query.Query{From: start, To: start + 86400_000, Metrics: []query.Metric{query.Visitors, query.Visits, query.BounceRate, query.TotalRevenue, "lcp_p75",
		query.Percentage}}
	r, err := query.Eval(&q, query.Rules{}, s, query.Extras{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Rows[0].Values {
		if !v.Null || v.X != 0 || v.Err != 0 {
			t.Errorf("%s: %v", q.Metrics[i], v)
		}
	}
	if r.Exact || r.Fraction != 0 {
		t.Errorf("exact %v, fraction %v", r.Exact, r.Fraction)
	}
}
