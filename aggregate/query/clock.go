package query

import (
	"math"
	"time"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// clockUnits are the lengths of the buckets that the wall clock is truncated to. Those of a day and above are dates.
var clockUnits = map[Dimension]int64{
	Time10s: 10 * second, TimeMinute: minute, Time15Min: 15 * minute, TimeHour: hour, TimeDay: day, TimeWeek: day, TimeMonth: day,
}

// clock finds the time bucket of an instant, by the wall clock of a zone. It asks the time package once for each change of the zone's offset
// that it meets, and computes with whole numbers otherwise. Times are Unix milliseconds; wall times are those of a UTC clock that shows
// the same.
type clock struct {
	unit     Dimension
	zone     *time.Location
	length   int64
	segments []segment
	known    map[cell]uint32 // by truncated wall time
	dates    map[int64]uint32
	buckets  []bucket
	last     lookup
}

// segment is a time in which the offset of the zone does not change.
type segment struct{ from, to, offset int64 }

// cell is a bucket as the wall clock has it; a repeated hour has two, by the offset in force.
type cell struct{ wall, offset int64 }

type bucket struct{ start, wall int64 }

// lookup is the instants that are known to be in a bucket.
type lookup struct {
	from, to int64
	id       uint32
}

func newClock(unit Dimension, zone *time.Location) *clock {
	return &clock{unit: unit, zone: zone, length: clockUnits[unit], known: make(map[cell]uint32), dates: make(map[int64]uint32)}
}

// bucket returns the number of the bucket of an instant; buckets are numbered as they are met.
func (c *clock) bucket(t int64) uint32 {
	if t < c.last.from || t >= c.last.to {
		c.last = c.find(t)
	}
	return c.last.id
}

func (c *clock) find(t int64) lookup {
	s := c.segment(t)
	wall := t + s.offset
	trunc := wall - mod(wall, c.length)
	l := lookup{from: max(s.from, trunc-s.offset), to: min(s.to, trunc-s.offset+c.length)}
	key := cell{wall: trunc, offset: s.offset}
	id, ok := c.known[key]
	if !ok {
		id = c.add(key)
		c.known[key] = id
	}
	l.id = id
	return l
}

// add numbers the bucket of a cell. A date is one bucket, whatever the offsets in it.
func (c *clock) add(k cell) uint32 {
	if c.length < day {
		c.buckets = append(c.buckets, bucket{start: k.wall - k.offset, wall: k.wall})
		return uint32(len(c.buckets) - 1)
	}
	date := c.firstDate(k.wall)
	id, ok := c.dates[date]
	if !ok {
		id = uint32(len(c.buckets))
		c.dates[date] = id
		c.buckets = append(c.buckets, bucket{start: c.firstInstant(date), wall: date})
	}
	return id
}

// firstDate returns the first date of the bucket that a date is in.
func (c *clock) firstDate(date int64) int64 {
	switch c.unit {
	case TimeWeek: // 1 January 1970 was a Thursday
		return date - mod(date/day+3, 7)*day
	case TimeMonth:
		return date - int64(time.UnixMilli(date).UTC().Day()-1)*day
	}
	return date
}

// firstInstant returns the first instant that has that local date or, where the zone skipped it, a later one.
func (c *clock) firstInstant(date int64) int64 {
	for t := date - day; ; {
		s := c.segment(t)
		if t = max(s.from, date-s.offset); t < s.to {
			return t
		}
		t = s.to
	}
}

// DayStart returns the first instant of a date in a zone: not always midnight, for some clocks are put forward then. Days and months may be beyond their
// bounds, as those of [time.Date].
func DayStart(zone *time.Location, y int, m time.Month, d int) time.Time {
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMilli()
	return time.UnixMilli(newClock(TimeDay, zone).firstInstant(date)).In(zone)
}

// segment returns the one that an instant is in.
func (c *clock) segment(t int64) segment {
	for _, s := range c.segments {
		if t >= s.from && t < s.to {
			return s
		}
	}
	s := newSegment(time.UnixMilli(t).In(c.zone))
	c.segments = append(c.segments, s)
	return s
}

func newSegment(t time.Time) segment {
	_, offset := t.Zone()
	from, to := t.ZoneBounds()
	s := segment{from: math.MinInt64, to: math.MaxInt64, offset: int64(offset) * second}
	if !from.IsZero() {
		s.from = from.UnixMilli()
	}
	if !to.IsZero() {
		s.to = to.UnixMilli()
	}
	return s
}

// key returns how a row shows a bucket.
func (c *clock) key(id uint32) Key {
	b := c.buckets[id]
	layout := time.DateTime
	if c.length == day {
		layout = time.DateOnly
	}
	return Key{Text: time.UnixMilli(b.wall).UTC().Format(layout), Time: b.start}
}

// mod is the remainder that is not negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
