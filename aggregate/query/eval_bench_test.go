package query_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"golang.org/x/sys/unix"
)

// month is a made-up month of visitors: hits, in no order that matters.
func month(visitors int, seed uint64) *sketch.Sample {
	r := rand.New(rand.NewPCG(seed, 1))
	var b sketch.Builder
	pages := words(r, "/page-", 400)
	sources := words(r, "source-", 40)
	for range visitors {
		hash := r.Uint64()
		var face sketch.Hit
		face.Text[sketch.Source] = sources[int(r.ExpFloat64()*6)%len(sources)]
		face.Text[sketch.Country] = []string{"DE", "FR", "US", "IN", "BR"}[r.IntN(5)]
		face.Text[sketch.Browser] = []string{"Chrome", "Safari", "Firefox"}[r.IntN(3)]
		for range 1 + int(r.ExpFloat64()*5) {
			at := start + r.Int64N(30*86400)*1000
			for range 1 + int(r.ExpFloat64()*7) {
				h := face
				h.At = at
				h.Text[sketch.Name] = "pageview"
				h.Text[sketch.Page] = pages[int(r.ExpFloat64()*40)%len(pages)]
				if r.IntN(8) == 0 {
					h.Text[sketch.Name] = "signup"
				}
				b.Add(hash, &h)
				at += 1000 + r.Int64N(400_000)
			}
		}
	}
	s, _ := b.Seal()
	return s
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

func words(r *rand.Rand, prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = prefix + string(rune('a'+r.IntN(26))) + string(rune('0'+i%10)) + string(rune('a'+i/10%26)) + string(rune('a'+i/260))
	}
	return all
}

// BenchmarkEval answers questions about a month of K visitors, a share of all, with some 200,000 hits. It reports CPU, since machines are shared.
func BenchmarkEval(b *testing.B) {
	s := month(6000, 1)
	q := query.Query{From: start, To: start + 30*86400_000, Metrics: []query.Metric{query.Visitors, query.Visits, query.Pageviews, query.BounceRate,
		query.VisitDuration, query.ViewsPerVisit}}
	ask := func(name string, q query.Query) {
		measure(b, name, s.Hits(), func() error {
			_, err := query.Eval(&q, query.Rules{}, s, query.Extras{})
			return err
		})
	}
	ask("totals", query.Query{From: q.From, To: q.To, Metrics: []query.Metric{query.Visitors, query.Pageviews}})
	ask("totals of visits", q)
	q.Dimensions = []query.Dimension{query.EventPage}
	ask("by page", q)
	q.Dimensions = []query.Dimension{query.TimeDay}
	ask("by day", q)
	q.Dimensions = []query.Dimension{query.TimeDay, query.VisitSource}
	ask("by day and source", q)
	q.Filter = both(is(query.VisitCountry, "DE", "FR"), &query.Filter{Op: query.Contains, Dimension: query.EventPage, Values: []string{"a"}})
	q.Dimensions = nil
	ask("filtered by two", q)
	q.Dimensions = []query.Dimension{query.EventPage}
	ask("filtered by two, by page", q)
}

func BenchmarkFunnel(b *testing.B) {
	s := month(6000, 1)
	f := query.Funnel{From: start, To: start + 30*86400_000, Within: time.Hour}
	for _, part := range []string{"a", "b", "c", "d"} {
		f.Steps = append(f.Steps, &query.Filter{Op: query.Contains, Dimension: query.EventPage, Values: []string{part}})
	}
	f.Steps = append(f.Steps, is(query.EventName, "signup"))
	measure(b, "5 steps", s.Hits(), func() error {
		_, err := query.EvalFunnel(&f, query.Rules{}, s, query.Value{})
		return err
	})
	f.Filter = is(query.VisitCountry, "DE", "FR")
	measure(b, "5 steps, filtered by visit", s.Hits(), func() error {
		_, err := query.EvalFunnel(&f, query.Rules{}, s, query.Value{})
		return err
	})
}

func is(d query.Dimension, values ...string) *query.Filter {
	return &query.Filter{Op: query.Is, Dimension: d, Values: values}
}

func both(args ...*query.Filter) *query.Filter { return &query.Filter{Op: query.And, Args: args} }

// measure runs a benchmark and reports the CPU time of one run beside the time that it took.
func measure(b *testing.B, name string, hits int, run func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		before := cpu(b)
		for b.Loop() {
			if err := run(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		b.ReportMetric(float64(hits), "hits")
	})
}

func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCountVisitors counts those of a month of days, each of which has more than a sample holds: what a total from a sample is multiplied by.
func BenchmarkCountVisitors(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 5))
	people := newPopulation(r, 2*sketch.K)
	var parts []query.Part
	hits := 0
	for range 30 {
		var day sketch.Builder
		for _, hits := range people {
			hash := r.Uint64()
			for i := range hits {
				day.Add(hash, &hits[i])
			}
		}
		s, rest := day.Seal()
		p, err := sketch.Open(s.AppendBinary(nil))
		if err != nil {
			b.Fatal(err)
		}
		parts = append(parts, query.Part{Sample: p, Rest: rest})
		hits += p.Hits()
	}
	q := query.Query{Metrics: []query.Metric{query.Visitors}, From: start, To: start + 30*86400_000}
	measure(b, "30 days", hits, func() error {
		_, err := query.Count(&q, parts)
		return err
	})
}
