package aggregate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func byID(a, b countedCopy) int { return cmp.Compare(a.id, b.id) }

// What is packed comes back in the order of ids, whatever these are: spread evenly, or all in one corner.
func TestCountedCopiesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 5), rapid.Uint64Range(math.MaxUint64-5, math.MaxUint64))
		copies := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) countedCopy {
			return countedCopy{id.Draw(t, "id"), shortTag(rapid.Uint64().Draw(t, "tag"))}
		}), 0, 300).Draw(t, "copies")
		packed := packCounted(copies)
		if len(copies) == 0 {
			if len(packed) != 0 {
				t.Fatalf("nothing takes %d bytes", len(packed))
			}
			return
		}
		want := slices.Clone(copies)
		slices.SortFunc(want, byID)
		got, err := unpackCounted(packed)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%x, %v; want %x", got, err, want)
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
		if got, err := unpackCounted(packed[:cut]); err == nil {
			t.Fatalf("%d of %d bytes are read as %x", cut, len(packed), got)
		}
	})
}

func someCounted(n int) []countedCopy {
	rng := rand.New(rand.NewPCG(1, 2))
	copies := make([]countedCopy, n)
	for i := range copies {
		copies[i] = countedCopy{rng.Uint64(), shortTag(rng.Uint64())}
	}
	return copies
}

// Two thousand copies take more than a byte less each than id and tag have.
func TestCountedCopiesAreSmall(t *testing.T) {
	if n := len(packCounted(someCounted(2000))); 8*n > 2000*(64+shortTagBits-9) {
		t.Errorf("%d bytes for 2000", n)
	}
}

func FuzzUnpackCounted(f *testing.F) {
	f.Add(packCounted([]countedCopy{{1, 2}, {5, 0}, {1 << 40, 1<<shortTagBits - 1}}))
	f.Add([]byte{8, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		copies, err := unpackCounted(b)
		if err != nil || len(copies) == 0 {
			return
		}
		if !slices.IsSortedFunc(copies, byID) {
			t.Fatalf("%x", copies)
		}
		again, err := unpackCounted(packCounted(copies))
		if err != nil || len(again) != len(copies) {
			t.Fatalf("%x became %x, %v", copies, again, err)
		}
		for i, c := range again {
			if c.id != copies[i].id { // among equal ids the order of tags is any
				t.Fatalf("%x became %x", copies, again)
			}
		}
	})
}

func BenchmarkCountedCopies(b *testing.B) {
	copies := someCounted(1000)
	packed := packCounted(copies)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			packCounted(copies)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(copies)), "ns/copy")
	})
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			if _, err := unpackCounted(packed); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(copies)), "ns/copy")
	})
}
