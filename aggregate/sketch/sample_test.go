package sketch

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pair is a sample and its rest, encoded.
type pair struct{ sample, rest string }

func encoded(s *Sample, r *Rest) pair {
	return pair{string(s.AppendBinary(nil)), string(r.AppendBinary(nil))}
}

func mergedPairs(t interface{ Fatal(...any) }, l limits, pairs ...pair) pair {
	var parts []*Packed
	var rests []*Rest
	for _, p := range pairs {
		s, err := Open([]byte(p.sample))
		if err != nil {
			t.Fatal(err)
		}
		r, err := DecodeRest([]byte(p.rest))
		if err != nil {
			t.Fatal(err)
		}
		parts, rests = append(parts, s), append(rests, r)
	}
	s, r, err := mergeWithin(l, parts, rests)
	if err != nil {
		t.Fatal(err)
	}
	return encoded(s, r)
}

// However hits are split and in whatever order and nesting the parts are merged, every byte of the result is the same.
func TestNothingShowsHowASampleWasMerged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSeen(t, "hits")
		want := encoded(built(few, all...))
		var pairs []pair
		for from := 0; from < len(all); {
			n := rapid.IntRange(1, len(all)-from).Draw(t, "part")
			pairs = append(pairs, encoded(built(few, all[from:from+n]...)))
			from += n
		}
		pairs = append(pairs, encoded(built(few)))
		pairs = rapid.Permutation(pairs).Draw(t, "order")
		for len(pairs) > 1 {
			n := rapid.IntRange(1, len(pairs)).Draw(t, "merged at once")
			pairs = append(pairs[n:], mergedPairs(t, few, pairs[:n]...))
			if n == 1 && rapid.Bool().Draw(t, "enough") {
				pairs = []pair{mergedPairs(t, few, pairs...)}
			}
		}
		if pairs[0] != want {
			t.Fatalf("%x\nwant %x", pairs[0], want)
		}
	})
}

// A sample holds what it should by definition, and its rest all else.
func TestSampleAndRestAreWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSeen(t, "hits")
		want := modelOf(few, all)
		s, rest := built(few, all...)
		checkSample(t, s, want)
		checkRest(t, rest, want)
		again := encoded(s, rest)
		p, err := Open([]byte(again.sample))
		if err != nil {
			t.Fatal(err)
		}
		decoded, _, err := mergeWithin(few, []*Packed{p}, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkSample(t, decoded, want)
		r, err := DecodeRest([]byte(again.rest))
		if err != nil {
			t.Fatal(err)
		}
		checkRest(t, r, want)
	})
}

func checkSample(t *rapid.T, s *Sample, want model) {
	if s.Visitors() != len(want.visitors) || s.threshold != want.threshold || s.Whole() != (want.threshold == everything) {
		t.Fatalf("%d visitors below %x, want %d below %x", s.Visitors(), s.threshold, len(want.visitors), want.threshold)
	}
	complete := s.Whole()
	for v := range s.Visitors() {
		var hits []Hit
		from, to := s.Range(v)
		for i := from; i < to; i++ {
			hits = append(hits, s.Hit(i))
		}
		if !reflect.DeepEqual(hits, want.visitors[s.Hash(v)]) {
			t.Fatalf("visitor %x:\n%+v, want\n%+v", s.Hash(v), hits, want.visitors[s.Hash(v)])
		}
		if s.More(v) != want.more[s.Hash(v)] {
			t.Fatalf("visitor %x: more %v", s.Hash(v), s.More(v))
		}
		complete = complete && !s.More(v)
	}
	if s.Complete() != complete {
		t.Fatalf("complete: %v", s.Complete())
	}
}

