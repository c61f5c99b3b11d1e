package query

import (
	"slices"
	"time"
)

// Bucket is a bucket of a time dimension, cut to the span that was asked for.
type Bucket struct {
	From, To int64 // Unix milliseconds
	Key      Key
}

// Buckets returns the buckets of a time dimension that have a part in [from, to), in order of time, and stops at limit.
func Buckets(unit Dimension, from, to int64, zone *time.Location, limit int) []Bucket {
	c := newClock(unit, zone)
	var all []Bucket
	for at := from; at < to && len(all) <= limit; {
		id := c.bucket(at)
		next := min(to, c.last.to)
		if n := len(all); n > 0 && all[n-1].Key == c.key(id) { // a date goes on after a change of the clock
			all[n-1].To = next
		} else {
			all = append(all, Bucket{From: at, To: next, Key: c.key(id)})
		}
		at = next
	}
	return all[:min(len(all), limit)]
}

// Arrange sorts rows that were answered for one by one, and cuts out those that were asked for.
func (q *Query) Arrange(rows []Row, exact bool, fraction float64) Result {
	return q.result(rows, exact, fraction)
}

// Without returns the query without a dimension that it has, and where that stood. Its rows come in no order that was asked for.
func (q Query) Without(d Dimension) (Query, int) {
	at := slices.Index(q.Dimensions, d)
	q.Dimensions = slices.Delete(slices.Clone(q.Dimensions), at, at+1)
	q.Order = nil
	return q, at
}

// Put gives every row of an answer to q a further key, at a place. The row of all, which is there also where nothing is, is none then.
func (q *Query) Put(res Result, at int, k Key) Result {
	var rows []Row
	for _, r := range res.Rows {
		if len(q.Dimensions) == 0 && !slices.ContainsFunc(r.Values, Value.something) {
			continue
		}
		r.Keys = slices.Insert(slices.Clone(r.Keys), at, k)
		rows = append(rows, r)
	}
	res.Rows, res.Total = rows, len(rows)
	return res
}

// something reports whether a count or a sum counts anything.
func (v Value) something() bool { return !v.Null && (v.X != 0 || len(v.Money) > 0) }
