package sketch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type visit struct {
	who uint64
	hit Hit
}

func drawVisits(t *rapid.T, label string) []visit {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit {
		return visit{
			rapid.OneOf(rapid.Uint64Range(0, 9), rapid.Just(uint64(math.MaxUint64))).Draw(t, "who"),
			Hit{
				rapid.Int64Range(0, 5).Draw(t, "at"), rapid.SampledFrom([]string{"pageview", "buy", ""}).Draw(t, "name"),
				rapid.SampledFrom([]string{"/", "/a"}).Draw(t, "page"),
			},
		}
	}), 0, 30).Draw(t, label)
}

func sampleOf(visits ...visit) *Sample {
	s := NewSample()
	for _, v := range visits {
		s.Add(v.who, v.hit)
	}
	return s
}

func mergedSamples(ss ...*Sample) *Sample {
	sum := NewSample()
	for _, s := range ss {
		sum.Merge(s)
	}
	return sum
}

func (s *Sample) encoded() string { return string(s.AppendBinary(nil)) }

func TestSampleMergesInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := drawVisits(t, "x"), drawVisits(t, "y"), drawVisits(t, "z")
		sx, sy, sz := sampleOf(x...), sampleOf(y...), sampleOf(z...)
		want := sampleOf(slices.Concat(x, y, z)...).encoded()
		for name, got := range map[string]*Sample{
			"x y z": mergedSamples(sx, sy, sz), "z y x": mergedSamples(sz, sy, sx), "x (z y)": mergedSamples(sx, mergedSamples(sz, sy)),
		} {
			if got.encoded() != want {
				t.Fatalf("%s differs", name)
			}
		}
		again, err := DecodeSample([]byte(want))
		if err != nil || again.encoded() != want {
			t.Fatalf("decoded: %v", err)
		}
	})
}

// The same with more visitors than fit, so that thresholds are cut at different times.
func TestFullSamplesMergeInAnyOrder(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 0))
		parts := make([]*Sample, 4)
		whole := NewSample()
		for i := range parts {
			parts[i] = NewSample()
			for range 1 + r.IntN(3*SampleSize) {
				who, at := r.Uint64N(5*SampleSize)*(math.MaxUint64/(5*SampleSize)), r.Int64N(1000)
				parts[i].Add(who, Hit{At: at})
				whole.Add(who, Hit{At: at})
			}
		}
		forth := mergedSamples(parts...)
		slices.Reverse(parts)
		back := mergedSamples(parts[0], mergedSamples(parts[1:]...))
		if want := whole.encoded(); forth.encoded() != want || back.encoded() != want {
			t.Errorf("seed %d: the order of merging shows", seed)
		}
		if n := len(whole.visitors); n > SampleSize {
			t.Errorf("seed %d: %d visitors are kept", seed, n)
		}
	}
}

// A sample that has dropped nothing takes over the threshold of one that has, though most of its own visitors are above it.
func TestMergingLowersTheThreshold(t *testing.T) {
	const step = math.MaxUint64 / (4 * SampleSize)
	cut, high := NewSample(), NewSample()
	for i := range uint64(2 * SampleSize) {
		cut.Add(i*step, Hit{})
	}
	for i := range uint64(SampleSize) {
		high.Add((3*SampleSize+i)*step, Hit{})
	}
	ab, ba := mergedSamples(cut, high), mergedSamples(high, cut)
	if ab.encoded() != ba.encoded() || ab.threshold != SampleSize*step || len(ab.visitors) != SampleSize {
		t.Errorf("thresholds %x and %x, want %x", ab.threshold, ba.threshold, uint64(SampleSize*step))
	}
}

// Up to its size a sample is the whole population.
func TestSampleIsExactUpToItsSize(t *testing.T) {
	s := NewSample()
	for i := range uint64(SampleSize) {
		s.Add(i*(math.MaxUint64/SampleSize), Hit{At: int64(i)})
		s.Add(i*(math.MaxUint64/SampleSize), Hit{At: int64(i) + 1})
	}
	if !s.Exact() || s.Visitors() != SampleSize || s.Fraction() != 1 || s.Scale(7) != 7 {
		t.Errorf("exact %v, %d visitors, fraction %v", s.Exact(), s.Visitors(), s.Fraction())
	}
	s.Add(1, Hit{})
	if s.Exact() || s.Fraction() >= 1 {
		t.Errorf("one more: exact %v, fraction %v", s.Exact(), s.Fraction())
	}
}

