package sketch

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawHashes draws few enough different hashes for repetitions to be common, and more than the k of these tests.
func drawHashes(t *rapid.T, label string) []uint64 {
	return rapid.SliceOfN(rapid.OneOf(rapid.Uint64Range(0, 40), rapid.Uint64(), rapid.Just(uint64(math.MaxUint64))), 0, 60).Draw(t, label)
}

func distinctOf(k int, hashes ...uint64) *Distinct {
	d := NewDistinct(k)
	for _, h := range hashes {
		d.Add(h)
	}
	return d
}

func merged(ds ...*Distinct) *Distinct {
	sum := NewDistinct(ds[0].k)
	for _, d := range ds {
		sum.Merge(d)
	}
	return sum
}

func (d *Distinct) encoded() string { return string(d.AppendBinary(nil)) }

// However hashes are spread over sketches and in whatever order these are merged, the result is the same.
func TestDistinctMergesInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const k = 16
		x, y, z := drawHashes(t, "x"), drawHashes(t, "y"), drawHashes(t, "z")
		dx, dy, dz := distinctOf(k, x...), distinctOf(k, y...), distinctOf(k, z...)
		want := distinctOf(k, append(append(append([]uint64{}, x...), y...), z...)...).encoded()
		for name, got := range map[string]*Distinct{
			"x y z": merged(dx, dy, dz), "z y x": merged(dz, dy, dx), "x (z y)": merged(dx, merged(dz, dy)), "x x y z": merged(dx, dx, dy, dz),
		} {
			if got.encoded() != want {
				t.Fatalf("%s: %x, want %x", name, got.encoded(), want)
			}
		}
	})
}

func TestDistinctIsExactUpToK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const k = 16
		hashes := drawHashes(t, "hashes")
		different := make(map[uint64]bool)
		for _, h := range hashes {
			different[min(h, math.MaxUint64-1)] = true
		}
		d := distinctOf(k, hashes...)
		if d.Exact() != (len(different) <= k) {
			t.Fatalf("%d different: exact %v", len(different), d.Exact())
		}
		if d.Exact() && d.Count() != uint64(len(different)) {
			t.Fatalf("count %d, want %d", d.Count(), len(different))
		}
	})
}

// The estimate lies within four standard errors for every one of some seeds, and within two for nearly all.
func TestDistinctErrorBound(t *testing.T) {
	const k, n, runs = 200, 20_000, 100
	sigma := 1 / math.Sqrt(k-1)
	within2 := 0
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 0))
		d := NewDistinct(k)
		for range n {
			d.Add(r.Uint64())
		}
		off := math.Abs(float64(d.Count())-n) / n
		if off > 4*sigma {
			t.Errorf("seed %d: %d of %d", seed, d.Count(), n)
		}
		if off <= 2*sigma {
			within2++
		}
	}
	if within2 < runs*88/100 {
		t.Errorf("%d of %d runs are within two standard errors", within2, runs)
	}
}

func TestDistinctRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := distinctOf(16, drawHashes(t, "hashes")...)
		again, err := DecodeDistinct(d.AppendBinary(nil))
		if err != nil || again.encoded() != d.encoded() || again.Count() != d.Count() || again.Exact() != d.Exact() {
			t.Fatalf("%v %v", again, err)
		}
	})
}

func TestDistinctRefusesWhatNobodyWrote(t *testing.T) {
	good := distinctOf(16, 1, 2, 3).AppendBinary(nil)
	newer := bytes.Clone(good)
	newer[0] = 2
	if _, err := DecodeDistinct(newer); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a newer version: %v", err)
	}
	swapped := bytes.Clone(good)
	swapped[len(swapped)-1], swapped[len(swapped)-9] = 2, 3
	for name, b := range map[string][]byte{
		"nothing": nil, "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "not ascending": swapped,
		"a huge k": {1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, err := DecodeDistinct(b); err == nil {
			t.Errorf("%s was decoded", name)
		}
	}
}

func FuzzDecodeDistinct(f *testing.F) {
	f.Add(distinctOf(16, 1, 2, 3).AppendBinary(nil))
	f.Add(NewDistinct(2).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDistinct(b)
		if err != nil {
			return
		}
		d.Merge(distinctOf(d.k, 5, 6, 7))
		if again, err := DecodeDistinct(d.AppendBinary(nil)); err != nil || again.Count() != d.Count() {
			t.Errorf("%x: %v", b, err)
		}
	})
}
