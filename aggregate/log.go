package aggregate

import (
	"fmt"
	"strconv"

	"github.com/streamgauge/streamgauge/store"
)

// Lengths of time in milliseconds.
const (
	minuteMS = 60_000
	hourMS   = 3_600_000
	dayMS    = 24 * hourMS
)

// Log names one log of deltas.
type Log struct {
	Gen    uint32 // generation of the site's numbers
	Site   string // "" holds what no site can be found for
	Window int64  // start of the window, Unix milliseconds
	Cell   int
}

// noSite stands in keys for the site of copies that name none. It is no valid site id, so nothing can collide with it.
const noSite = "_"

func siteKey(site string) string {
	if site == "" {
		return noSite
	}
	return site
}

func siteOfKey(s string) string {
	if s == noSite {
		return ""
	}
	return s
}

// key returns where the log is kept: partition D#gen#site#cell#hour, and in it the window.
func (l Log) key() store.LogKey {
	return store.LogKey{Partition: l.hourPartition(), Log: timeKey(l.Window)}
}

func (l Log) hourPartition() string {
	return fmt.Sprintf("D#%d#%s#%d#%s", l.Gen, siteKey(l.Site), l.Cell, timeKey(floor(l.Window, hourMS)))
}

func (l Log) String() string {
	return fmt.Sprintf("site %q window %d cell %d generation %d", l.Site, l.Window, l.Cell, l.Gen)
}

// timeKey writes a time so that the order of bytes is the order of time. Times are in Unix milliseconds and not negative.
func timeKey(ms int64) string {
	const width = 12 // hex digits: to the year 10889
	s := strconv.FormatInt(ms, 16)
	return "000000000000"[:width-len(s)] + s
}

func parseTimeKey(s string) (int64, error) {
	ms, err := strconv.ParseInt(s, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("parse time key %q: %w: %w", s, ErrCorrupt, err)
	}
	return ms, nil
}

func floor(ms, unit int64) int64 { return ms - ms%unit }
