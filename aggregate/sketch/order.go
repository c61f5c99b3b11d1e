package sketch

import (
	"cmp"
	"slices"
)

// The names of events that mean something to this package.
const (
	pageview   = "pageview"
	engagement = "engagement" // carries engaged time and scroll depth, and is no event of its own
)

// Compare orders the hits of one visitor: by time; at the same time engagement goes first, then pageviews, then all others; from there
// on by what they hold. It looks at content only, so that parts can be merged in any order. Hits that are equal in all
// of it cannot be told apart.
func (h *Hit) Compare(o *Hit) int {
	if c := cmp.Or(cmp.Compare(h.At, o.At), cmp.Compare(rank(h.Text[Name]), rank(o.Text[Name]))); c != 0 {
		return c
	}
	for f := range NumFields {
		if c := cmp.Compare(h.Text[f], o.Text[f]); c != 0 {
			return c
		}
	}
	return cmp.Or(
		slices.CompareFunc(h.Props, o.Props, compareProps),
		cmp.Compare(h.Revenue, o.Revenue),
		cmp.Compare(h.EngagedMS, o.EngagedMS),
		cmp.Compare(h.Scroll, o.Scroll),
		slices.Compare(h.Vitals[:], o.Vitals[:]),
		cmp.Compare(truth(h.Persistent), truth(o.Persistent)),
	)
}

func rank(name string) int {
	switch name {
	case engagement:
		return 0
	case pageview:
		return 1
	}
	return 2
}

func compareProps(a, b Prop) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
}

func truth(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
