package sketch

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestActingIsWhoDidSomething: of the visitors in a sample, those of whom any hit was no engagement, be it one that was left out.
func TestActingIsWhoDidSomething(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSeen(t, "hits")
		if rapid.Bool().Draw(t, "all alike") {
			for i := range all {
				all[i].hit.Text[Name] = []string{"pageview", "engagement", ""}[all[i].visitor%3]
			}
		}
		limits := rapid.SampledFrom([]limits{few, stored}).Draw(t, "limits")
		s, _ := built(limits, all...)
		p, err := Open(s.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		var want []uint64
		for _, hash := range s.hashes {
			if slices.ContainsFunc(all, func(a seen) bool { return min(a.visitor, everything-1) == hash && a.hit.Text[Name] != "engagement" }) {
				want = append(want, hash)
			}
		}
		got, err := p.Acting([]uint64{7})
		if err != nil || !slices.Equal(got, append([]uint64{7}, want...)) {
			t.Fatalf("%x, %v; want 7 and %x", got, err, want)
		}
	})
}
