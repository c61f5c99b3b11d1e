package query_test

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// multitude is very many visitors, of whom only the figures are kept.
type multitude struct {
	*rand.Rand
	visitors, visits, bounces, some float64 // some are those of FR, a tenth; the others are of DE
	parts                           []query.Part
}

// newMultitude counts visitors into parts, as windows are, and merges these as roll-ups are.
func newMultitude(t *testing.T, seed uint64, visitors int) *multitude {
	const perPart = 50_000
	m := &multitude{Rand: rand.New(rand.NewPCG(seed, 5))}
	var samples []*sketch.Packed
	var rests []*sketch.Rest
	var b sketch.Builder
	for n := 0; n < visitors; n += perPart {
		b.Reset()
		for range min(perPart, visitors-n) {
			m.visitor(&b)
		}
		s, r := b.Seal()
		p, err := sketch.Open(s.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		samples, rests = append(samples, p), append(rests, r)
	}
	s, r, err := sketch.Merge(samples, rests)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sketch.Open(s.AppendBinary(nil))
	if err != nil {
		t.Fatal(err)
	}
	m.parts = []query.Part{{Sample: p, Rest: r}}
	return m
}

// visitor comes once or several times, a few of them very often.
func (m *multitude) visitor(b *sketch.Builder) {
	m.visitors++
	var h sketch.Hit
	h.Text[sketch.Name], h.Text[sketch.Page] = "pageview", "/"
	h.Text[sketch.Country] = "DE"
	if m.IntN(10) == 0 {
		h.Text[sketch.Country] = "FR"
		m.some++
	}
	hash, at := m.Uint64(), start+m.Int64N(86_400_000)
	for range min(20, int(math.Pow(m.Float64(), -0.6))) {
		m.visits++
		h.At = at
		b.Add(hash, &h)
		if m.IntN(2) == 0 {
			m.bounces++
		} else {
			h.At += 60_000
			b.Add(hash, &h)
		}
		at += 86_400_000 / 2
	}
}

// ask answers one question from the parts.
func (m *multitude) ask(t *testing.T, metric query.Metric, f *query.Filter) query.Value {
	q := query.Query{Metrics: []query.Metric{metric}, From: start, To: start + 60*86_400_000, Filter: f}
	needs, _ := q.Needs(query.Rules{})
	s, err := sketch.Project(needs, []*sketch.Packed{m.parts[0].Sample})
	if err != nil {
		t.Fatal(err)
	}
	var x query.Extras
	if q.Countable() {
		if x.Counts, err = query.Count(&q, m.parts); err != nil {
			t.Fatal(err)
		}
	} else if metric != query.BounceRate {
		all := m.ask(t, query.Visitors, nil)
		x.Visitors = query.Value{X: all.X, Err: all.Err}
	}
	r, err := query.Eval(&q, query.Rules{}, s, x)
	if err != nil {
		t.Fatal(err)
	}
	return r.Rows[0].Values[0]
}

// TestFiguresOfAMillionVisitors: visitors are within 2 %, and what is estimated is within three of its standard errors nearly always.
func TestFiguresOfAMillionVisitors(t *testing.T) {
	runs, visitors := 6, 100_000
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		runs, visitors = 100, 1_000_000
	}
	within := make(map[string]int)
	for seed := range uint64(runs) {
		m := newMultitude(t, seed, visitors)
		if got := m.ask(t, query.Visitors, nil).X; math.Abs(got-m.visitors) > 0.02*m.visitors {
			t.Errorf("seed %d: %v visitors, want %v", seed, got, m.visitors)
		}
		for _, c := range []struct {
			name   string
			metric query.Metric
			filter *query.Filter
			want   float64
		}{
			{"visits", query.Visits, nil, m.visits},
			{"bounce rate", query.BounceRate, nil, 100 * m.bounces / m.visits},
			{"a tenth", query.Visitors, is(query.VisitCountry, "FR"), m.some},
			{"the others", query.Visitors, is(query.VisitCountry, "DE"), m.visitors - m.some},
		} {
			v := m.ask(t, c.metric, c.filter)
			if v.Err <= 0 {
				t.Fatalf("seed %d: %s has no error", seed, c.name)
			}
			if math.Abs(v.X-c.want) <= 3*v.Err {
				within[c.name]++
			}
		}
	}
	for name, n := range within {
		t.Logf("%s: %d of %d runs within three standard errors", name, n, runs)
		if n < runs*99/100 {
			t.Errorf("%s: only %d of %d runs are within three standard errors", name, n, runs)
		}
	}
}
