package querytest

import (
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

var comparisons = []query.Op{query.Is, query.IsNot, query.Contains, query.ContainsNot, query.Matches, query.MatchesNot}

// filter reads what stands after where or step: conditions joined by or, and, not, has_done and parentheses; and binds closer than or.
func (c *cursor) filter() (*query.Filter, error) { return c.joined("or", query.Or, c.conjunction) }

func (c *cursor) conjunction() (*query.Filter, error) {
	return c.joined("and", query.And, c.condition)
}

func (c *cursor) joined(word string, op query.Op, part func() (*query.Filter, error)) (*query.Filter, error) {
	var args []*query.Filter
	for {
		f, err := part()
		if err != nil {
			return nil, err
		}
		args = append(args, f)
		if !c.skip(word) {
			break
		}
	}
	if len(args) == 1 {
		return args[0], nil
	}
	return &query.Filter{Op: op, Args: args}, nil
}

func (c *cursor) condition() (*query.Filter, error) {
	for _, op := range []query.Op{query.Not, query.HasDone, query.HasNotDone} {
		if c.skip(string(op)) {
			arg, err := c.condition()
			return &query.Filter{Op: op, Args: []*query.Filter{arg}}, err
		}
	}
	if c.skip("(") {
		f, err := c.filter()
		if err == nil && !c.skip(")") {
			return nil, c.end.fault("a parenthesis is not closed")
		}
		return f, err
	}
	return c.comparison()
}

func (c *cursor) comparison() (*query.Filter, error) {
	d, err := c.next("a dimension")
	if err != nil {
		return nil, err
	}
	op, err := c.next("an operator")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(comparisons, query.Op(op.text)) {
		return nil, op.fault("%q is no operator; allowed are %v", op.text, comparisons)
	}
	values, err := c.list("a value")
	if err != nil {
		return nil, err
	}
	f := &query.Filter{Op: query.Op(op.text), Dimension: query.Dimension(d.text)}
	for _, v := range values {
		f.Values = append(f.Values, v.text)
	}
	f.Fold = c.skip("nocase")
	return f, nil
}
