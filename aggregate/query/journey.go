package query

import (
	"cmp"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// The rows of a journey that are no page.
const (
	JourneyExit  = "(exit)"  // there is no next pageview
	JourneyEntry = "(entry)" // there is no previous one
)

// Journey asks where visitors went from a page, or came from: of the pageviews of Page in [From, To) that the filter lets through, the page of the next
// (previous) pageview of the visit, which may lie outside of the range.
type Journey struct {
	From, To      int64 // as of a Query
	Page          string
	Previous      bool
	Filter        *Filter
	Limit, Offset int // as of a Query
}

// JourneyResult is the answer to a Journey, in falling order of Pageviews, then by page.
type JourneyResult struct {
	Rows     []JourneyRow
	Total    int // rows before Offset and Limit
	Exact    bool
	Fraction float64 // as of a Result
}

// JourneyRow is one page, JourneyExit or JourneyEntry.
type JourneyRow struct {
	Page      string
	Pageviews Value // those of Journey.Page that it came after, or before
}

// Check reports everything that is wrong with the journey for a site with these rules, as Faults.
func (j *Journey) Check(rules Rules) error {
	c := checker{rules: rules}
	rules.check(&c.Faults)
	c.span(j.From, j.To)
	c.filter(j.Filter, "filter")
	c.unless(j.Page != "" && isText(j.Page, maxValue), "page", j.Page, "a path of 1 to 2000 bytes")
	c.page(j.Limit, j.Offset)
	return c.err()
}

// Needs returns what a journey has to know of each hit, and how far beyond its range.
func (j *Journey) Needs(rules Rules) (sketch.Needs, Reach) {
	n := needs{rules: rules}
	n.field(sketch.Name)
	n.field(sketch.Page)
	n.filter(j.Filter)
	return n.Needs, Reach{Visits: true}
}

// EvalJourney answers a journey from a sample that holds the hits of the range, and whatever else [Journey.Needs] says. Visitors is how many acted in the range, as in [Extras].
func EvalJourney(j *Journey, rules Rules, s *sketch.Sample, visitors Value) (JourneyResult, error) {
	if err := j.Check(rules); err != nil {
		return JourneyResult{}, err
	}
	w, err := newWalk(s, rules, j.From, j.To, j.Filter, true, visitors)
	if err != nil {
		return JourneyResult{}, err
	}
	t := newTrails(j, w.hits)
	for visitor := range s.Visitors() {
		w.each(visitor, t.follow)
		t.counts.settle()
	}
	return t.result(w), nil
}

// trails counts where visitors went from a page, or came from.
type trails struct {
	journey *Journey
	hits    *hits
	pages   column
	page    uint32 // id of the journey's page
	counts  *table
	rows    pairing // of the page that was next, or of an end
}

// The rows of a trails are pairs of these and a page.
const (
	toPage = iota
	toEnd
)

func newTrails(j *Journey, h *hits) *trails {
	pages := h.shown(EventPage)
	asked := pages.find(j.Page)
	if j.Page == EventPage.Absent() {
		asked = 0
	}
	return &trails{journey: j, hits: h, pages: pages, page: asked, rows: pairing{known: make(map[pair]uint32)},
		counts: newTable(1, []ratio{{0, -1}}, h.sample.Fraction() < 1)}
}

func (t *trails) follow(v *visit, h int, _ int64) {
	if t.pages.ids[h] != t.page || !t.hits.isPageview(h) {
		return
	}
	row := pair{toEnd, 0}
	if next := t.neighbour(v, h); next >= 0 {
		row = pair{toPage, t.pages.ids[next]}
	}
	n := t.rows.number(row)
	t.counts.grow(len(t.rows.pairs))
	t.counts.add(int32(n), 0, 1)
}

// neighbour returns the next, or previous, pageview of the visit; -1 where there is none.
func (t *trails) neighbour(v *visit, h int) int {
	step := 1
	if t.journey.Previous {
		step = -1
	}
	for h += step; h >= v.from && h < v.to; h += step {
		if t.hits.isPageview(h) {
			return h
		}
	}
	return -1
}

func (t *trails) result(w *walk) JourneyResult {
	e := w.estimator
	r := JourneyResult{Exact: w.exact(), Fraction: e.share, Total: len(t.rows.pairs)}
	for i, p := range t.rows.pairs {
		r.Rows = append(r.Rows, JourneyRow{Page: t.text(p), Pageviews: e.total(t.counts.sum(i, 0), t.counts.productsOf(i, 0))})
	}
	slices.SortFunc(r.Rows, func(a, b JourneyRow) int {
		return cmp.Or(cmp.Compare(b.Pageviews.X, a.Pageviews.X), cmp.Compare(a.Page, b.Page))
	})
	r.Rows = page(r.Rows, t.journey.Limit, t.journey.Offset)
	return r
}

func (t *trails) text(p pair) string {
	switch {
	case p[0] == toPage && p[1] == 0:
		return EventPage.Absent()
	case p[0] == toPage:
		return t.pages.words[p[1]]
	case t.journey.Previous:
		return JourneyEntry
	}
	return JourneyExit
}
