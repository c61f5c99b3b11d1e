package aggregate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/streamgauge/streamgauge/store"
)

// LogIDs is what a log tells about single events: the hashes of the ids that it counts, those of each delta in their own order, and how many copies have each
// outcome here. Duplicates are booked beside what they repeat, all other outcomes in the window of their arrival.
type LogIDs struct {
	Window   int64 // its start, Unix milliseconds
	Cell     int
	IDs      []uint64
	Outcomes map[Outcome]uint64
}

// EachLogIDs calls f for the logs of a site whose windows of event time begin within [from, to), in Unix milliseconds, those of one hour and cell in order of
// time. An id that were counted twice would be there twice: nothing is sorted out on the way.
func (r *Reader) EachLogIDs(ctx context.Context, siteID string, from, to int64, f func(LogIDs) error) error {
	site, err := r.sites.Get(ctx, siteID)
	if err != nil {
		return err
	}
	for _, e := range site.editions() {
		sp := span{from, to}.cut(e.owned())
		cells, err := e.cells(ctx, r.store, sp.from, sp.to)
		if err != nil {
			return err
		}
		for _, hc := range cells {
			if err := r.eachLogOf(ctx, e, hc, sp, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachLogOf does it for one hour and cell.
func (r *Reader) eachLogOf(ctx context.Context, site Site, hc hourCell, sp span, f func(LogIDs) error) error {
	logs := make(map[int64]*LogIDs)
	err := site.eachEntry(ctx, r.store, hc, sp, store.Bodies, func(e entry) error {
		if e.replaced {
			return nil
		}
		d, err := decodeDelta(e.Body, false)
		if err != nil {
			return err
		}
		log := logs[e.child.start]
		if log == nil {
			log = &LogIDs{Window: e.child.start, Cell: hc.cell, Outcomes: make(map[Outcome]uint64)}
			logs[e.child.start] = log
		}
		for _, c := range d.counted {
			log.IDs = append(log.IDs, c.id)
			log.Outcomes[Counted]++
		}
		for _, o := range d.others {
			if o.outcome != noted {
				log.Outcomes[o.outcome]++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, at := range slices.Sorted(maps.Keys(logs)) {
		if err := f(*logs[at]); err != nil {
			return err
		}
	}
	return nil
}

// HashIDs returns the hashes under which ids of a site are counted.
func (r *Reader) HashIDs(ctx context.Context, siteID string, ids []string) ([]uint64, error) {
	site, err := r.sites.Get(ctx, siteID)
	if err != nil {
		return nil, fmt.Errorf("site %q: %w", siteID, err)
	}
	hashes := make([]uint64, len(ids))
	for i, id := range ids {
		hashes[i] = site.HashID(id)
	}
	return hashes, nil
}
