package sketch

import "testing"

// Hits that differ in anything have an order, whichever way they are asked.
func TestCompareLooksAtEverything(t *testing.T) {
	changes := map[string]func(h *Hit){
		"time": func(h *Hit) { h.At = 9 }, "revenue": func(h *Hit) { h.Revenue = 1 }, "engaged": func(h *Hit) { h.EngagedMS = 1 },
		"scroll": func(h *Hit) { h.Scroll = 1 }, "persistent": func(h *Hit) { h.Persistent = true },
		"a property": func(h *Hit) { h.Props = []Prop{{"k", "v"}} },
	}
	for f := range NumFields {
		changes[string(rune('A'+f))] = func(h *Hit) { h.Text[f] = "x" }
	}
	for v := range NumVitals {
		changes[string(rune('0'+v))] = func(h *Hit) { h.Vitals[v] = 7 }
	}
	for what, change := range changes {
		var a, b Hit
		change(&b)
		if a.Compare(&b) != -1 || b.Compare(&a) != 1 || b.Compare(&b) != 0 {
			t.Errorf("%s: %d and %d", what, a.Compare(&b), b.Compare(&a))
		}
	}
}

// At the same time engagement goes first, then pageviews; whatever their pages.
func TestCompareRanksNames(t *testing.T) {
	hits := make([]Hit, 3)
	for i, name := range []string{engagement, pageview, "add to cart"} {
		hits[i].Text[Name], hits[i].Text[Page] = name, string(rune('z'-i))
	}
	for i := range hits[1:] {
		if hits[i].Compare(&hits[i+1]) != -1 {
			t.Errorf("%s does not go before %s", hits[i].Text[Name], hits[i+1].Text[Name])
		}
	}
}
