package aggregate

import (
	"context"
	"fmt"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Reader reads the windows of a store.
type Reader struct {
	store store.Store
	sites *Sites
}

// NewReader returns a reader of the windows of the sites.
func NewReader(s store.Store, sites *Sites) *Reader { return &Reader{store: s, sites: sites} }

// pieces calls f with summaries that together are the fold of every window of a site in [from, to): each lies within the minute that f is told. It
// sees everything that was committed before it was called. The times are in Unix milliseconds and are starts of windows.
func (r *Reader) pieces(ctx context.Context, site Site, from, to int64, f func(minute int64, sum *Summary)) error {
	// The marks must be read before the roll-ups: a minute without a mark then has a roll-up, read later, that holds everything committed
	// until now. The other way round, a roll-up could be read, replaced and its mark cleared in between.
	marks, err := siteMarks(ctx, r.store, site.Gen, site.ID, floor(from, minuteMS), to)
	if err != nil {
		return err
	}
	dirty := make(map[int64]bool)
	for _, m := range marks {
		dirty[floor(m.log.Window, minuteMS)] = true
	}
	rolled, err := r.rollups(ctx, site, from, to, dirty, f)
	if err != nil {
		return err
	}
	return r.unrolled(ctx, site, from, to, rolled, f)
}

// rollups calls f for the roll-ups that can serve: those of whole minutes which are not dirty.
func (r *Reader) rollups(ctx context.Context, site Site, from, to int64, dirty map[int64]bool, f func(int64, *Summary)) (map[int64]bool, error) {
	rolled := make(map[int64]bool)
	days, err := r.days(ctx, site, from, to)
	if err != nil {
		return nil, err
	}
	for _, day := range days {
		rng := store.Range{Partition: rollupPartition(site.Gen, site.ID, day), From: timeKey(from), To: timeKey(to)}
		for it, err := range r.store.Scan(ctx, rng) {
			if err != nil {
				return nil, fmt.Errorf("read roll-ups of site %s: %w", site.ID, err)
			}
			minute, err := parseTimeKey(it.Key.Sort)
			if err != nil {
				return nil, err
			}
			if dirty[minute] || minute+minuteMS > to {
				continue
			}
			roll, err := decodeRollup(minute, it.Value)
			if err != nil {
				return nil, fmt.Errorf("roll-up of minute %d of site %s: %w", minute, site.ID, err)
			}
			rolled[minute] = true
			f(minute, roll.sum)
		}
	}
	return rolled, nil
}

// days returns the starts of the days that hold anything of the site in [from, to).
func (r *Reader) days(ctx context.Context, site Site, from, to int64) ([]int64, error) {
	cells, err := cellsWithin(ctx, r.store, site.Gen, site.ID, from, to)
	if err != nil {
		return nil, err
	}
	var days []int64
	for _, hc := range cells {
		if day := floor(hc.hour, dayMS); len(days) == 0 || days[len(days)-1] != day {
			days = append(days, day)
		}
	}
	return days, nil
}

// unrolled calls f for the windows that no roll-up stood for.
func (r *Reader) unrolled(ctx context.Context, site Site, from, to int64, rolled map[int64]bool, f func(int64, *Summary)) error {
	cells, err := cellsWithin(ctx, r.store, site.Gen, site.ID, from, to)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		for _, s := range gaps(max(from, hc.hour), min(to, hc.hour+hourMS), rolled) {
			if err := eachDelta(ctx, r.store, hc.log(site.Gen, site.ID), s, func(k windowCell, _ uint32, d *delta) {
				f(floor(k.window, minuteMS), d.sum)
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// gaps returns what of [from, to) lies in minutes that are not rolled.
func gaps(from, to int64, rolled map[int64]bool) []span {
	var list []span
	for from < to {
		end := min(to, floor(from, minuteMS)+minuteMS)
		switch {
		case rolled[floor(from, minuteMS)]:
		case len(list) > 0 && list[len(list)-1].to == from:
			list[len(list)-1].to = end
		default:
			list = append(list, span{from, end})
		}
		from = end
	}
	return list
}

// ceilWindow returns the first start of a window that is not before ms.
func ceilWindow(ms int64) int64 { return event.Window(ms + event.WindowMS - 1) }
