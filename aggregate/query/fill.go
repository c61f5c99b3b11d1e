package query

import (
	"fmt"
	"slices"
)

// Counted returns the metrics that counts answer in the place of a sample, and where they stand. There are none where the filter or a dimension needs to know visitors.
func (q *Query) Counted() (metrics []Metric, places []int) {
	for i, m := range q.Metrics {
		one := *q
		if one.Metrics = []Metric{m}; one.Countable() {
			metrics, places = append(metrics, m), append(places, i)
		}
	}
	return metrics, places
}

// Unknown makes every value one that nobody knows.
func (r *Result) Unknown() {
	for i := range r.Rows {
		for j := range r.Rows[i].Values {
			r.Rows[i].Values[j] = Value{Null: true}
		}
	}
}

// Fill puts the values of another answer to the same question, of fewer metrics, into their places. Of rows that only that one has, nothing else is known.
func (r *Result) Fill(by Result, places []int) {
	rows := make(map[string]int, len(r.Rows))
	for i := range r.Rows {
		rows[fmt.Sprint(r.Rows[i].Keys)] = i
	}
	for _, known := range by.Rows {
		at, ok := rows[fmt.Sprint(known.Keys)]
		if !ok {
			at = len(r.Rows)
			r.Rows = append(r.Rows, Row{Keys: slices.Clone(known.Keys), Values: unknown(len(r.Nothing))})
		}
		for i, place := range places {
			r.Rows[at].Values[place] = known.Values[i]
		}
	}
}

func unknown(n int) []Value {
	values := make([]Value, n)
	for i := range values {
		values[i].Null = true
	}
	return values
}
