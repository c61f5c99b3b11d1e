package aggregate

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/store"
)

// LogIDs is what a log tells about single events: the hashes of the ids that it counts, in the order in which they were, and how many copies have each
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
	cells, err := cellsWithin(ctx, r.store, site.Gen, site.ID, from, to)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		if err := r.eachLogOf(ctx, hc.log(site.Gen, site.ID), span{from, to}, f); err != nil {
			return err
		}
	}
	return nil
}

// eachLogOf does it for one hour and cell.
func (r *Reader) eachLogOf(ctx context.Context, in Log, sp span, f func(LogIDs) error) error {
	var open LogIDs
	end := func() error {
		if open.Outcomes == nil {
			return nil
		}
		return f(open)
	}
	err := eachEntry(ctx, r.store, in, sp, store.Bodies, func(k child, e store.Entry) error {
		d, err := decodeDelta(e.Body, false)
		if err != nil {
			return err
		}
		if open.Outcomes == nil || open.Window != k.start {
			if err := end(); err != nil {
				return err
			}
			open = LogIDs{Window: k.start, Cell: k.cell, Outcomes: make(map[Outcome]uint64)}
		}
		open.IDs = append(open.IDs, d.ids...)
		for _, t := range d.tags {
			open.Outcomes[t.outcome]++
		}
		return nil
	})
	return errors.Join(err, end())
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
