package query

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// condition is a filter made ready for a sample: the words of its dictionaries have been compared, each once, and a hit is looked up by
// its ids.
type condition struct {
	op   Op // And, Or, Not, HasDone; Is stands for every comparison
	args []*condition

	// Of a comparison: whether it holds for the value with an id, found in the column at the hit of that kind.
	kind  kind
	ids   []uint32
	holds []bool

	// Of a comparison of goals: whether a hit meets one that was asked for, by its name or as a pageview by its page.
	hits           *hits
	pages          []uint32
	byName, byPage []bool
	negated        bool

	// Of one that is the same for every hit of a visit: the visit that it was last found out for, and how.
	lasting bool
	visit   int32
	answer  bool

	constant bool // of one without an op
}

// compiler makes conditions.
type compiler struct {
	hits  *hits
	goals *goalTable
	rules Rules
	// withoutGoals takes conditions on goals as met: the whole as permissive as it can be. Under an odd number of negations they are taken
	// as not met.
	withoutGoals bool
	negations    int
}

// compile makes a condition of a filter; nil, which lets everything through, remains nil.
func (c *compiler) compile(f *Filter) (*condition, error) {
	if f == nil {
		return nil, nil
	}
	switch f.Op {
	case And, Or, HasDone:
		return c.join(f.Op, f.Args)
	case Not:
		return c.negate(Not, f.Args)
	case HasNotDone:
		return c.negate(HasDone, f.Args)
	}
	return c.compare(f)
}

func (c *compiler) join(op Op, args []*Filter) (*condition, error) {
	n := &condition{op: op, hits: c.hits, lasting: true}
	for _, a := range args {
		arg, err := c.compile(a)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		n.lasting = n.lasting && arg.lasting
	}
	n.lasting = n.lasting || op == HasDone
	return n, nil
}

// negate makes the opposite of a Not's argument, or of a HasDone.
func (c *compiler) negate(op Op, args []*Filter) (*condition, error) {
	c.negations++
	defer func() { c.negations-- }()
	arg, err := c.join(op, args)
	if err != nil || op == Not {
		return arg, err
	}
	return &condition{op: Not, args: []*condition{arg}, lasting: true}, nil
}

func (c *compiler) compare(f *Filter) (*condition, error) {
	p := f.Dimension.place()
	if p.kind == ofGoal && c.withoutGoals {
		return &condition{constant: c.negations%2 == 0, lasting: true}, nil
	}
	holds, err := f.test()
	if err != nil {
		return nil, err
	}
	if p.kind == ofGoal {
		return c.compareGoals(f, holds), nil
	}
	col := c.hits.column(p)
	n := &condition{op: Is, kind: p.kind, ids: col.ids, holds: make([]bool, len(col.words)), lasting: p.ofVisits()}
	for i, word := range col.words {
		if i == 0 || word == "" {
			word = f.Dimension.Absent()
		}
		n.holds[i] = holds(word) != f.Op.negative()
	}
	return n, nil
}

func (c *compiler) compareGoals(f *Filter, holds func(string) bool) *condition {
	var asked []uint32
	for i, name := range c.goals.names {
		if holds(name) {
			asked = append(asked, uint32(i))
		}
	}
	anyOf := func(table [][]uint32) []bool {
		met := make([]bool, len(table))
		for i, goals := range table {
			met[i] = slices.ContainsFunc(goals, func(g uint32) bool { return slices.Contains(asked, g) })
		}
		return met
	}
	return &condition{op: Is, kind: ofGoal, hits: c.hits, pages: c.goals.pages.ids,
		byName: anyOf(c.goals.byName), byPage: anyOf(c.goals.byPage), negated: f.Op.negative()}
}

// hold reports whether the condition holds for a hit of a visit.
func (n *condition) hold(v *visit, h int) bool {
	if n.op == Is {
		return n.compare(v, h)
	}
	if !n.lasting {
		return n.join(v, h)
	}
	if n.visit != v.number {
		n.visit, n.answer = v.number, n.join(v, h)
	}
	return n.answer
}

func (n *condition) compare(v *visit, h int) bool {
	if n.kind == ofHit {
		return n.holds[n.ids[h]]
	}
	if n.kind == ofGoal {
		met := n.byName[n.hits.names.ids[h]] || n.hits.isPageview(h) && n.byPage[n.pages[h]]
		return met != n.negated
	}
	if h = v.at(n.kind, h); h < 0 {
		return n.holds[0]
	}
	return n.holds[n.ids[h]]
}

func (n *condition) join(v *visit, h int) bool {
	switch n.op {
	case And:
		return !slices.ContainsFunc(n.args, func(a *condition) bool { return !a.hold(v, h) })
	case Or:
		return slices.ContainsFunc(n.args, func(a *condition) bool { return a.hold(v, h) })
	case Not:
		return !n.args[0].hold(v, h)
	case HasDone:
		return n.done(v)
	}
	return n.constant
}

// done reports whether the visit has a hit, which is no engagement, for which the argument holds.
func (n *condition) done(v *visit) bool {
	for h := v.from; h < v.to; h++ {
		if !n.hits.isEngagement(h) && n.args[0].hold(v, h) {
			return true
		}
	}
	return false
}

// negative reports whether the operator lets through exactly what another one does not.
func (o Op) negative() bool {
	return o == IsNot || o == ContainsNot || o == MatchesNot || o == HasNotDone
}

// test returns what tells whether any of the filter's values is found in a text, by the operator or by the one that it is the negation of.
func (f *Filter) test() (func(text string) bool, error) {
	switch f.Op {
	case Is, IsNot:
		return f.testIs(), nil
	case Contains, ContainsNot:
		return f.testContains(), nil
	case Matches, MatchesNot:
		return f.testMatches()
	}
	return nil, fmt.Errorf("%w: operator %q", ErrBad, f.Op)
}

func (f *Filter) testIs() func(string) bool {
	values := make(map[string]bool, len(f.Values))
	for _, v := range f.Values {
		values[f.fold(v)] = true
	}
	return func(text string) bool { return values[f.fold(text)] }
}

func (f *Filter) testContains() func(string) bool {
	values := make([]string, len(f.Values))
	for i, v := range f.Values {
		values[i] = f.fold(v)
	}
	return func(text string) bool {
		text = f.fold(text)
		return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(text, v) })
	}
}

func (f *Filter) testMatches() (func(string) bool, error) {
	var all []*regexp.Regexp
	for _, v := range f.Values {
		if f.Fold {
			v = "(?i)" + v
		}
		re, err := regexp.Compile(v)
		if err != nil {
			return nil, fmt.Errorf("%w: regular expression: %w", ErrBad, err)
		}
		all = append(all, re)
	}
	return func(text string) bool {
		return slices.ContainsFunc(all, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	}, nil
}

func (f *Filter) fold(s string) string {
	if f.Fold {
		return strings.ToLower(s)
	}
	return s
}
