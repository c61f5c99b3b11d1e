package query_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

func (w *world) history() *naive.History {
	var all []naive.Hit
	for _, h := range w.hits {
		all = append(all, naive.Hit{Visitor: strconv.FormatUint(h.visitor, 10), Hit: h.Hit, Vitals: h.vitals})
	}
	return naive.NewHistory(w.rules, all)
}

// TestEvalAgreesWithTheNaive asks random questions of random sites.
func TestEvalAgreesWithTheNaive(t *testing.T) {
	worlds := 60
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		worlds = 2000
	}
	seed := uint64(time.Now().UnixNano())
	for i := range uint64(worlds) {
		w := newWorld(seed + i)
		s, h := w.sample(), w.history()
		for range 10 {
			q := w.query()
			got, err := query.Eval(&q, w.rules, s, query.Extras{})
			if err != nil {
				t.Fatalf("seed %d: %v", seed+i, err)
			}
			if want := h.Query(q); !same(q.Metrics, got, want) {
				t.Fatalf("seed %d: %s\n got %s\nwant %s", seed+i, show(q), rows(got), rows(want))
			}
		}
	}
}

func show(q query.Query) string {
	return fmt.Sprintf("%v by %v, filter %s, order %v, %d from %d", q.Metrics, q.Dimensions, showFilter(q.Filter), q.Order, q.Limit, q.Offset)
}

func showFilter(f *query.Filter) string {
	if f == nil {
		return "-"
	}
	text := fmt.Sprintf("(%s %s %q", f.Op, f.Dimension, f.Values)
	for _, a := range f.Args {
		text += " " + showFilter(a)
	}
	return text + ")"
}

func rows(r query.Result) (text string) {
	text = fmt.Sprintf("%d rows, exact %v, fraction %v", r.Total, r.Exact, r.Fraction)
	for _, row := range r.Rows {
		text += fmt.Sprintf("\n  %v %+v", row.Keys, row.Values)
	}
	return text
}

func same(metrics []query.Metric, a, b query.Result) bool {
	if a.Total != b.Total || a.Exact != b.Exact || a.Fraction != b.Fraction || len(a.Rows) != len(b.Rows) {
		return false
	}
	for i := range a.Rows {
		if !sameKeys(a.Rows[i].Keys, b.Rows[i].Keys) || !sameValues(metrics, a.Rows[i].Values, b.Rows[i].Values) {
			return false
		}
	}
	return true
}

func sameKeys(a, b []query.Key) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// sameValues compares values, quantiles within the 1 % of their bins.
func sameValues(metrics []query.Metric, a, b []query.Value) bool {
	for i := range a {
		within := 1e-12
		if isQuantile(metrics[i]) {
			within = 0.0101
		}
		if a[i].Null != b[i].Null || math.Abs(a[i].X-b[i].X) > within*math.Abs(b[i].X) || a[i].Err != b[i].Err || len(a[i].Money) != len(b[i].Money) {
			return false
		}
		for j := range a[i].Money {
			if a[i].Money[j].Currency != b[i].Money[j].Currency || a[i].Money[j] != b[i].Money[j] {
				return false
			}
		}
	}
	return len(a) == len(b)
}

func TestOthersAgreeWithTheNaive(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for i := range uint64(40) {
		w := newWorld(seed + i)
		s, h := w.sample(), w.history()
		for range 5 {
			w.askFunnel(t, s, h, seed+i)
			w.askJourney(t, s, h, seed+i)
			w.askRetention(t, s, h, seed+i)
			w.askComparison(t, s, h, seed+i)
		}
	}
}

func (w *world) askFunnel(t *testing.T, s *sketch.Sample, h *naive.History, seed uint64) {
	f := query.Funnel{From: w.from, To: w.to, Within: []time.Duration{0, time.Hour, 48 * time.Hour}[w.IntN(3)]}
	if w.IntN(2) == 0 {
		f.Filter = w.filter(2)
	}
	for range 2 + w.IntN(3) {
		f.Steps = append(f.Steps, w.filter(2))
	}
	got, err := query.EvalFunnel(&f, w.rules, s, query.Value{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if want := h.Funnel(f); !reflect.DeepEqual(got, want) {
		t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got, want)
	}
}

func (w *world) askJourney(t *testing.T, s *sketch.Sample, h *naive.History, seed uint64) {
	j := query.Journey{From: w.from, To: w.to, Page: w.pick("/", "/blog/a", "/thanks"), Previous: w.IntN(2) == 0}
	if w.IntN(2) == 0 {
		j.Filter = w.filter(2)
	}
	got, err := query.EvalJourney(&j, w.rules, s, query.Value{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	want := h.Journey(j)
	if a, b := byPage(got.Rows), byPage(want.Rows); !reflect.DeepEqual(a, b) || got.Exact != want.Exact || got.Total != len(a) {
		t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got, want)
	}
	if !slices.IsSortedFunc(got.Rows, func(a, b query.JourneyRow) int { return int(b.Pageviews.X - a.Pageviews.X) }) {
		t.Fatalf("seed %d: not in order: %v", seed, got.Rows)
	}
}

// byPage adds up rows by what they show.
func byPage(rows []query.JourneyRow) map[string]float64 {
	all := make(map[string]float64)
	for _, r := range rows {
		if r.Page == "" {
			r.Page = query.EventPage.Absent()
		}
		all[r.Page] += r.Pageviews.X
	}
	return all
}

func (w *world) askRetention(t *testing.T, s *sketch.Sample, h *naive.History, seed uint64) {
	r := query.Retention{From: w.from, To: w.to, Unit: []query.Dimension{query.TimeDay, query.TimeWeek}[w.IntN(2)]}
	if w.IntN(2) == 0 {
		r.Filter = w.filter(2)
	}
	got, err := query.EvalRetention(&r, w.rules, s, query.Value{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if want := h.Retention(r); !reflect.DeepEqual(got, want) {
		t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got, want)
	}
}

func (w *world) askComparison(t *testing.T, s *sketch.Sample, h *naive.History, seed uint64) {
	q := w.query()
	q.Compare = query.PreviousPeriod
	got, err := query.Eval(&q, w.rules, s, query.Extras{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	earlier, err := query.Eval(q.Earlier(w.rules), w.rules, s, query.Extras{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	q.Join(&got, earlier, w.rules)
	want := h.Query(q)
	for i := range want.Rows {
		if !sameValues(q.Metrics, got.Rows[i].Before, want.Rows[i].Before) {
			t.Fatalf("seed %d: %s row %v\n got %v\nwant %v", seed, show(q), want.Rows[i].Keys, got.Rows[i].Before, want.Rows[i].Before)
		}
	}
}
