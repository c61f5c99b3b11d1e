package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// counted is an addition to a table.
type counted struct {
	key               string
	events, pageviews uint64
}

func drawCounted(t *rapid.T, label string, keys int) []counted {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) counted {
		n := rapid.Uint64Range(1, 5).Draw(t, "events")
		return counted{strings.Repeat("k", rapid.IntRange(1, keys).Draw(t, "key")), n, rapid.Uint64Range(0, n).Draw(t, "pageviews")}
	}), 0, 40).Draw(t, label)
}

func tableOf(size int, all ...counted) *TopK {
	t := NewTopK(size)
	for _, c := range all {
		t.Add(c.key, c.events, c.pageviews)
	}
	return t
}

func mergedTables(size int, tables ...*TopK) *TopK {
	sum := NewTopK(size)
	for _, t := range tables {
		sum.Merge(t)
	}
	return sum
}

// While there are no more keys than rows a table is exact, however it came about.
func TestTopKIsExactUpToItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 6
		x, y, z := drawCounted(t, "x", size), drawCounted(t, "y", size), drawCounted(t, "z", size)
		all := tableOf(size, slices.Concat(x, y, z)...)
		want := string(all.AppendBinary(nil))
		tx, ty, tz := tableOf(size, x...), tableOf(size, y...), tableOf(size, z...)
		for name, got := range map[string]*TopK{
			"x y z": mergedTables(size, tx, ty, tz), "z y x": mergedTables(size, tz, ty, tx), "x (z y)": mergedTables(size, tx, mergedTables(size, tz, ty)),
		} {
			if string(got.AppendBinary(nil)) != want || !got.Exact() {
				t.Fatalf("%s: %+v, want %+v", name, got.Rows(), all.Rows())
			}
		}
		exact := make(map[string]Counts)
		for _, c := range slices.Concat(x, y, z) {
			n := exact[c.key]
			exact[c.key] = Counts{n.Events + c.events, n.Pageviews + c.pageviews, 0}
		}
		for key, n := range exact {
			if all.Get(key) != n {
				t.Fatalf("%s: %+v, want %+v", key, all.Get(key), n)
			}
		}
		if len(all.Rows()) != len(exact) {
			t.Fatalf("%d rows, want %d", len(all.Rows()), len(exact))
		}
	})
}

// Above its size a table says too little by no more than it admits, and admits no more than N/(size+1); after merging in any nesting too.
func TestTopKKeepsItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 4
		exact := make(map[string]Counts)
		var total uint64
		tables := make([]*TopK, rapid.IntRange(1, 5).Draw(t, "tables"))
		for i := range tables {
			all := drawCounted(t, "part", 90)
			tables[i] = tableOf(size, all...)
			for _, c := range all {
				n := exact[c.key]
				exact[c.key] = Counts{n.Events + c.events, n.Pageviews + c.pageviews, 0}
				total += c.events
			}
		}
		for len(tables) > 1 {
			n := rapid.IntRange(2, len(tables)).Draw(t, "merged at once")
			tables = append(tables[n:], mergedTables(size, tables[:n]...))
		}
		got, err := DecodeTopK(tables[0].AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got.Absent() > total/(size+1) || len(got.Rows()) > size {
			t.Fatalf("%d events may be absent of %d, %d rows", got.Absent(), total, len(got.Rows()))
		}
		for key, n := range exact {
			c := got.Get(key)
			if c.Events > n.Events || n.Events > c.Events+c.Missed || c.Pageviews > n.Pageviews || n.Pageviews > c.Pageviews+c.Missed || c.Missed > got.Absent() {
				t.Fatalf("%s: %+v, want %+v; absent %d", key, c, n, got.Absent())
			}
		}
	})
}

func hllOf(hashes ...uint64) *HLL {
	h := &HLL{}
	for _, x := range hashes {
		h.Add(x)
	}
	return h
}

