package naive

import (
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// row is what belongs to one combination of keys.
type row struct {
	keys    []query.Key
	hits    []match
	visits  map[*visit]bool
	entered map[*visit]bool // where pages are told apart: the visits that began on the page; else the same as visits
}

// match is a hit with the visit that it is part of.
type match struct {
	*Hit
	visit *visit
}

// group sorts the hits and visits of a query into rows.
func (s *History) group(q query.Query) map[string]*row {
	rows := make(map[string]*row)
	if len(q.Dimensions) == 0 {
		rowOf(rows, nil, true)
	}
	for _, v := range s.visits(q.From) {
		for _, h := range v.hits {
			if h.counts() && q.From <= h.At && h.At < q.To && s.holds(q.Filter, h, v) {
				for _, keys := range s.keys(q.Dimensions, h, v, h.At, h.page()) {
					r := rowOf(rows, keys, true)
					r.hits = append(r.hits, match{h, v})
				}
			}
		}
	}
	s.eachVisitHit(q, func(v *visit, h *Hit) {
		for _, keys := range s.keys(q.Dimensions, h, v, v.start(), h.page()) {
			rowOf(rows, keys, true).visits[v] = true
		}
	})
	s.eachVisitHit(q, func(v *visit, h *Hit) {
		page := h.page()
		if slices.Contains(q.Dimensions, query.EventPage) {
			page = of(v.entry(), sketch.Page)
		}
		for _, keys := range s.keys(q.Dimensions, h, v, v.start(), page) {
			if r := rowOf(rows, keys, false); r != nil {
				r.entered[v] = true
			}
		}
	})
	return rows
}

// eachVisitHit calls do for the visits that begin in the range, with each of their hits, wherever it lies, that the filter lets through.
func (s *History) eachVisitHit(q query.Query, do func(*visit, *Hit)) {
	for _, v := range s.visits(q.From) {
		for _, h := range v.hits {
			if q.From <= v.start() && v.start() < q.To && h.counts() && s.holds(q.Filter, h, v) {
				do(v, h)
			}
		}
	}
}

// rowOf finds the row of keys. If there is none, it makes one or returns nil.
func rowOf(rows map[string]*row, keys []query.Key, create bool) *row {
	id := fmt.Sprintf("%#v", keys)
	if rows[id] == nil && create {
		rows[id] = &row{keys: keys, visits: make(map[*visit]bool), entered: make(map[*visit]bool)}
	}
	return rows[id]
}

// keys are the keys of the rows that a hit belongs to, if it happened at the time at and on page: none or several where goals are told apart.
func (s *History) keys(dims []query.Dimension, h *Hit, v *visit, at int64, page string) [][]query.Key {
	if len(dims) == 0 {
		return [][]query.Key{nil}
	}
	d := dims[len(dims)-1]
	var last []query.Key
	switch {
	case isTime(d):
		last = []query.Key{s.bucket(d, at)}
	case d == query.EventPage:
		last = []query.Key{{Text: shown(d, page)}}
	default:
		for _, text := range s.values(d, h, v) {
			last = append(last, query.Key{Text: text})
		}
	}
	var all [][]query.Key
	for _, before := range s.keys(dims[:len(dims)-1], h, v, at, page) {
		for _, k := range last {
			all = append(all, append(slices.Clone(before), k))
		}
	}
	return all
}
