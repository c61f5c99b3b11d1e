package apigw

import (
	"fmt"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// zones keeps the time zones of sites that were used: time.LoadLocation reads a file each time.
type zones struct{ known sync.Map } // name → *time.Location

func (z *zones) of(site aggregate.Site) (*time.Location, error) {
	if zone, ok := z.known.Load(site.TZ); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(site.TZ)
	if err != nil {
		return nil, fmt.Errorf("time zone of site %s: %w", site.ID, err)
	}
	z.known.Store(site.TZ, zone)
	return zone, nil
}

const daySeconds = 86_400

// localDay returns which day it is in a zone at a time in Unix milliseconds: the number of days after 1970-01-01.
func localDay(ms int64, zone *time.Location) int64 {
	t := time.UnixMilli(ms).In(zone)
	_, offset := t.Zone()
	local := t.Unix() + int64(offset)
	day := local / daySeconds
	if local%daySeconds < 0 {
		day--
	}
	return day
}
