package aggregate

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is packed comes back sorted, whatever the hashes are: spread evenly, or all in one corner.
func TestSortedHashesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{32, 64}).Draw(t, "width")
		most := uint64(1)<<(width-1)<<1 - 1 // shifting by 64 is nothing in one step
		hash := rapid.OneOf(rapid.Uint64Range(0, most), rapid.Uint64Range(0, 5), rapid.Uint64Range(most-5, most))
		hashes := rapid.SliceOfN(hash, 0, 300).Draw(t, "hashes")
		packed := packSorted(hashes, width)
		want := slices.Sorted(slices.Values(hashes))
		if len(hashes) == 0 {
			if len(packed) != 0 {
				t.Fatalf("nothing takes %d bytes", len(packed))
			}
			return
		}
		got, err := unpackSorted(packed, width)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%x, %v; want %x", got, err, want)
		}
		if cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut"); cut > 0 || len(packed) == 0 {
			if got, err := unpackSorted(packed[:cut], width); err == nil {
				t.Fatalf("%d of %d bytes are read as %x", cut, len(packed), got)
			}
		}
	})
}

// Two thousand hashes take a byte less each than they have.
func TestSortedHashesAreSmall(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{32, 64} {
		hashes := make([]uint64, 2000)
		for i := range hashes {
			hashes[i] = rng.Uint64() >> (64 - width)
		}
		if n := len(packSorted(hashes, width)); n > len(hashes)*(width/8-1) {
			t.Errorf("%d bits: %d bytes for %d", width, n, len(hashes))
		}
	}
}

func FuzzUnpackSorted(f *testing.F) {
	f.Add(packSorted([]uint64{1, 5, 1 << 40}, 64))
	f.Add([]byte{8, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, width := range []int{32, 64} {
			hashes, err := unpackSorted(b, width)
			if err != nil || len(hashes) == 0 {
				continue
			}
			if !slices.IsSorted(hashes) || hashes[len(hashes)-1] > uint64(1)<<(width-1)<<1-1 {
				t.Fatalf("%x", hashes)
			}
			if again, err := unpackSorted(packSorted(hashes, width), width); err != nil || !slices.Equal(again, hashes) {
				t.Fatalf("%x became %x, %v", hashes, again, err)
			}
		}
	})
}

func BenchmarkSortedHashes(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	hashes := make([]uint64, 1000)
	for i := range hashes {
		hashes[i] = rng.Uint64()
	}
	packed := packSorted(hashes, 64)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			packSorted(hashes, 64)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(hashes)), "ns/hash")
	})
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			if _, err := unpackSorted(packed, 64); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(hashes)), "ns/hash")
	})
}
