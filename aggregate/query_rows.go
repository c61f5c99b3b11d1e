package aggregate

import "github.com/streamgauge/streamgauge/event"

// rowCounts are the metrics of one row.
type rowCounts struct {
	visitors, pageviews, events uint64
}

// rowsOf tells a summary apart by page or by event name. What is counted by that dimension comes from the counts, which are exact; everything else from the
// visitor sample.
func rowsOf(sum *Summary, q Query) []ResultRow {
	rows := sampledRows(sum, q.Dimension)
	row := func(name string) *rowCounts {
		if rows[name] == nil {
			rows[name] = &rowCounts{}
		}
		return rows[name]
	}
	if q.Dimension == ByPage {
		for page, n := range sum.Pages {
			row(page).pageviews = n
		}
	} else {
		for name, n := range sum.Names {
			if name != event.Engagement {
				row(name).events = n
			}
		}
		if c := rows[event.Pageview]; c != nil {
			c.pageviews = c.events
		}
	}
	result := make([]ResultRow, 0, len(rows))
	for name, c := range rows {
		result = append(result, ResultRow{Name: name, Values: c.values(q.Metrics)})
	}
	return result
}

func (c *rowCounts) values(metrics []Metric) []uint64 {
	values := make([]uint64, len(metrics))
	for i, m := range metrics {
		switch m {
		case Visitors:
			values[i] = c.visitors
		case Pageviews:
			values[i] = c.pageviews
		case Events:
			values[i] = c.events
		}
	}
	return values
}

// sampledRows counts visitors, pageviews and events of each row in the sample, and scales them up.
func sampledRows(sum *Summary, by Dimension) map[string]*rowCounts {
	rows := make(map[string]*rowCounts)
	last := make(map[string]uint64) // the number of the visitor that a row counted last, so that each is counted once
	var visitor uint64
	for _, v := range sum.Sample.All {
		visitor++
		for _, h := range v.Hits {
			name := h.Page
			if by == ByEvent {
				name = h.Name
			}
			c := rows[name]
			if c == nil {
				c = &rowCounts{}
				rows[name] = c
			}
			c.events++
			if h.Name == event.Pageview {
				c.pageviews++
			}
			if last[name] != visitor {
				last[name] = visitor
				c.visitors++
			}
		}
	}
	for _, c := range rows {
		c.visitors, c.pageviews, c.events = sum.Sample.Scale(c.visitors), sum.Sample.Scale(c.pageviews), sum.Sample.Scale(c.events)
	}
	return rows
}
