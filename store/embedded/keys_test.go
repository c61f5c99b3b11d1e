package embedded

import (
	"bytes"
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/store"
)

// Parts over few bytes, so that one is often the beginning of another.
var part = rapid.StringOfN(rapid.SampledFrom([]rune{1, 'a', 'b', 'ÿ'}), 1, 4, -1)

// The order of keys is that of their parts, compared one after another.
func TestKeyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := part.Draw(t, "p"), part.Draw(t, "q")
		l, m := part.Draw(t, "l"), part.Draw(t, "m")
		i, j := rapid.Uint32().Draw(t, "i"), rapid.Uint32().Draw(t, "j")
		want := cmp.Or(cmp.Compare(p, q), cmp.Compare(l, m))
		if got := bytes.Compare(itemKey(store.Key{Partition: p, Sort: l}), itemKey(store.Key{Partition: q, Sort: m})); got != want {
			t.Fatalf("items compare %d, want %d", got, want)
		}
		want = cmp.Or(want, cmp.Compare(i, j))
		a, b := store.LogKey{Partition: p, Log: l}, store.LogKey{Partition: q, Log: m}
		if got := bytes.Compare(deltaKey(spaceHeads, a, i), deltaKey(spaceHeads, b, j)); got != want {
			t.Fatalf("deltas compare %d, want %d", got, want)
		}
	})
}

// A key lies in a span if and only if its parts are what the span is of.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, n := store.LogKey{Partition: part.Draw(t, "p"), Log: part.Draw(t, "l")}, rapid.Uint32().Draw(t, "n")
		other, after := store.LogKey{Partition: part.Draw(t, "q"), Log: part.Draw(t, "m")}, rapid.Uint32().Draw(t, "after")
		at := deltaKey(spaceHeads, key, n)
		if got, want := logSpan(spaceHeads, other, after).holds(at), key == other && n > after; got != want {
			t.Fatalf("%q %d in %q after %d: %v", key, n, other, after, got)
		}

		bound := rapid.OneOf(rapid.Just(""), part)
		r := store.Range{Partition: other.Partition, From: bound.Draw(t, "from"), To: bound.Draw(t, "to")}
		want := key.Partition == r.Partition && key.Log >= r.From && (r.To == "" || key.Log < r.To)
		if got := rangeSpan(spaceHeads, r).holds(at); got != want {
			t.Fatalf("log %q in %+v: %v", key, r, got)
		}
		if got := rangeSpan(spaceItems, r).holds(itemKey(store.Key{Partition: key.Partition, Sort: key.Log})); got != want {
			t.Fatalf("item %q in %+v: %v", key, r, got)
		}
	})
}

func (s span) holds(key []byte) bool {
	return bytes.Compare(s.lower, key) <= 0 && bytes.Compare(key, s.upper) < 0
}

func TestSplitDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, n := store.LogKey{Partition: part.Draw(t, "p"), Log: part.Draw(t, "l")}, rapid.Uint32().Draw(t, "n")
		log, gotN, ok := splitDelta(deltaKey(spaceBodies, key, n), key.Partition)
		if !ok || string(log) != key.Log || gotN != n {
			t.Fatalf("split into %q, %d, %v", log, gotN, ok)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte{}, "p")
	f.Add(deltaKey(spaceHeads, store.LogKey{Partition: "p", Log: "l"}, 7), "p")
	f.Fuzz(func(t *testing.T, b []byte, partition string) {
		splitDelta(b, partition)
		_, _, _ = splitHead(b)
		_, _, _ = splitItem(b)
	})
}
