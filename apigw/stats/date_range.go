package stats

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// DateRange is the span of a question: a name, or two dates of which the last belongs to it, or two times.
type DateRange struct {
	name       string
	first, end string
	begin      time.Time // of "all"
}

// latest is the end of the year 9999 in Unix milliseconds.
const latest = 253_402_300_800_000

const rangesAllowed = `allowed are "day", "24h", "7d", "28d", "30d", "91d", "month", "6mo", "12mo", "year", "all", ` +
	`two dates as ["2026-03-01", "2026-03-14"], or two times as ["2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z"]`

func (d DateRange) isZero() bool { return d == DateRange{} }

// IsAll reports whether everything is asked for.
func (d DateRange) IsAll() bool { return d.name == "all" }

// Begin says when that began. Else it is from 1970 on.
func (d *DateRange) Begin(t time.Time) { d.begin = t }

// UnmarshalJSON reads a name or a pair.
func (d *DateRange) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &d.name) == nil {
		return nil
	}
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("%w: date_range: %s: %s", ErrBad, clip(b), rangesAllowed)
	}
	*d = DateRange{first: pair[0], end: pair[1]}
	return nil
}

// MarshalJSON writes what was read.
func (d DateRange) MarshalJSON() ([]byte, error) {
	if d.name != "" {
		return json.Marshal(d.name)
	}
	return json.Marshal([2]string{d.first, d.end})
}

// span returns the range at a time, in a zone: the first moment and the one after the last.
func (d DateRange) span(zone *time.Location, now time.Time) (from, to time.Time, err error) {
	if d.name != "" {
		return d.named(zone, now)
	}
	if first, last, ok := d.dates(zone); ok {
		y, m, day := last.Date()
		from, to = first, query.DayStart(zone, y, m, day+1)
	} else if from, to, err = d.times(); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, fmt.Errorf("%w: date_range: the start, %s, is not before the end, %s", ErrBad, d.first, d.end)
	}
	if from.UnixMilli() < 0 || to.UnixMilli() > latest {
		return from, to, fmt.Errorf("%w: date_range: %s to %s: allowed are times from 1970 to 9999", ErrBad, d.first, d.end)
	}
	return from, to, nil
}

func (d DateRange) dates(zone *time.Location) (first, last time.Time, ok bool) {
	first, err1 := time.Parse(time.DateOnly, d.first)
	last, err2 := time.Parse(time.DateOnly, d.end)
	return startOf(first, zone), startOf(last, zone), err1 == nil && err2 == nil
}

// startOf returns the first instant in a zone of the date that t shows.
func startOf(t time.Time, zone *time.Location) time.Time {
	y, m, day := t.Date()
	return query.DayStart(zone, y, m, day)
}

func (d DateRange) times() (from, to time.Time, err error) {
	from, err1 := time.Parse(time.RFC3339, d.first)
	to, err2 := time.Parse(time.RFC3339, d.end)
	if err1 == nil && err2 == nil {
		return from, to, nil
	}
	wrong := d.first
	if _, err := time.Parse(time.DateOnly, d.first); err1 == nil || err == nil {
		wrong = d.end
	}
	return from, to, fmt.Errorf("%w: date_range: %q is no date, or no time with a zone as the other one is; %s", ErrBad, clip([]byte(wrong)), rangesAllowed)
}

// named returns the ranges that have a name. Those of days, months and the year go to the end of today.
func (d DateRange) named(zone *time.Location, now time.Time) (from, to time.Time, err error) {
	now = now.In(zone)
	y, m, day := now.Date()
	date := func(m time.Month, day int) time.Time { return query.DayStart(zone, y, m, day) }
	tomorrow := date(m, day+1)
	switch d.name {
	case "day":
		return date(m, day), tomorrow, nil
	case "24h":
		return now.Add(-24 * time.Hour), now, nil
	case "7d":
		return date(m, day-6), tomorrow, nil
	case "28d":
		return date(m, day-27), tomorrow, nil
	case "30d":
		return date(m, day-29), tomorrow, nil
	case "91d":
		return date(m, day-90), tomorrow, nil
	case "month":
		return date(m, 1), tomorrow, nil
	case "6mo":
		return date(m-5, 1), tomorrow, nil
	case "12mo":
		return date(m-11, 1), tomorrow, nil
	case "year":
		return date(time.January, 1), tomorrow, nil
	case "all":
		if d.begin.IsZero() {
			return time.UnixMilli(0).In(zone), tomorrow, nil
		}
		return startOf(d.begin.In(zone), zone), tomorrow, nil
	}
	return from, to, fmt.Errorf("%w: date_range: %q: %s", ErrBad, clip([]byte(d.name)), rangesAllowed)
}