func checkRest(t *rapid.T, r *Rest, want model) {
	var events, pageviews uint64
	var engaged int64
	revenue := make(map[string]Money)
	bins := &Quantiles{}
	for _, h := range want.cut {
		engaged += h.EngagedMS
		if h.Text[Name] != engagement {
			events++
		}
		if h.Text[Name] == pageview {
			pageviews++
		}
		if h.Revenue != 0 {
			m := revenue[h.Text[Currency]]
			revenue[h.Text[Currency]] = Money{m.Micros + h.Revenue, m.N + 1}
		}
		bins.AddBin(h.Vitals[CLS], 1)
	}
	if r.Hits != uint64(len(want.cut)) || r.Events != events || r.Pageviews != pageviews || r.EngagedMS != engaged {
		t.Fatalf("rest %+v, want %d hits, %d events, %d pageviews, %d ms", r, len(want.cut), events, pageviews, engaged)
	}
	if len(revenue)+len(r.Revenue) > 0 && !reflect.DeepEqual(r.Revenue, revenue) {
		t.Fatalf("revenue %v, want %v", r.Revenue, revenue)
	}
	if string(r.Vitals[CLS].AppendBinary(nil)) != string(bins.AppendBinary(nil)) {
		t.Fatal("the vitals differ")
	}
	if got := r.Visitors.Estimate(); got != uint64(want.whole) {
		t.Fatalf("%d visitors in the rest, want %d", got, want.whole)
	}
	for what, rows := range map[string][2][]Row{
		"names":     {r.Names.Rows(), want.table(func(h *Hit) string { return h.Text[Name] })},
		"pages":     {r.Pages.Rows(), want.table(func(h *Hit) string { return h.Text[Page] })},
		"hostnames": {r.Hostnames.Rows(), want.table(func(h *Hit) string { return h.Text[Hostname] })},
		"l":         {r.Prop("l"), want.table(func(h *Hit) string { return h.value("l") })},
	} {
		if !slices.Equal(rows[0], rows[1]) {
			t.Fatalf("%s: %v, want %v", what, rows[0], rows[1])
		}
	}
}

// A query sees what a roll-up of the same parts holds, in the columns that it asked for.
func TestProjectSeesWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts []*Packed
		var all []seen
		for i := range rapid.IntRange(0, 4).Draw(t, "parts") {
			hits := drawSeen(t, fmt.Sprint("part ", i))
			all = append(all, hits...)
			s, _ := built(limits{100, 100, 1000}, hits...)
			p, err := Open(s.AppendBinary(nil))
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, p)
		}
		needs := Needs{Props: []string{"l", "absent", "l"}, Revenue: true}
		needs.Fields[Country] = true
		got, err := Project(needs, parts)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := built(limits{100, 1000, 1000}, all...)
		if !slices.Equal(got.hashes, want.hashes) || !slices.Equal(got.times, want.times) || !slices.Equal(got.Revenue(), want.Revenue()) {
			t.Fatalf("%+v, want %+v", got, want)
		}
		for i := range got.Hits() {
			if c, w := got.Column(Country), want.Column(Country); c.Word(i) != w.Word(i) {
				t.Fatalf("hit %d: country %q, want %q", i, c.Word(i), w.Word(i))
			}
			if c, w := got.Prop("l"), want.Prop("l"); c.Word(i) != w.Word(i) {
				t.Fatalf("hit %d: property %q, want %q", i, c.Word(i), w.Word(i))
			}
			if c := got.Prop("absent"); c.Word(i) != "" {
				t.Fatal("a property that no hit has")
			}
		}
		if got.Engaged() != nil || got.Column(Page).IDs != nil {
			t.Fatal("a column that nobody asked for")
		}
	})
}

// A thinned sample keeps nobody, and loses nothing.
func TestThinPoursAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSeen(t, "hits")
		s, _ := built(limits{100, 100, 1000}, all...)
		p, err := Open(s.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		thin, rest, err := p.Thin()
		if err != nil {
			t.Fatal(err)
		}
		checkRest(t, rest, modelOf(limits{}, all))
		again, err := Open(thin.AppendBinary(nil))
		if err != nil || again.Visitors() != 0 || thin.Fraction() != 0 || thin.Complete() {
			t.Fatalf("%v: %d visitors, fraction %v", err, thin.Visitors(), thin.Fraction())
		}
		if q, err := Project(Needs{}, []*Packed{p, again, NewPacked()}); err != nil || q.Visitors() != 0 || q.Fraction() != 0 {
			t.Fatalf("%v: merged with a whole one it holds somebody", err)
		}
	})
}
