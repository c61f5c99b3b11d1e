package query

import (
	"math"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// The names that have a meaning of their own.
const (
	pageview   = "pageview"
	engagement = "engagement"
)

// hits are the columns of a sample, as a question goes through them. A hit is known by its index.
type hits struct {
	sample     *sketch.Sample
	times      []int64
	names      column
	pageview   uint32 // id of the name; of no word where there is no such hit
	engagement uint32
	columns    map[place]column
	zeros      []uint32
}

// column is a dictionary-coded column with an id for each hit. Id 0 is the absent value.
type column struct {
	ids   []uint32
	words []string
}

func newHits(s *sketch.Sample) *hits {
	h := &hits{sample: s, times: s.Times(), columns: make(map[place]column)}
	h.names = h.column(place{kind: ofHit, field: sketch.Name})
	h.pageview, h.engagement = h.names.find(pageview), h.names.find(engagement)
	return h
}

func (c column) find(word string) uint32 {
	if i := slices.Index(c.words, word); i >= 0 {
		return uint32(i)
	}
	return math.MaxUint32
}

// column returns the column of a field or property, whoever's it is.
func (h *hits) column(p place) column {
	p.kind = ofHit
	if c, ok := h.columns[p]; ok {
		return c
	}
	stored := h.sample.Column(p.field)
	if p.prop != "" {
		stored = h.sample.Prop(p.prop)
	}
	c := column{ids: stored.IDs, words: stored.Words}
	if len(c.ids) == 0 {
		c.ids = h.zero()
	}
	if len(c.words) == 0 {
		c.words = []string{""}
	}
	h.columns[p] = c
	return c
}

// zero is a column of absent values.
func (h *hits) zero() []uint32 {
	if h.zeros == nil {
		h.zeros = make([]uint32, h.sample.Hits())
	}
	return h.zeros
}

// shown returns the column with the values that look absent, in the dimension, made absent: in rows and filters they are the same.
func (h *hits) shown(d Dimension) column {
	c := h.column(d.place())
	alike := c.find(d.Absent())
	if alike == math.MaxUint32 {
		return c
	}
	ids := slices.Clone(c.ids)
	for i, id := range ids {
		if id == alike {
			ids[i] = 0
		}
	}
	return column{ids: ids, words: c.words}
}

func (h *hits) pages() column { return h.column(place{kind: ofHit, field: sketch.Page}) }

func (h *hits) isPageview(i int) bool   { return h.names.ids[i] == h.pageview }
func (h *hits) isEngagement(i int) bool { return h.names.ids[i] == h.engagement }

// acts reports whether a visitor did something in [from, to).
func (h *hits) acts(visitor int, from, to int64) bool {
	first, end := h.sample.Range(visitor)
	for i := first; i < end; i++ {
		if t := h.times[i]; t >= from && t < to && !h.isEngagement(i) {
			return true
		}
	}
	return false
}
