package geo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/event"
)

// ErrNoPlaces says that a database in MaxMind's format is none of countries or cities, but perhaps one of networks' owners.
var ErrNoPlaces = errors.New("the database has no countries")

// lookEvery is how often the file is looked at.
const lookEvery = 30 * time.Second

// Database is a file of places. It may be used concurrently.
type Database struct {
	path string
	now  atomic.Pointer[edition]
}

// edition is the file as it once was.
type edition struct {
	reader *maxminddb.Reader
	stamp  stamp
}

// stamp tells editions apart without reading them.
type stamp struct {
	size     int64
	modified time.Time
}

// Open reads the database. It starts nothing; see Run.
//
// The file is read and not mapped into memory, though that costs as much memory as it has bytes: whoever writes a new one over the old one in place, as
// cp does, would pull the pages out from under the process, which dies of it.
func Open(path string) (*Database, error) {
	d := &Database{path: path}
	if _, err := d.Reload(); err != nil {
		return nil, err
	}
	return d, nil
}

// Reload reads the file if it has changed, and says whether it did. After an error the edition before stays in use.
func (d *Database) Reload() (changed bool, err error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return false, fmt.Errorf("read places: %w", err)
	}
	s := stamp{info.Size(), info.ModTime()}
	if now := d.now.Load(); now != nil && now.stamp == s {
		return false, nil
	}
	data, err := os.ReadFile(d.path)
	if err != nil {
		return false, fmt.Errorf("read places: %w", err)
	}
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return false, fmt.Errorf("read places: %s is no database in MaxMind's format, or is being written: %w", d.path, err)
	}
	if !hasPlaces(r) {
		return false, fmt.Errorf("read places: %s: %w", d.path, ErrNoPlaces)
	}
	d.now.Store(&edition{r, s})
	return true, nil
}

// Run looks after the file until ctx ends. failed is told where it cannot be read; once for each time that it changes.
func (d *Database) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var told string
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := d.Reload()
		switch {
		case err == nil:
			told = ""
		case err.Error() != told:
			told = err.Error()
			failed(err)
		}
	}
}

// record is what the databases have of an address: those of countries the first two fields, those of cities all.
type record struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Registered struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"registered_country"`
	Subdivisions []struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"subdivisions"`
	City struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"city"`
}

// Of returns where an address is, as far as the database knows.
func (d *Database) Of(address netip.Addr) (at apigw.Place) {
	return placeOf(d.now.Load().reader.Lookup(address))
}

func placeOf(found maxminddb.Result) (at apigw.Place) {
	var r record
	if err := found.Decode(&r); err != nil {
		return apigw.Place{} // the record is of another kind, or damaged: as good as none
	}
	at.Country = r.Country.Code
	if at.Country == "" {
		at.Country = r.Registered.Code // of satellites, and of who moves about
	}
	if len(at.Country) != 2 {
		return apigw.Place{}
	}
	if len(r.Subdivisions) > 0 && r.Subdivisions[0].Code != "" {
		at.Region = at.Country + "-" + r.Subdivisions[0].Code
	}
	at.City = r.City.Names.English
	if len(at.Region) > event.MaxShort || len(at.City) > event.MaxShort {
		at.Region, at.City = "", ""
	}
	return at
}

// hasPlaces looks for any country at all.
func hasPlaces(r *maxminddb.Reader) bool {
	seen := 0
	for found := range r.Networks(maxminddb.SkipEmptyValues()) {
		if placeOf(found).Country != "" {
			return true
		}
		if seen++; seen == 1000 {
			break
		}
	}
	return false
}
