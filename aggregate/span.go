package aggregate

import (
	"cmp"
	"slices"
)

// span is a stretch of time in Unix milliseconds: from is in it, to is not.
type span struct{ from, to int64 }

func (s span) contains(ms int64) bool { return s.from <= ms && ms < s.to }

// cut returns what of the span lies in o. It may be empty, and then from is not before to.
func (s span) cut(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }

// within returns the union of the spans, cut to what lies in sp: in order, no two of them touching.
func within(spans []span, sp span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var union []span
	for _, s := range spans {
		s = span{max(s.from, sp.from), min(s.to, sp.to)}
		switch n := len(union); {
		case s.from >= s.to:
		case n > 0 && s.from <= union[n-1].to:
			union[n-1].to = max(union[n-1].to, s.to)
		default:
			union = append(union, s)
		}
	}
	return union
}

// without returns what of the spans is in none of the holes. The spans are in order and do not overlap; so are the holes.
func without(spans, holes []span) []span {
	var left []span
	for _, s := range spans {
		for _, h := range holes {
			if h.to <= s.from || h.from >= s.to {
				continue
			}
			if h.from > s.from {
				left = append(left, span{s.from, h.from})
			}
			s.from = h.to
		}
		if s.from < s.to {
			left = append(left, s)
		}
	}
	return left
}
