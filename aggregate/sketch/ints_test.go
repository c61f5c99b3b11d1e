package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawRow(t *rapid.T) []uint64 {
	value := rapid.SampledFrom([]*rapid.Generator[uint64]{
		rapid.Just(uint64(7)), rapid.SampledFrom([]uint64{0, 0, 0, 0, 9}), rapid.Uint64Range(0, 40), rapid.Uint64Max(1 << 40), rapid.Uint64(),
	}).Draw(t, "values")
	row := rapid.SliceOfN(value, 0, 80).Draw(t, "row")
	if rapid.Bool().Draw(t, "repeated") {
		row = slices.Concat(row, slices.Repeat([]uint64{3}, rapid.IntRange(0, 300).Draw(t, "times")))
	}
	return row
}

// What is written is read again, as far as it is asked for, in whatever form; and the chosen form is the smallest.
func TestIntsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := drawRow(t)
		s := shapeOf(row)
		chosen := appendInts(nil, row)
		encodings := [][]byte{chosen, appendSolid(nil, row)}
		for form := packed; form < numForms; form++ {
			if form == packed && (s.bits < 1 || s.bits > maxWidth) {
				continue
			}
			b := appendForm(nil, row, form, s.bits)
			encodings = append(encodings, b)
			if len(b) < len(chosen) && s.runs > 1 {
				t.Fatalf("form %d takes %d bytes, the chosen one %d", form, len(b), len(chosen))
			}
		}
		if got := solid(encodings[1]); got < len(row) {
			t.Fatalf("%d values, at most %d", len(row), got)
		}
		for _, b := range encodings {
			out := make([]uint64, rapid.IntRange(0, len(row)).Draw(t, "prefix"))
			if err := readInts(b, len(row), out); err != nil || !slices.Equal(out, row[:len(out)]) {
				t.Fatalf("form %d: %v: %v, want %v", b[0], err, out, row)
			}
		}
	})
}

// A row of numbers that are too wide is refused, not cut.
func TestIntsRefuseWhatDoesNotFit(t *testing.T) {
	for _, row := range [][]uint64{{math.MaxUint32 + 1}, {1, math.MaxUint32 + 1, 2, math.MaxUint64}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1 << 40}} {
		if err := readInts(appendInts(nil, row), len(row), make([]uint32, len(row))); err == nil {
			t.Errorf("%v was read", row)
		}
	}
}

// The slices of the hash space give what sorting gives, whether hashes are spread evenly or not at all.
func TestSlicesAreInOrder(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		spread := []uint64{math.MaxUint64, 1 << 20, 3, 1 << 62}[seed%4]
		var parts []*index
		var want []uint64
		for range r.IntN(6) {
			x := &index{}
			for range r.IntN(3000) {
				x.hashes = append(x.hashes, r.Uint64N(spread))
			}
			slices.Sort(x.hashes)
			x.hashes = slices.Compact(x.hashes)
			parts = append(parts, x)
			want = append(want, x.hashes...)
		}
		slices.Sort(want)
		var got []uint64
		for s := newSlicer(parts, len(want), everything); s.next(); {
			for i, e := range s.entries {
				if parts[e.part].hashes[e.visitor] != e.hash || i > 0 && s.entries[i-1].hash == e.hash && s.entries[i-1].part >= e.part {
					t.Fatalf("seed %d: entry %d is misplaced", seed, i)
				}
				got = append(got, e.hash)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %d hashes, want %d in order", seed, len(got), len(want))
		}
	}
}
