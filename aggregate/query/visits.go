package query

import (
	"math"
	"slices"
)

// visit is a visit of a visitor, in a sample.
type visit struct {
	number   int32 // tells it from every other one that a cutter cut; above zero
	from, to int   // its hits
	first    int   // its first pageview, -1 without any
	last     int   // its last one
	face     int   // the hit that its attributes are of
	views    int   // how many pageviews it has
}

// cutter cuts the hits of one visitor after the other into those visits that have a hit in the range or after it began before the range did. It
// gives each visit in the same place, which saves an allocation for each.
type cutter struct {
	hits     *hits
	gap      int64
	longest  int64
	from, to int64 // the range
	next     int   // the first hit that is in no visit yet
	end      int
	visit    visit
}

// newCutter returns a cutter by the rules, or, where visits do not matter, one to which all hits of a visitor are a single visit.
func newCutter(h *hits, rules Rules, from, to int64, visits bool) *cutter {
	c := &cutter{hits: h, gap: math.MaxInt64, longest: math.MaxInt64, from: from, to: to}
	if visits {
		c.gap, c.longest = rules.Gap.Milliseconds(), MaxVisit.Milliseconds()
	}
	return c
}

// begin turns to a visitor. Visits are looked for from LookBack before the range.
func (c *cutter) begin(visitor int) {
	c.next, c.end = c.hits.sample.Range(visitor)
	begin := c.from - LookBack.Milliseconds()
	if c.next < c.end && c.hits.times[c.next] < begin {
		skip, _ := slices.BinarySearch(c.hits.times[c.next:c.end], begin)
		c.next += skip
	}
}

// cut finds the next visit that has a hit at or after the start of the range and begins before the end of it.
func (c *cutter) cut() bool {
	times := c.hits.times
	for c.next < c.end && times[c.next] < c.to {
		c.visit.from = c.next
		c.advance()
		if times[c.next-1] >= c.from {
			c.describe()
			return true
		}
	}
	return false
}

// advance moves to the first hit after the visit that begins at the next hit.
func (c *cutter) advance() {
	times := c.hits.times
	begin, at := times[c.next], times[c.next]
	for c.next++; c.next < c.end; c.next++ {
		t := times[c.next]
		if t-at >= c.gap || t-begin >= c.longest {
			return
		}
		at = t
	}
}

// describe fills in the pageviews of the visit, which ends before the next hit.
func (c *cutter) describe() {
	v := &c.visit
	v.number++
	v.to, v.first, v.last, v.views = c.next, -1, -1, 0
	names := c.hits.names.ids
	for i := v.from; i < v.to; i++ {
		if names[i] == c.hits.pageview {
			if v.first < 0 {
				v.first = i
			}
			v.last = i
			v.views++
		}
	}
	v.face = v.from
	if v.first >= 0 {
		v.face = v.first
	}
}

// at returns the hit of the visit where a value is found, for a hit; -1 where there is none.
func (v *visit) at(k kind, h int) int {
	switch k {
	case ofFace:
		return v.face
	case ofEntry:
		return v.first
	case ofExit:
		return v.last
	}
	return h
}
