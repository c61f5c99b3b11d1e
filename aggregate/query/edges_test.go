package query_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// between is the sample of what happened in a stretch of time.
func (w *world) between(from, to int64) *sketch.Sample {
	var b sketch.Builder
	for i := range w.hits {
		if at := w.hits[i].At; at >= from && at < to {
			b.Add(w.hits[i].visitor, &w.hits[i].Hit)
		}
	}
	s, _ := b.Seal()
	return s
}

// around reads back and forward as a reader does: in steps, and only while a visit is open.
func (w *world) around(gap time.Duration) (s *sketch.Sample, from, to int64) {
	from, to = w.from, w.to
	for step := gap.Milliseconds(); from > w.from-query.LookBack.Milliseconds(); step *= 2 {
		from = max(from-step, w.from-query.LookBack.Milliseconds())
		if !query.OpenAtStart(w.between(from, to), w.from, w.to, from, gap) {
			break
		}
	}
	for step := gap.Milliseconds(); to < w.to+query.MaxVisit.Milliseconds(); step *= 2 {
		to = min(to+step, w.to+query.MaxVisit.Milliseconds())
		if !query.OpenAtEnd(w.between(from, to), w.from, w.to, to, gap) {
			break
		}
	}
	return w.between(from, to), from, to
}

// TestEdges reads no further than the edges say, and gets the answers of whoever knows everything. It also looks that edges do spare reading.
func TestEdges(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	spared := 0
	for i := range uint64(300) {
		w := newWorld(seed + i)
		gap := w.rules.Gap
		if gap == 0 {
			gap = query.DefaultGap
		}
		part, from, to := w.around(gap)
		if from > w.from-query.LookBack.Milliseconds() && to < w.to+query.MaxVisit.Milliseconds() {
			spared++
		}
		everything := w.sample()
		for range 4 {
			q := w.query()
			if _, reach := q.Needs(w.rules); reach.History {
				continue
			}
			want, err := query.Eval(&q, w.rules, everything, query.Extras{})
			if err != nil {
				t.Fatalf("seed %d: %v", seed+i, err)
			}
			got, err := query.Eval(&q, w.rules, part, query.Extras{})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %v %s\n got %s\nwant %s", seed+i, err, show(q), rows(got), rows(want))
			}
		}
	}
	if spared < 100 {
		t.Errorf("seed %d: only %d of 300 times was less read than there can be", seed, spared)
	}
}

// TestNeedsAreEnough projects only the columns that a question asks for, and gets the answer of whoever has them all.
func TestNeedsAreEnough(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for i := range uint64(150) {
		w := newWorld(seed + i)
		all := w.sample()
		packed, err := sketch.Open(all.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			q := w.query()
			needs, _ := q.Needs(w.rules)
			some, err := sketch.Project(needs, []*sketch.Packed{packed})
			if err != nil {
				t.Fatal(err)
			}
			want, err := query.Eval(&q, w.rules, all, query.Extras{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := query.Eval(&q, w.rules, some, query.Extras{})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %v %s\n got %s\nwant %s", seed+i, err, show(q), rows(got), rows(want))
			}
		}
	}
}
