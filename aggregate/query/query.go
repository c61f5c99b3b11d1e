package query

import "errors"

// ErrBad says what is wrong with a query and what is allowed.
var ErrBad = errors.New("bad query")

// Query asks for metrics of a site over [From, To), in Unix milliseconds; both are starts of windows.
type Query struct {
	Metrics    []Metric
	From, To   int64
	Dimensions []Dimension
	Filter     *Filter // nil lets everything through
	// Order sorts the rows; empty is by time dimensions rising, then by the first metric falling. Rows that are equal in all of it
	// stand in order of their keys.
	Order []Order
	// Limit is the largest number of rows, zero for all, and Offset how many are left out before the first.
	Limit, Offset int
	// Compare, where it is set, adds to every row what it was in an earlier span.
	Compare Comparison
	// CompareUntil, where it is set and within the range, cuts the earlier span at the time that corresponds to it: what is not over yet is
	// compared with as much of its like.
	CompareUntil int64
}

// Order sorts rows by a metric or by a dimension, whichever By names.
type Order struct {
	By   string
	Desc bool
}

// Result is the answer to a query.
type Result struct {
	Rows  []Row
	Total int  // rows before Offset and Limit
	Exact bool // every value of every row is exact (a quantile is exact to the 1 % of its sketch)
	// Nothing are the values of a row that there is not.
	Nothing []Value
	// Fraction is the smallest share of visitors that values were found in; 1 where all were.
	Fraction float64
}

// Row is one row: its keys in the order of the query's dimensions, its values in the order of the metrics.
type Row struct {
	Keys   []Key
	Values []Value
	// Before are, with Query.Compare, the values of the row with the same texts and, for time dimensions, with the buckets that
	// Comparison.Shift puts in their place. Where there was no such row, they are those of nothing.
	Before []Value
}

// Key tells a row from the others in one dimension.
type Key struct {
	Text string
	Time int64 // of a time dimension: the start of the bucket, Unix milliseconds
}

// Value is a metric of a row.
type Value struct {
	Null  bool    // there was nothing to measure, as a rate of no visits
	X     float64 // in the metric's unit, not rounded
	Err   float64 // standard error of X, in the same unit; zero where X is exact
	Money []Money // of the revenue metrics instead of X: one for each currency, in order of their names
}

// Money is an amount of one currency.
type Money struct {
	Currency string
	Amount   float64 // in units of the currency
	Err      float64 // standard error; zero where exact
}
