package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// How long roll-ups are kept where the site does not say, in days.
const (
	keepMinutes  = 14
	keepQuarters = 400
	keepSamples  = 400
)

// dropAfterMS is how long after its end an hour's logs are removed: well after the horizon, so that a clock that is wrong by a day removes nothing that could still be
// appended to.
const dropAfterMS = event.HorizonMS + 2*dayMS

func (k Keep) orDefaults() Keep {
	if k.Minutes == 0 {
		k.Minutes = keepMinutes
	}
	if k.Quarters == 0 {
		k.Quarters = keepQuarters
	}
	if k.Samples == 0 {
		k.Samples = keepSamples
	}
	return k
}

// Expire removes what has been kept long enough: logs beyond the horizon, roll-ups of minutes and quarters, the samples of days. What a larger period does not hold yet is
// kept, however old.
func (r *Roller) Expire(ctx context.Context) error { return r.expireBut(ctx, nil) }

// expireBut does it for all sites but some.
func (r *Roller) expireBut(ctx context.Context, hurt map[string]bool) error {
	sites, err := everySite(ctx, r.sites, r.tell)
	if err != nil {
		return err
	}
	for _, s := range sites {
		if hurt[s.ID] {
			continue
		}
		for _, gen := range s.generations() { // not the one that an import fills: its ids must be known until it is done
			if err := r.expire(ctx, gen); err != nil {
				err = fmt.Errorf("remove what site %q has kept long enough: %w", s.ID, err)
				if err := spared(r.tell, fmt.Sprint("expire ", gen.Gen, s.ID), err); err != nil { // of this one, and the others have nothing to do with it
					return err
				}
			}
		}
		for _, sweep := range []func(context.Context, string) error{r.sweep, r.sweepEditions, r.forget} {
			if err := sweep(ctx, s.ID); err != nil {
				err = fmt.Errorf("remove what was taken out of site %q: %w", s.ID, err)
				if err := spared(r.tell, "sweep "+s.ID, err); err != nil {
					return err
				}
			}
		}
	}
	return r.Finals.expire(ctx, r.tell)
}

// expire removes what a generation of a site has kept long enough.
func (r *Roller) expire(ctx context.Context, s Site) error {
	now, keep := r.now().UnixMilli(), s.Keep.orDefaults()
	return errors.Join(
		r.dropLogs(ctx, s, min(now-dropAfterMS, s.unsettled())),
		r.dropRollups(ctx, minutes, s, now-int64(keep.Minutes)*dayMS),
		r.dropRollups(ctx, quarters, s, now-int64(keep.Quarters)*dayMS),
		r.thinDays(ctx, s, now-int64(keep.Samples)*dayMS),
	)
}

// settled returns the spans of the site's days that have a roll-up which lacks nothing, and that end by the given time.
func (r *Roller) settled(ctx context.Context, s Site, by int64) ([]span, error) {
	dirty, err := (&Reader{store: r.store, sites: r.sites}).dirt(ctx, s, span{0, max(0, by)})
	if err != nil {
		return nil, err
	}
	var all []span
	err = everyRollup(ctx, r.store, days, s, span{0, max(0, by)}.cut(s.owned()), func(partition string, roll *rollup, _ store.Revision, err error) error {
		switch {
		case err != nil: // what it was made from may be all that there is
			r.tell(fmt.Sprint("head ", partition, roll.span), err)
		case roll.span.to <= by && dirty.clean(days, roll.span):
			all = append(all, roll.span)
		}
		return nil
	})
	return all, err
}

// dropLogs removes the logs of the hours that ended by the given time, where the roll-ups of their days hold them.
func (r *Roller) dropLogs(ctx context.Context, s Site, by int64) error {
	settled, err := r.settled(ctx, s, by)
	if err != nil {
		return err
	}
	for _, sp := range within(settled, span{0, max(0, by)}) { // joined, as an hour may lie in two days
		cells, err := s.cells(ctx, r.store, sp.from, sp.to)
		if err != nil {
			return err
		}
		for _, hc := range cells {
			if hc.hour < sp.from || hc.hour+hourMS > sp.to {
				continue
			}
			for _, gen := range slices.Backward(s.logGens()) { // an edition's last: it stands for what is gone
				if err := r.dropHour(ctx, hc.log(gen, s.ID)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropHour removes the logs of an hour and cell. The index entry goes last: whatever interrupts this, what is left can be found again.
func (r *Roller) dropHour(ctx context.Context, first Log) error {
	if err := r.store.DropLogs(ctx, first.hourPartition()); err != nil {
		return fmt.Errorf("drop logs: %w", err)
	}
	if err := r.store.Delete(ctx, cellIndexKey(first), store.Write{Any: true, Relaxed: true}); err != nil {
		return fmt.Errorf("unlist cell: %w", err)
	}
	return nil
}

// dropRollups removes the roll-ups of a level in days that ended by the given time and lack nothing.
func (r *Roller) dropRollups(ctx context.Context, lv level, s Site, by int64) error {
	settled, err := r.settled(ctx, s, by)
	if err != nil {
		return err
	}
	for _, day := range settled {
		err := everyRollup(ctx, r.store, lv, s, day, func(partition string, roll *rollup, rev store.Revision, damage error) error {
			key := store.Key{Partition: partition, Sort: timeKey(roll.span.from)}
			if err := r.store.Delete(ctx, key, store.Write{Expect: rev, Relaxed: true}); err != nil {
				return fmt.Errorf("remove roll-up: %w", err)
			}
			body := store.Key{Partition: bodyPartition(partition), Sort: roll.body}
			if damage != nil { // the day holds it, and its body is any that begins with the time
				return clearRange(ctx, r.store, store.Range{Partition: body.Partition, From: timeKey(roll.span.from), To: timeKey(roll.span.from + 1)})
			}
			return r.store.Delete(ctx, body, store.Write{Any: true, Relaxed: true})
		})
		if err != nil && !errors.Is(err, store.ErrConflict) { // somebody else removed it
			return err
		}
	}
	return nil
}

// thinned returns what a roll-up counted without its sample.
func (r *rollup) thinned(ctx context.Context, items itemStore, partition string) (*sealed, error) {
	sum, err := r.readBody(ctx, items, partition)
	if err != nil {
		return nil, err
	}
	return sum.thin()
}

// thinDays replaces the roll-ups of days that ended by the given time by such without a sample: what they counted stays.
func (r *Roller) thinDays(ctx context.Context, s Site, by int64) error {
	return everyRollup(ctx, r.store, days, s, span{0, max(0, by)}.cut(s.owned()), func(partition string, roll *rollup, rev store.Revision, err error) error {
		if roll.thin || roll.span.to > by {
			return nil
		}
		var thin *sealed
		if err == nil {
			thin, err = roll.thinned(ctx, r.store, partition)
		}
		if err != nil {
			return spared(r.tell, fmt.Sprint("thin ", partition, roll.span), err)
		}
		next := *roll
		next.n, next.thin, next.body = roll.n+1, true, r.newBodyKey(roll.span.from)
		key := store.Key{Partition: partition, Sort: timeKey(roll.span.from)}
		err = next.replace(ctx, r.store, key, stored{*roll, rev}, thin.appendTo([]byte{wireVersion}))
		if errors.Is(err, store.ErrConflict) {
			return nil // the next day is early enough
		}
		return err
	})
}
