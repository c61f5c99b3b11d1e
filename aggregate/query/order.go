package query

import (
	"cmp"
	"slices"
)

// term is one thing that rows are sorted by.
type term struct {
	metric, key int // one of the two is -1
	desc        bool
}

// terms are what the query's rows are sorted by, up to their keys.
func (q *Query) terms() (terms []term) {
	for _, o := range q.Order {
		t := term{metric: slices.Index(q.Metrics, Metric(o.By)), key: slices.Index(q.Dimensions, Dimension(o.By)), desc: o.Desc}
		terms = append(terms, t)
	}
	if len(q.Order) > 0 {
		return terms
	}
	for i, d := range q.Dimensions {
		if d.IsTime() {
			terms = append(terms, term{metric: -1, key: i})
		}
	}
	return append(terms, term{metric: 0, key: -1, desc: true})
}

func (q *Query) sort(rows []Row) {
	terms := q.terms()
	slices.SortFunc(rows, func(a, b Row) int {
		for _, t := range terms {
			if c := t.compare(a, b); c != 0 {
				return c
			}
		}
		return slices.CompareFunc(a.Keys, b.Keys, Key.compare)
	})
}

func (t term) compare(a, b Row) (c int) {
	if t.metric >= 0 {
		c = a.Values[t.metric].compare(b.Values[t.metric])
	} else {
		c = a.Keys[t.key].compare(b.Keys[t.key])
	}
	if t.desc {
		return -c
	}
	return c
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Time, o.Time), cmp.Compare(k.Text, o.Text))
}

// compare puts what is null before everything, and money in order of the sum of its amounts, whatever their currencies.
func (v Value) compare(o Value) int {
	if v.Null || o.Null {
		return cmp.Compare(btoi(o.Null), btoi(v.Null))
	}
	return cmp.Compare(v.size(), o.size())
}

func (v Value) size() float64 {
	if v.Money == nil {
		return v.X
	}
	sum := 0.0
	for _, m := range v.Money {
		sum += m.Amount
	}
	return sum
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
