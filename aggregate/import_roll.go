package aggregate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// rollGeneration makes all roll-ups of a generation whose periods have ended.
func (r *Roller) rollGeneration(ctx context.Context, s Site) error {
	upTo := floor(r.now().UnixMilli()-rollDelayMS, minuteMS)
	for lv := minutes; lv <= days; lv++ {
		if err := r.rollEnded(ctx, lv, s, span{0, upTo}); err != nil {
			return err
		}
	}
	return nil
}

// booksOf returns the ledger of one generation.
func (r *Roller) booksOf(ctx context.Context, s Site) (l Ledger, err error) {
	err = NewReader(r.store, r.sites).pieces(ctx, s, span{0, forEver}, days, store.Heads, func(p piece) error {
		l.Merge(p.ledger)
		return nil
	})
	return l, err
}

// sweepAfter is how long after an import was taken out its keys are removed. Who read the site before may still ask for them.
const sweepAfter = 10 * time.Minute

// sweep removes the keys of the imports that are no part of the site any more.
func (r *Roller) sweep(ctx context.Context, site string) error {
	if site == "" {
		return nil
	}
	all, err := importItems(ctx, r.store, site)
	if err != nil || len(all) == 0 {
		return err
	}
	s, _, err := r.sites.read(ctx, site) // after the items; see Imports.read
	if err != nil {
		return err
	}
	im := NewImports(r.store, r.sites, r, r.now)
	for _, imp := range all {
		switch {
		case s.holds(imp.Gen):
			continue
		case imp.Removed.IsZero():
			imp.Removed = r.now().UTC()
			err = im.put(ctx, imp, store.Write{Any: true})
		case r.now().Sub(imp.Removed) >= sweepAfter:
			err = r.dropImport(ctx, imp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropImport removes a generation. What names the rest goes last, and the import itself after all: whatever interrupts this, the next one finds what is left.
func (r *Roller) dropImport(ctx context.Context, imp Import) error {
	s := Site{ID: imp.Site, TZ: imp.TZ, Gen: imp.Gen}
	cells, err := cellsWithin(ctx, r.store, s.Gen, s.ID, 0, forEver)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		err := errors.Join(r.clearRollups(ctx, s, span{hc.hour, hc.hour + hourMS}), r.dropHour(ctx, hc.log(s.Gen, s.ID)))
		if err != nil {
			return err
		}
	}
	err = everyRollup(ctx, r.store, days, s, span{0, forEver}, func(_ string, day *rollup, _ store.Revision, _ error) error {
		return r.clearRollups(ctx, s, day.span)
	})
	if err != nil {
		return err
	}
	if err := r.clearLevel(ctx, days, s, span{0, forEver}); err != nil {
		return err
	}
	for lv := minutes; lv <= days; lv++ {
		prefix := fmt.Sprintf("%s#%d#", siteKey(s.ID), s.Gen)
		marks := store.Range{Partition: markBucket(lv, s.ID), From: prefix, To: prefix + timeKey(forEver)}
		if err := clearRange(ctx, r.store, marks); err != nil {
			return err
		}
	}
	key := store.Key{Partition: importPartition(imp.Site), Sort: fmt.Sprintf("%08x", imp.Gen)}
	return r.store.Delete(ctx, key, store.Write{Any: true})
}

// clearRollups removes the minutes and quarters that begin in the span.
func (r *Roller) clearRollups(ctx context.Context, s Site, sp span) error {
	return errors.Join(r.clearLevel(ctx, minutes, s, sp), r.clearLevel(ctx, quarters, s, sp))
}

func (r *Roller) clearLevel(ctx context.Context, lv level, s Site, sp span) error {
	for at := sp.from; at < sp.to; at = lv.chunk(at).to {
		heads := store.Range{Partition: lv.partition(s, at), From: timeKey(sp.from), To: timeKey(sp.to)}
		bodies := heads
		bodies.Partition = bodyPartition(heads.Partition)
		if err := errors.Join(clearRange(ctx, r.store, heads), clearRange(ctx, r.store, bodies)); err != nil {
			return err
		}
	}
	return nil
}

// clearRange removes the items of a range.
func clearRange(ctx context.Context, items itemStore, rng store.Range) error {
	for it, err := range items.Scan(ctx, rng) {
		if err == nil {
			err = items.Delete(ctx, it.Key, store.Write{Any: true, Relaxed: true})
		}
		if err != nil {
			return fmt.Errorf("remove items of %s: %w", rng.Partition, err)
		}
	}
	return nil
}
