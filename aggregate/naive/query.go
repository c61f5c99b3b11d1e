package naive

import (
	"cmp"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// Query answers q, which must be valid, from the raw events.
func (v *Evaluator) Query(q aggregate.Query) aggregate.Result {
	from, to := event.Window(q.From), event.Window(q.To+event.WindowMS-1)
	rows := make(map[rowKey][]hit)
	if q.Dimension == aggregate.None {
		rows[rowKey{}] = nil
	}
	for _, h := range v.hits {
		if h.Site == q.Site && from <= h.at && h.at < to && h.Name != event.Engagement {
			k := keyOf(h, q.Dimension)
			rows[k] = append(rows[k], h)
		}
	}
	res := aggregate.Result{From: from, To: to, Total: len(rows), Exact: true, SampleFraction: 1}
	for k, hits := range rows {
		row := aggregate.ResultRow{Minute: k.minute, Name: k.name}
		for _, m := range q.Metrics {
			row.Values = append(row.Values, measure(hits, m))
		}
		res.Rows = append(res.Rows, row)
	}
	slices.SortFunc(res.Rows, func(a, b aggregate.ResultRow) int {
		if q.Dimension == aggregate.ByMinute {
			return cmp.Compare(a.Minute, b.Minute)
		}
		return cmp.Or(cmp.Compare(b.Values[0], a.Values[0]), cmp.Compare(a.Name, b.Name))
	})
	if q.Limit > 0 {
		res.Rows = res.Rows[:min(q.Limit, len(res.Rows))]
	}
	return res
}

type rowKey struct {
	minute int64
	name   string
}

func keyOf(h hit, d aggregate.Dimension) rowKey {
	switch d {
	case aggregate.ByMinute:
		return rowKey{minute: h.at - h.at%60_000}
	case aggregate.ByPage:
		return rowKey{name: aggregate.PageOf(h.URL)}
	case aggregate.ByEvent:
		return rowKey{name: h.Name}
	}
	return rowKey{}
}

func measure(hits []hit, m aggregate.Metric) uint64 {
	who := make(map[string]bool)
	var pageviews uint64
	for _, h := range hits {
		who[h.Who()] = true
		if h.Name == event.Pageview {
			pageviews++
		}
	}
	switch m {
	case aggregate.Visitors:
		return uint64(len(who))
	case aggregate.Pageviews:
		return pageviews
	}
	return uint64(len(hits))
}