func TestHLLMergesInAnyOrder(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 0))
		var all []uint64
		var parts []*HLL
		for range 5 {
			hashes := make([]uint64, r.IntN(2000))
			for i := range hashes {
				hashes[i] = r.Uint64N(4000)
			}
			all = append(all, hashes...)
			parts = append(parts, hllOf(hashes...))
		}
		want := string(hllOf(all...).AppendBinary(nil))
		forth, back := &HLL{}, &HLL{}
		for i := range parts {
			again, err := DecodeHLL(parts[i].AppendBinary(nil))
			if err != nil {
				t.Fatal(err)
			}
			forth.Merge(again)
			back.Merge(parts[len(parts)-1-i])
		}
		if string(forth.AppendBinary(nil)) != want || string(back.AppendBinary(nil)) != want {
			t.Errorf("seed %d: the order of merging shows", seed)
		}
	}
}

// The estimate lies within four standard errors, also of hashes that all lie above a threshold, as those that a sample drops do.
func TestHLLErrorBound(t *testing.T) {
	const sigma = 1.04 / 181.02 // 1.04/sqrt(2^15)
	for seed := range uint64(5) {
		for _, n := range []int{0, 1, 100, 20_000, 300_000} {
			r := rand.New(rand.NewPCG(seed, 0))
			h := &HLL{}
			for range n {
				h.Add(math.MaxUint64 - r.Uint64()>>5)
			}
			if off := math.Abs(float64(h.Estimate()) - float64(n)); off > 4*sigma*float64(n)+0.5 {
				t.Errorf("seed %d: %d of %d", seed, h.Estimate(), n)
			}
		}
	}
}

func TestBinsAreWithinOnePercent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := math.Pow(10, rapid.Float64Range(-11.9, 22.9).Draw(t, "exponent"))
		if back := BinValue(Bin(v)); math.Abs(back-v) > v*accuracy*(1+1e-9) {
			t.Fatalf("%v is in a bin of %v", v, back)
		}
		if w := v * 1.03; Bin(w) <= Bin(v) {
			t.Fatalf("%v is in bin %d, %v in %d", v, Bin(v), w, Bin(w))
		}
	})
	for v, bin := range map[float64]int32{0: zeroBin, -1: zeroBin, 1e-300: zeroBin, math.Inf(1): lastBin, math.Inf(-1): zeroBin, math.MaxFloat64: lastBin} {
		if Bin(v) != bin {
			t.Errorf("%v is in bin %d, want %d", v, Bin(v), bin)
		}
	}
	if Bin(math.NaN()) != NoBin || BinValue(zeroBin) != 0 || BinValue(NoBin) != 0 {
		t.Error("what is not a number has a bin, or zero has not its own")
	}
}

// A quantile is within 1 % of the value of that rank; merging and encoding lose nothing.
func TestQuantilesAreWithinOnePercent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 60_000), 1, 60).Draw(t, "values")
		whole, halves := &Quantiles{}, [2]*Quantiles{{}, {}}
		for i, v := range values {
			whole.AddBin(Bin(v), 1)
			halves[i%2].AddBin(Bin(v), 1)
		}
		whole.AddBin(NoBin, 5)
		slices.Sort(values)
		forth, back := &Quantiles{}, &Quantiles{}
		for i := range halves {
			again, err := DecodeQuantiles(halves[i].AppendBinary(nil))
			if err != nil {
				t.Fatal(err)
			}
			forth.Merge(again)
			back.Merge(halves[1-i])
		}
		want := string(whole.AppendBinary(nil))
		if string(forth.AppendBinary(nil)) != want || string(back.AppendBinary(nil)) != want || whole.Count() != uint64(len(values)) {
			t.Fatalf("%d values", whole.Count())
		}
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		exact := values[int(p*float64(len(values)-1))]
		if got, ok := forth.Quantile(p); !ok || math.Abs(got-exact) > exact*accuracy*(1+1e-9) && exact > 1e-12 {
			t.Fatalf("the %v-quantile is %v, want %v", p, got, exact)
		}
	})
	if _, ok := (&Quantiles{}).Quantile(0.5); ok {
		t.Error("nothing has a median")
	}
}
