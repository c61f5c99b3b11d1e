package query

import "slices"

// rows makes the rows of what was added up, all of those that there are, in no order.
func (e *evaluation) rows() ([]Row, error) {
	n, metrics := e.grid.len(), e.query.Metrics
	columns := make([][]Value, len(metrics))
	next := 0
	for i, m := range metrics {
		var err error
		if columns[i], err = e.values(m, next); err != nil {
			return nil, err
		}
		if e.query.formula(m) != (formula{}) {
			next++
		}
	}
	rows := make([]Row, 0, n)
	values, keys := make([]Value, n*len(metrics)), make([]Key, n*len(e.grid.axes))
	for row := range n {
		r := Row{Values: values[:len(metrics):len(metrics)], Keys: keys[:len(e.grid.axes):len(e.grid.axes)]}
		for i := range metrics {
			r.Values[i] = columns[i][row]
		}
		if len(e.grid.axes) > 0 && (!e.met(row) || isNothing(metrics, r.Values)) {
			continue
		}
		e.grid.keys(row, r.Keys)
		rows = append(rows, r)
		values, keys = values[len(metrics):], keys[len(e.grid.axes):]
	}
	return rows, nil
}

// met reports whether the row has a hit or a visit of its own, and is not just where visits entered.
func (e *evaluation) met(row int) bool { return e.seen[row].visitor != 0 || e.seen[row].visit != 0 }

// isNothing reports whether a row has nothing to say: no count above zero, and nothing else that could be measured.
func isNothing(metrics []Metric, values []Value) bool {
	for i, v := range values {
		if !v.Null && (v.X != 0 || len(v.Money) > 0 || !metrics[i].isCount() && !metrics[i].isShare()) {
			return false
		}
	}
	return true
}

// values returns the values of a metric in all rows. Of those made of a formula, it is number n.
func (e *evaluation) values(m Metric, n int) ([]Value, error) {
	rows, est := e.grid.len(), e.estimator
	switch {
	case m.isShare():
		return e.shares(m)
	case m.isRevenue():
		return e.money.values(rows, est, m == AverageRevenue), nil
	}
	if vital, percentile, ok := m.quantile(); ok {
		return e.vitals[vital].values(rows, percentile, est), nil
	}
	f := formulas[m]
	all := make([]Value, rows)
	for row := range all {
		a, p := e.numbers.sum(row, e.columns[f.num]), e.numbers.productsOf(row, n)
		if f.den == noStat {
			all[row] = est.total(a, p)
		} else {
			all[row] = est.ratio(a, e.numbers.sum(row, e.columns[f.den]), p, f.scale)
		}
	}
	return all, nil
}

// shares returns the visitors of each row in percent of those of another question.
func (e *evaluation) shares(m Metric) ([]Value, error) {
	of, err := newEvaluation(e.query.whole(m), e.rules, e.hits, compiler{withoutGoals: m != Percentage})
	if err != nil {
		return nil, err
	}
	of.grid.axes = slices.DeleteFunc(slices.Clone(e.grid.axes), func(a axis) bool { return m != GroupConversion || a.kind == ofGoal })
	of.run()
	if e.noShare[m] = (Value{Null: true}); len(of.grid.axes) == 0 {
		e.noShare[m] = e.estimator.shareOf(0, of.numbers.sum(0, of.columns[statVisitors]))
	}
	all := make([]Value, e.grid.len())
	var ids []uint32
	for row := range all {
		ids = e.grid.idsOf(row, ids)
		if e.grid.goal >= 0 {
			ids = slices.Delete(ids, e.grid.goal, e.grid.goal+1)
		}
		var base int64
		if i, ok := of.grid.lookup(ids[:len(of.grid.axes)]); ok {
			base = of.numbers.sum(i, of.columns[statVisitors])
		}
		all[row] = e.estimator.shareOf(e.numbers.sum(row, e.columns[statVisitors]), base)
	}
	return all, nil
}

// whole is the question for the visitors that a share is taken of.
func (q *Query) whole(m Metric) *Query {
	w := &Query{Metrics: []Metric{Visitors}, From: q.From, To: q.To, Filter: q.Filter}
	if m == GroupConversion {
		w.Dimensions = slices.DeleteFunc(slices.Clone(q.Dimensions), func(d Dimension) bool { return d == EventGoal })
	}
	return w
}

// lookup finds a row by its ids, if it was met.
func (g *grid) lookup(ids []uint32) (row int, ok bool) {
	switch len(g.axes) {
	case 0:
		return 0, true
	case 1:
		if int(ids[0]) >= len(g.rowOf) || g.rowOf[ids[0]] == 0 {
			return 0, false
		}
		return int(g.rowOf[ids[0]] - 1), true
	}
	id := ids[0]
	for i := range g.pairings {
		if id, ok = g.pairings[i].known[pair{id, ids[i+1]}]; !ok {
			return 0, false
		}
	}
	return int(id), true
}

// result sorts the rows and cuts out those that were asked for.
func (q *Query) result(rows []Row, exact bool, fraction float64) Result {
	r := Result{Total: len(rows), Fraction: fraction, Exact: exact}
	q.sort(rows)
	r.Rows = page(rows, q.Limit, q.Offset)
	for _, row := range r.Rows {
		r.Exact = r.Exact && !slices.ContainsFunc(row.Values, Value.estimated)
	}
	for _, m := range q.Metrics {
		r.Nothing = append(r.Nothing, Value{Null: !m.isCount()})
	}
	return r
}

// estimated reports whether the value has an error.
func (v Value) estimated() bool {
	return v.Err > 0 || slices.ContainsFunc(v.Money, func(m Money) bool { return m.Err > 0 })
}

// page leaves out the first rows and those beyond the limit; zero is no limit.
func page[T any](rows []T, limit, offset int) []T {
	rows = rows[min(offset, len(rows)):]
	if limit > 0 && limit < len(rows) {
		rows = rows[:limit:limit]
	}
	return rows
}
