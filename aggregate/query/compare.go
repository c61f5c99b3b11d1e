package query

import (
	"encoding/binary"
	"math"
	"time"
)

// Comparison is an earlier span that an answer is compared with.
type Comparison string

// The comparisons. Their names are Plausible's.
const (
	PreviousPeriod Comparison = "previous_period" // the span of the same length just before
	YearOverYear   Comparison = "year_over_year"  // the same dates of the year before
)

// Shift returns the time that the comparison of the span [from, to) puts in the place of at: where days begin at both ends, the same wall time as many
// days earlier as the span has; else as much earlier as the span is long. A year earlier is the same wall time of that date (29 February becomes
// 1 March). The beginning of a day becomes that of the other one, also where there is no midnight. Times are Unix milliseconds.
func (c Comparison) Shift(at, from, to int64, zone *time.Location) int64 {
	start, end, t := time.UnixMilli(from).In(zone), time.UnixMilli(to).In(zone), time.UnixMilli(at).In(zone)
	switch {
	case c == YearOverYear:
		return onDate(t, -1, 0)
	case !beginsDay(start) || !beginsDay(end):
		return at - (to - from)
	}
	return onDate(t, 0, -daysBetween(start, end))
}

// onDate returns the wall time of t on another date.
func onDate(t time.Time, years, days int) int64 {
	if beginsDay(t) {
		return newClock(TimeDay, t.Location()).firstInstant(date(t).AddDate(years, 0, days).UnixMilli())
	}
	return t.AddDate(years, 0, days).UnixMilli()
}

// beginsDay reports whether t is the first instant of a date.
func beginsDay(t time.Time) bool { return t.Add(-time.Millisecond).Day() != t.Day() }

// daysBetween counts the dates from a to b.
func daysBetween(a, b time.Time) int {
	return int(date(b).Sub(date(a)) / (24 * time.Hour))
}

func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Earlier returns the query for the span that q is compared with. It has no limit: what stands in any of its rows may be looked for.
func (q *Query) Earlier(rules Rules) *Query {
	zone := rules.WithDefaults().Zone
	e := *q
	e.From, e.To = q.Compare.Shift(q.From, q.From, q.To, zone), q.Compare.Shift(q.To, q.From, q.To, zone)
	if q.From < q.CompareUntil && q.CompareUntil < q.To {
		e.To = q.Compare.Shift(q.CompareUntil, q.From, q.To, zone)
	}
	e.Compare, e.CompareUntil, e.Order, e.Limit, e.Offset = "", 0, nil, 0, 0
	return &e
}

// Join gives the rows of an answer to q what they were in the answer to q.Earlier.
func (q *Query) Join(r *Result, earlier Result, rules Rules) {
	zone := rules.WithDefaults().Zone
	before := make(map[string][]Value, len(earlier.Rows))
	for _, row := range earlier.Rows {
		before[q.label(row.Keys, func(t int64) int64 { return t })] = row.Values
	}
	for i := range r.Rows {
		values, ok := before[q.label(r.Rows[i].Keys, func(t int64) int64 { return q.Compare.Shift(t, q.From, q.To, zone) })]
		if !ok {
			values = earlier.Nothing
		}
		r.Rows[i].Before = values
	}
	r.Exact = r.Exact && earlier.Exact
	r.Fraction = min(r.Fraction, earlier.Fraction)
}

// label is a text that is different for different keys: those of time by when they begin.
func (q *Query) label(keys []Key, shift func(int64) int64) string {
	var b []byte
	for i, k := range keys {
		if q.Dimensions[i].IsTime() {
			b = binary.AppendVarint(b, shift(k.Time))
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(k.Text)))
		b = append(b, k.Text...)
	}
	return string(b)
}

// Change is how much a rounded value has changed, as Plausible tells it: bounce_rate in points, null if it was zero; exit and conversion rate in points,
// rounded to one place; everything else in whole percent of what it was, where what comes from zero is 100 %. Where one of the two is null,
// or money is of different or several currencies, so is the change.
func (m Metric) Change(before, now Value) (change float64, ok bool) {
	was, is, ok := amounts(before, now)
	switch {
	case !ok:
		return 0, false
	case m == BounceRate:
		return is - was, was > 0
	case m == ConversionRate || m == ExitRate:
		return round(is-was, 1), true
	case was == 0 && is > 0:
		return 100, true
	case was == 0:
		return 0, is == 0
	}
	return math.Round((is - was) / was * 100), true
}

// amounts returns the two numbers that a change is between, if they can be compared.
func amounts(before, now Value) (was, is float64, ok bool) {
	if before.Null || now.Null || len(before.Money) != len(now.Money) || len(now.Money) > 1 {
		return 0, 0, false
	}
	if len(now.Money) == 0 {
		return before.X, now.X, true
	}
	return before.Money[0].Amount, now.Money[0].Amount, before.Money[0].Currency == now.Money[0].Currency
}
