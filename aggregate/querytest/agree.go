package querytest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Disagreement says how an answer differs from the naive one, "" if it does not. Numbers are the same to the last digit, but for what is lost when one sum of
// integers is divided in another way; percentiles may be 1 % off.
func (q Question) Disagreement(got, want Answer) string {
	return sameAnswer(q.plain(got), q.plain(want))
}

// plain turns an answer into rows.
func (q Question) plain(a Answer) plain {
	switch {
	case q.Funnel != nil:
		return fromFunnel(a.Funnel)
	case q.Retention != nil:
		return fromRetention(a.Retention)
	case q.Journey != nil:
		return fromJourney(a.Journey)
	}
	p := fromQuery(a.Query)
	for _, m := range q.Query.Metrics {
		p.about = append(p.about, !slices.Contains(Metrics, m))
	}
	return p
}

// plain is any answer, as rows.
type plain struct {
	rows     []answerRow
	about    []bool // which values may be 1 % off
	total    int
	exact    bool
	fraction float64
}

func fromFunnel(res *query.FunnelResult) plain {
	p := plain{exact: res.Exact, fraction: res.Fraction, total: len(res.Steps)}
	for i := range res.Steps {
		s := &res.Steps[i]
		p.rows = append(p.rows, answerRow{{value: &s.Visitors}, {value: &s.Rate}, {value: &s.StepRate}})
	}
	return p
}

func fromRetention(res *query.RetentionResult) plain {
	p := plain{exact: res.Exact, fraction: res.Fraction, total: len(res.Cohorts)}
	for i := range res.Cohorts {
		c := &res.Cohorts[i]
		p.rows = append(p.rows, append(answerRow{{key: &c.Key}}, valueCells(c.Visitors, nil)...))
	}
	return p
}

func fromJourney(res *query.JourneyResult) plain {
	p := plain{exact: res.Exact, fraction: res.Fraction, total: res.Total}
	for i := range res.Rows {
		p.rows = append(p.rows, answerRow{{key: &query.Key{Text: res.Rows[i].Page}}, {value: &res.Rows[i].Pageviews}})
	}
	return p
}

func fromQuery(res *query.Result) plain {
	p := plain{total: res.Total, exact: res.Exact, fraction: res.Fraction}
	for _, r := range res.Rows {
		p.rows = append(p.rows, rowOf(r))
	}
	return p
}

func sameAnswer(got, want plain) string {
	differs := ""
	switch {
	case got.total != want.total || len(got.rows) != len(want.rows):
		differs = fmt.Sprintf("%d rows of %d, want %d of %d", len(got.rows), got.total, len(want.rows), want.total)
	case got.exact != want.exact || got.fraction != want.fraction:
		differs = fmt.Sprintf("exact %v, fraction %v, want %v, %v", got.exact, got.fraction, want.exact, want.fraction)
	default:
		for i := range got.rows {
			if !sameRow(got.rows[i], want.rows[i], got.about) {
				return fmt.Sprintf("row %d is\n    %s, want\n    %s", i+1, got.rows[i], want.rows[i])
			}
		}
	}
	if differs != "" {
		differs += "\ngot\n" + show(got.rows) + "want\n" + show(want.rows)
	}
	return differs
}

func sameRow(got, want answerRow, about []bool) bool {
	if len(got) != len(want) {
		return false
	}
	values := 0
	for i, c := range got {
		if c.key != nil {
			if want[i].key == nil || *c.key != *want[i].key {
				return false
			}
			continue
		}
		if !sameCell(c, want[i], values < len(about) && about[values]) {
			return false
		}
		values++
	}
	return true
}

func sameCell(got, want cell, about bool) bool {
	if want.value == nil || (got.before == nil) != (want.before == nil) {
		return false
	}
	return sameValue(*got.value, *want.value, about) && (got.before == nil || sameValue(*got.before, *want.before, about))
}

func sameValue(got, want query.Value, about bool) bool {
	if got.Null || want.Null {
		return got.Null == want.Null
	}
	if about {
		return math.Abs(got.X-want.X) <= 0.0101*math.Abs(want.X)+1e-9
	}
	return got.Err == 0 && closeTo(got.X, want.X) && slices.EqualFunc(got.Money, want.Money, func(a, b query.Money) bool {
		return a.Currency == b.Currency && a.Err == 0 && closeTo(a.Amount, b.Amount)
	})
}

// String shows a question for whoever has to find out why two engines disagree.
func (q Question) String() string {
	switch {
	case q.Funnel != nil:
		var steps []string
		for _, s := range q.Funnel.Steps {
			steps = append(steps, showFilter(s))
		}
		return fmt.Sprintf("funnel from %d to %d within %v where %s: %s", q.Funnel.From, q.Funnel.To, q.Funnel.Within, showFilter(q.Funnel.Filter), strings.Join(steps, " > "))
	case q.Retention != nil:
		return fmt.Sprintf("retention by %s from %d to %d where %s", q.Retention.Unit, q.Retention.From, q.Retention.To, showFilter(q.Retention.Filter))
	case q.Journey != nil:
		return fmt.Sprintf("journey %+v where %s", *q.Journey, showFilter(q.Journey.Filter))
	}
	return fmt.Sprintf("eval %v by %v from %d to %d order %v limit %d offset %d compare %q where %s", q.Query.Metrics, q.Query.Dimensions, q.Query.From, q.Query.To,
		q.Query.Order, q.Query.Limit, q.Query.Offset, q.Query.Compare, showFilter(q.Query.Filter))
}

func showFilter(f *query.Filter) string {
	switch {
	case f == nil:
		return "anything"
	case len(f.Args) > 0:
		var args []string
		for _, a := range f.Args {
			args = append(args, showFilter(a))
		}
		return fmt.Sprintf("%s(%s)", f.Op, strings.Join(args, ", "))
	}
	return fmt.Sprintf("%s %s %q fold=%v", f.Dimension, f.Op, f.Values, f.Fold)
}
