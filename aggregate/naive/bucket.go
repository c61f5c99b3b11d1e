package naive

import (
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

func isTime(d query.Dimension) bool {
	switch d {
	case query.Time10s, query.TimeMinute, query.Time15Min, query.TimeHour, query.TimeDay, query.TimeWeek, query.TimeMonth:
		return true
	}
	return false
}

// bucket is the key of a time in a time dimension: the wall clock of the site's zone, cut off.
func (s *History) bucket(d query.Dimension, at int64) query.Key {
	t := time.UnixMilli(at).In(s.zone())
	y, mo, day := t.Date()
	h, mi, sec := t.Clock()
	switch d {
	case query.TimeDay:
		return s.dateKey(y, mo, day)
	case query.TimeWeek:
		return s.dateKey(y, mo, day-(int(t.Weekday())+6)%7)
	case query.TimeMonth:
		return s.dateKey(y, mo, 1)
	case query.TimeHour:
		mi, sec = 0, 0
	case query.Time15Min:
		mi, sec = mi-mi%15, 0
	case query.TimeMinute:
		sec = 0
	case query.Time10s:
		sec -= sec % 10
	}
	_, offset := t.Zone()
	wall := time.Date(y, mo, day, h, mi, sec, 0, time.UTC)
	return query.Key{Text: wall.Format(time.DateTime), Time: wall.Add(-time.Duration(offset) * time.Second).UnixMilli()}
}

func (s *History) zone() *time.Location {
	if s.rules.Zone == nil {
		return time.UTC
	}
	return s.rules.Zone
}

// dateKey is the key of a date: its text, and the first instant that bears it. There may be no midnight, or two.
func (s *History) dateKey(y int, m time.Month, d int) query.Key {
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	t := time.Date(y, m, d-1, 12, 0, 0, 0, s.zone())
	for t.Format(time.DateOnly) < date {
		t = t.Add(15 * time.Minute)
	}
	return query.Key{Text: date, Time: t.UnixMilli()}
}
