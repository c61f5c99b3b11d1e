package querytest

import (
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// ask is a question and what is expected of the answer.
type ask struct {
	kind       string // eval, funnel, retention or journey
	query      query.Query
	within     time.Duration
	steps      []*query.Filter
	page       string
	previous   bool
	rows       []want
	total      int // -1 where any will do
	wantsError string
}

// want is an expected row.
type want struct {
	line  line
	cells []string
}

// ask reads a question: its clauses, and then what is expected.
func (p *parser) ask(block []line) (*ask, error) {
	n := slices.IndexFunc(block, func(l line) bool {
		return strings.ContainsRune("|!", rune(l.text[0])) || strings.HasPrefix(l.text, "of ")
	})
	if n < 0 {
		n = len(block)
	}
	c, err := cursorOf(block[:n])
	if err != nil {
		return nil, err
	}
	a := &ask{total: -1}
	word, err := c.next("a question")
	if err != nil {
		return nil, err
	}
	a.kind = word.text
	if a.kind == "eval" {
		metrics, err := c.list("a metric")
		if err != nil {
			return nil, err
		}
		for _, m := range metrics {
			a.query.Metrics = append(a.query.Metrics, query.Metric(m.text))
		}
	}
	for c.more() {
		if err := p.clause(c, a); err != nil {
			return nil, err
		}
	}
	if a.query.To == 0 {
		return nil, c.end.fault("the range is missing: on DATE, or from TIME to TIME")
	}
	return a, a.expect(block[n:])
}

// clauses says in which questions a clause may stand.
var clauses = map[string][]string{
	"on": {"eval", "funnel", "retention", "journey"}, "from": {"eval", "funnel", "retention", "journey"},
	"where": {"eval", "funnel", "retention", "journey"}, "by": {"eval", "retention"}, "order": {"eval"}, "compare": {"eval"},
	"limit": {"eval", "journey"}, "offset": {"eval", "journey"}, "within": {"funnel"}, "step": {"funnel"}, "after": {"journey"}, "before": {"journey"},
}

func (p *parser) clause(c *cursor, a *ask) (err error) {
	w, err := c.next("a clause")
	if err != nil {
		return err
	}
	if !slices.Contains(clauses[w.text], a.kind) {
		return w.fault("%q is no clause of %s", w.text, a.kind)
	}
	q := &a.query
	switch w.text {
	case "on", "from":
		return p.span(c, q, w.text == "on")
	case "where":
		q.Filter, err = c.filter()
	case "by":
		var list []token
		list, err = c.list("a dimension")
		for _, d := range list {
			q.Dimensions = append(q.Dimensions, query.Dimension(d.text))
		}
	case "order":
		return c.order(q)
	case "compare":
		var how token
		how, err = c.next("what to compare with")
		q.Compare = query.Comparison(how.text)
	case "limit":
		q.Limit, err = c.number("the limit")
	case "offset":
		q.Offset, err = c.number("the offset")
	case "within":
		var d token
		if d, err = c.next("a duration"); err == nil {
			if a.within, err = time.ParseDuration(d.text); err != nil {
				err = d.fault("%q is no duration such as 1h", d.text)
			}
		}
	case "step":
		var f *query.Filter
		f, err = c.filter()
		a.steps = append(a.steps, f)
	case "after", "before":
		var page token
		page, err = c.next("a page")
		a.page, a.previous = page.text, w.text == "before"
	}
	return err
}

func (c *cursor) order(q *query.Query) error {
	for {
		by, err := c.next("what to order by")
		if err != nil {
			return err
		}
		o := query.Order{By: by.text, Desc: c.skip("desc")}
		if !o.Desc {
			c.skip("asc")
		}
		q.Order = append(q.Order, o)
		if !c.skip(",") {
			return nil
		}
	}
}

// span reads the range of a question: a day, or two times.
func (p *parser) span(c *cursor, q *query.Query, day bool) error {
	w, err := c.next("a time")
	if err != nil {
		return err
	}
	from, err := p.moment(w)
	if err != nil {
		return err
	}
	to := from.AddDate(0, 0, 1)
	if !day {
		if !c.skip("to") {
			return w.fault("from TIME needs to TIME")
		}
		if w, err = c.next("a time"); err != nil {
			return err
		}
		if to, err = p.moment(w); err != nil {
			return err
		}
	}
	q.From, q.To = from.UnixMilli(), to.UnixMilli()
	return nil
}

// moment is a time, or the midnight at which a day of the site's zone begins.
func (p *parser) moment(w token) (time.Time, error) {
	zone := p.site.Zone
	if zone == nil {
		zone = time.UTC
	}
	if t, err := time.ParseInLocation(time.DateOnly, w.text, zone); err == nil {
		return t, nil
	}
	return instant(w)
}
