package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A builder that is used again gives what a new one gives, and leaves what it gave before as it is.
func TestBuilderIsUsedAgain(t *testing.T) {
	var b Builder
	var kept []*Sample
	var want []string
	for seed := range uint64(20) {
		b.Reset()
		all := someHits(seed, int(seed)*7)
		for _, s := range all {
			b.Add(s.visitor, &s.hit)
		}
		s, _ := b.Seal()
		fresh, _ := built(stored, all...)
		kept, want = append(kept, s), append(want, string(fresh.AppendBinary(nil)))
	}
	for i, s := range kept {
		if string(s.AppendBinary(nil)) != want[i] {
			t.Errorf("delta %d is not what a new builder gives", i)
		}
	}
}

func TestBuilderForgetsTooManyWords(t *testing.T) {
	var b Builder
	for round := range 3 {
		b.Reset()
		for i := range maxWords + 10 {
			h := Hit{Props: []Prop{{"key", pick(1, "value")[0]}}}
			h.Text[Page] = string(rune(0x4e00+i)) + string(rune('a'+round))
			b.Add(uint64(i%7), &h)
		}
		s, _ := b.Seal()
		if n := len(s.Column(Page).Words); n != maxWords+11 {
			t.Fatalf("round %d: %d words", round, n)
		}
	}
	b.Reset()
	if n := len(b.fields[Page].words); n != 0 {
		t.Errorf("%d words are kept", n)
	}
}

func TestAddTakesNoMemory(t *testing.T) {
	var b Builder
	batch := newCrowd(1).batch()
	fill := func() {
		b.Reset()
		for i := range batch {
			b.Add(batch[i].visitor, &batch[i].hit)
		}
	}
	if n := testing.AllocsPerRun(10, fill); n != 0 {
		t.Errorf("%v allocations for a delta like the one before", n)
	}
}

// At their real size samples are what the model says too, and merge in any order: more visitors than fit, and one that never stops.
func TestFullSampleAndRest(t *testing.T) {
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 0))
		var all []seen
		for range 9000 {
			h := Hit{At: r.Int64N(1000)}
			h.Text[Name], h.Text[Page] = pageview, benchPages[r.IntN(len(benchPages))]
			all = append(all, seen{(1 + r.Uint64N(6000)) * 3e15, h})
		}
		for i := range 2500 {
			h := Hit{At: r.Int64N(1 << 40), EngagedMS: int64(i)}
			h.Text[Name] = []string{"click", engagement}[i%2]
			all = append(all, seen{42, h})
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		want := modelOf(stored, all)
		s, rest := built(stored, all...)
		if s.Visitors() != K || s.threshold != want.threshold || s.Complete() || s.Whole() || rest.Hits != uint64(len(want.cut)) {
			t.Fatalf("seed %d: %d visitors below %x, %d hits in the rest, want %d", seed, s.Visitors(), s.threshold, rest.Hits, len(want.cut))
		}
		if !s.More(0) || s.Hash(0) != 42 || s.Hits()+int(rest.Hits) != len(all) {
			t.Errorf("seed %d: %d hits and %d in the rest, of %d", seed, s.Hits(), rest.Hits, len(all))
		}
		var pairs []pair
		for part := range slices.Chunk(all, len(all)/3) {
			pairs = append(pairs, encoded(built(stored, part...)))
		}
		whole := encoded(s, rest)
		forth := mergedPairs(t, stored, pairs...)
		slices.Reverse(pairs)
		back := mergedPairs(t, stored, mergedPairs(t, stored, pairs[:2]...), mergedPairs(t, stored, pairs[2:]...))
		if forth != whole || back != whole {
			t.Errorf("seed %d: how it was merged shows", seed)
		}
	}
}

// What is counted in a sample and scaled lies within four standard errors of the truth.
func TestSampleEstimatesWithinItsError(t *testing.T) {
	const n = 20_000
	within := 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var b Builder
		var truth float64
		for range n {
			h := Hit{}
			if r.IntN(10) == 0 {
				h.Text[Country] = "NZ"
				truth++
			}
			b.Add(r.Uint64(), &h)
		}
		s, rest := b.Seal()
		var found float64
		for i := range s.Hits() {
			if s.Column(Country).Word(i) == "NZ" {
				found++
			}
		}
		p := s.Fraction()
		off := (found/p - truth) / math.Sqrt((1-p)/(p*p)*found)
		if off*off > 16 {
			t.Errorf("seed %d: %v of %v", seed, found/p, truth)
		}
		if off*off < 4 {
			within++
		}
		if total := float64(s.Visitors()) + float64(rest.Visitors.Estimate()); total < 0.98*n || total > 1.02*n {
			t.Errorf("seed %d: %v visitors of %d", seed, total, n)
		}
	}
	if within < 15 {
		t.Errorf("%d of 20 runs are within two standard errors", within)
	}
}