// What is counted in a sample and scaled up lies within four standard errors of the truth: a count of visitors, and the hits of a third of them.
func TestSampleErrorBound(t *testing.T) {
	const n = 30_000
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := NewSample()
		third := 0
		for range n {
			h := Hit{Page: "/"}
			if r.IntN(3) == 0 {
				h.Page = "/a"
				third++
			}
			s.Add(r.Uint64(), h)
		}
		var found uint64
		for _, v := range s.All {
			if v.Hits[0].Page == "/a" {
				found++
			}
		}
		p := s.Fraction()
		for _, c := range []struct {
			what      string
			got, want float64
		}{{"visitors", float64(s.Visitors()), n}, {"of the third", float64(s.Scale(found)), float64(third)}} {
			if sigma := math.Sqrt(c.want * (1 - p) / p); math.Abs(c.got-c.want) > 4*sigma {
				t.Errorf("seed %d: %s: %v, want %v ± %v", seed, c.what, c.got, c.want, sigma)
			}
		}
	}
}

// A visitor keeps the earliest hits, in whatever order they come, and the number of the others.
func TestSampleKeepsTheEarliestHits(t *testing.T) {
	const hits = 5*MaxHits + 7 // so many that the halves are cut too
	for seed := range uint64(3) {
		s, halves := NewSample(), [2]*Sample{NewSample(), NewSample()}
		for i, at := range rand.New(rand.NewPCG(seed, 0)).Perm(hits) {
			s.Add(5, Hit{At: int64(at)})
			halves[i%2].Add(5, Hit{At: int64(at)})
		}
		if m := mergedSamples(halves[:]...); m.encoded() != s.encoded() {
			t.Errorf("seed %d: two halves are not the whole", seed)
		}
		for _, v := range s.All {
			slices.SortFunc(v.Hits, Hit.compare)
			if len(v.Hits) != MaxHits || v.More != hits-MaxHits || v.Hits[MaxHits-1].At != MaxHits-1 {
				t.Errorf("seed %d: %d hits and %d more, the last at %d", seed, len(v.Hits), v.More, v.Hits[len(v.Hits)-1].At)
			}
		}
		if s.Exact() || s.Visitors() != 1 {
			t.Errorf("seed %d: exact %v", seed, s.Exact())
		}
	}
}

func TestSampleRefusesWhatNobodyWrote(t *testing.T) {
	good := sampleOf(visit{1, Hit{5, "pageview", "/"}}, visit{2, Hit{6, "buy", "/a"}}).AppendBinary(nil)
	newer := bytes.Clone(good)
	newer[0] = 9
	if _, err := DecodeSample(newer); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("a newer version: %v", err)
	}
	if _, err := DecodeSample(append(bytes.Clone(good), 0)); err == nil {
		t.Error("a longer one was decoded")
	}
	for i := range good {
		if _, err := DecodeSample(good[:i]); err == nil {
			t.Errorf("cut at %d it was decoded", i)
		}
	}
}

// Bytes that promise much must not make a decoder reserve it.
func TestDecodersReserveLittle(t *testing.T) {
	head := binary.BigEndian.AppendUint64([]byte{1}, everything)
	for name, b := range map[string][]byte{
		"words":    binary.AppendUvarint(head, 1<<40),
		"visitors": binary.AppendUvarint(append(bytes.Clone(head), 0), 1<<40),
		"hits":     binary.AppendUvarint(append(bytes.Clone(head), 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0), 1<<40),
	} {
		if _, err := DecodeSample(b); err == nil {
			t.Errorf("%s: decoded", name)
		}
		if spent := allocated(func() { _, _ = DecodeSample(b) }); spent > 1<<16 {
			t.Errorf("%s: %d bytes were reserved", name, spent)
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzDecodeSample(f *testing.F) {
	f.Add(NewSample().AppendBinary(nil))
	f.Add(sampleOf(visit{1, Hit{5, "pageview", "/"}}, visit{2, Hit{6, "buy", "/a"}}).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSample(b)
		if err != nil {
			return
		}
		s.Merge(sampleOf(visit{3, Hit{1, "x", "/"}}))
		first := s.encoded()
		again, err := DecodeSample([]byte(first))
		if err != nil || again.encoded() != first {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func BenchmarkSampleMerge(b *testing.B) {
	for _, visitors := range []int{10, 1000, SampleSize} {
		b.Run(fmt.Sprintf("visitors=%d", visitors), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 0))
			s := NewSample()
			for range visitors {
				s.Add(r.Uint64(), Hit{Name: "pageview", Page: "/"})
			}
			b.ReportAllocs()
			for b.Loop() {
				NewSample().Merge(s)
			}
		})
	}
}
