package sketch

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"pgregory.net/rapid"
)

// few are limits that small examples reach.
var few = limits{visitors: 4, hits: 3, total: 9}

// seen is a hit and whose it was.
type seen struct {
	visitor uint64
	hit     Hit
}

// drawSeen draws hits with few different visitors, times and words, so that all of them meet.
func drawSeen(t *rapid.T, label string) []seen {
	word := rapid.SampledFrom([]string{"", "a", "b", "ccc"})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) seen {
		h := Hit{At: rapid.Int64Range(-3, 3).Draw(t, "at")}
		h.Text[Name] = rapid.SampledFrom([]string{"pageview", "pageview", "buy", "engagement", "z"}).Draw(t, "name")
		for _, f := range []Field{Page, Hostname, Country, Currency} {
			h.Text[f] = word.Draw(t, "word")
		}
		for _, key := range []string{"k", "l", "m"} {
			if v := word.Draw(t, "value"); v != "" {
				h.Props = append(h.Props, Prop{key, v})
			}
		}
		if rapid.Bool().Draw(t, "numbers") {
			h.Revenue = rapid.Int64Range(-5, 5).Draw(t, "revenue")
			h.EngagedMS = rapid.Int64Range(0, 3).Draw(t, "engaged")
			h.Scroll = rapid.Uint8Range(0, 100).Draw(t, "scroll")
			h.Vitals[CLS] = rapid.Int32Range(0, 5).Draw(t, "cls")
			h.Persistent = rapid.Bool().Draw(t, "persistent")
		}
		return seen{rapid.OneOf(rapid.Uint64Range(0, 5), rapid.Uint64Range(math.MaxUint64-2, math.MaxUint64)).Draw(t, "visitor"), h}
	}), 0, 40).Draw(t, label)
}

// model is what a sample and its rest must say of hits, worked out in the plainest way.
type model struct {
	threshold uint64
	visitors  map[uint64][]Hit // in the sample
	more      map[uint64]bool
	cut       []Hit // in the rest
	whole     int   // visitors that are in the rest only and did more than engage
}

func modelOf(l limits, all []seen) model {
	m := model{everything, make(map[uint64][]Hit), make(map[uint64]bool), nil, 0}
	byVisitor := make(map[uint64][]Hit)
	for _, s := range all {
		v := min(s.visitor, everything-1)
		byVisitor[v] = append(byVisitor[v], s.hit)
	}
	total := 0
	for _, v := range slices.Sorted(maps.Keys(byVisitor)) {
		hits := byVisitor[v]
		slices.SortFunc(hits, func(a, b Hit) int { return a.Compare(&b) })
		kept := min(len(hits), l.hits)
		total += kept
		if m.threshold < everything || len(m.visitors) == l.visitors || total > l.total {
			m.threshold = min(m.threshold, v)
			m.cut = append(m.cut, hits...)
			if slices.ContainsFunc(hits, func(h Hit) bool { return h.Text[Name] != engagement }) {
				m.whole++
			}
			continue
		}
		m.visitors[v], m.more[v] = hits[:kept], kept < len(hits)
		m.cut = append(m.cut, hits[kept:]...)
	}
	return m
}

// table is what a table of a rest must say.
func (m model) table(key func(h *Hit) string) []Row {
	counts := make(map[string]Counts)
	for _, h := range m.cut {
		if k := key(&h); k != "" && h.Text[Name] != engagement {
			c := counts[k]
			c.Events++
			if h.Text[Name] == pageview {
				c.Pageviews++
			}
			counts[k] = c
		}
	}
	var rows []Row
	for k, c := range counts {
		rows = append(rows, Row{k, c})
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Key, b.Key)) })
	return rows
}

func (h *Hit) value(key string) string {
	for _, p := range h.Props {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// built seals hits within limits.
func built(l limits, all ...seen) (*Sample, *Rest) {
	var b Builder
	for _, s := range all {
		b.Add(s.visitor, &s.hit)
	}
	return b.seal(l)
}
