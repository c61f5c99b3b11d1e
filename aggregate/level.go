package aggregate

import (
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// level is a length of time over which windows are rolled up. Each is made from the one before it.
type level uint8

// The levels. Their names stand in keys.
const (
	minutes  level = iota + 1 // from the logs of six windows
	quarters                  // of an hour: every time zone's day is a sum of them
	days                      // in the site's time zone

	// finals is no level of roll-ups: its marks say of which minutes a manifest is to be made. See Finals.
	finals
)

const quarterMS = 15 * minuteMS

func (lv level) String() string {
	return [...]string{"window", minutes: "minute", quarters: "quarter", days: "day", finals: "final"}[lv]
}

// parent returns the level that is made from lv.
func (lv level) parent() (level, bool) { return lv + 1, lv < days }

// period returns the period of the level that holds ms; of level zero, the window.
func (lv level) period(zone *time.Location, ms int64) span {
	switch lv {
	case 0:
		return span{event.Window(ms), event.Window(ms) + event.WindowMS}
	case minutes:
		return span{floor(ms, minuteMS), floor(ms, minuteMS) + minuteMS}
	case quarters:
		return span{floor(ms, quarterMS), floor(ms, quarterMS) + quarterMS}
	}
	return localDay(zone, ms)
}

// localDay returns the day of the zone that holds ms. Its ends lie on quarters, as those of all zones do but for some before 1973, which are moved there.
func localDay(zone *time.Location, ms int64) span {
	ms = max(0, ms)
	y, m, d := time.UnixMilli(ms).In(zone).Date()
	start := func(day int) int64 { return floor(max(0, dayStart(zone, y, m, day)), quarterMS) }
	for start(d) > ms { // it was moved there
		d--
	}
	for start(d+1) <= ms {
		d++
	}
	return span{start(d), start(d + 1)}
}

// dayStart returns the first instant of a date in a zone. Where the clock is put forward at midnight that is later.
func dayStart(zone *time.Location, y int, m time.Month, d int) int64 {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if h, _, _ := t.Clock(); h != 0 {
		if _, end := t.ZoneBounds(); t.Before(end) && end.Sub(t) < 24*time.Hour {
			t = end
		}
	}
	return t.UnixMilli()
}

// longest returns what no period of the level is longer than.
func (lv level) longest() int64 {
	switch lv {
	case minutes:
		return minuteMS
	case quarters:
		return quarterMS
	}
	return 2 * dayMS
}

// chunk returns the span whose roll-ups of the level are kept in one partition.
func (lv level) chunk(ms int64) span {
	unit := int64(forEver)
	switch lv {
	case minutes:
		unit = dayMS
	case quarters:
		unit = 14 * dayMS
	}
	return span{floor(ms, unit), floor(ms, unit) + unit}
}

// partition returns the partition of the roll-ups of a level that begin in the same chunk as ms.
func (lv level) partition(site Site, ms int64) string {
	name := lv.String()
	if lv == days {
		name += ":" + site.Zone().String()
	}
	return fmt.Sprintf("R#%d#%s#%s#%s", site.Gen, siteKey(site.ID), name, timeKey(lv.chunk(ms).from))
}
