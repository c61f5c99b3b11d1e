package naive

import (
	"cmp"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Journey answers j, which must be valid.
func (s *History) Journey(j query.Journey) query.JourneyResult {
	numbers := make(map[string]int)
	for _, hits := range s.hitsOf(j.From, j.To, j.Filter) {
		for _, h := range hits {
			if h.isPageview() && shownPage(h.Hit) == j.Page {
				numbers[neighbour(h, j.Previous)]++
			}
		}
	}
	rows := []query.JourneyRow{}
	for page, n := range numbers {
		rows = append(rows, query.JourneyRow{Page: page, Pageviews: count(n)})
	}
	slices.SortFunc(rows, func(a, b query.JourneyRow) int {
		return cmp.Or(cmp.Compare(b.Pageviews.X, a.Pageviews.X), cmp.Compare(a.Page, b.Page))
	})
	return query.JourneyResult{Rows: page(rows, j.Offset, j.Limit), Total: len(rows), Exact: true, Fraction: 1}
}

// neighbour is the page of the pageview before or after one.
func neighbour(p match, previous bool) string {
	views := p.visit.pageviews()
	i := slices.Index(views, p.Hit)
	switch {
	case previous && i == 0:
		return query.JourneyEntry
	case previous:
		return shownPage(views[i-1])
	case i == len(views)-1:
		return query.JourneyExit
	}
	return shownPage(views[i+1])
}

func shownPage(h *Hit) string { return shown(query.EventPage, h.page()) }
