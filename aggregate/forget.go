package aggregate

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

const (
	// claimLifeMS is how long after its time a claim is kept. Whatever copy it is for, one that arrived within the lateness of that time goes to a window of that day, which takes
	// no delta by then; one that arrived later was late.
	claimLifeMS = event.LatenessMS + dropAfterMS
	// accountLifeMS is how long the accounts of minutes and hours are kept. Those of days stay.
	accountLifeMS = 400 * dayMS
)

// forget removes the claims and accounts of a site that were kept long enough. The numbers of cells of hours stay: they are few, and an import may come for any hour.
func (r *Roller) forget(ctx context.Context, site string) error {
	if !r.Forgets {
		return nil
	}
	now := r.now().UnixMilli()
	if err := r.forgetClaims(ctx, site, now-claimLifeMS); err != nil {
		return err
	}
	day := sumLevels[len(sumLevels)-1]
	summed, _, err := summedUpTo(ctx, r.store, day, site)
	if err != nil {
		return err
	}
	to := timeKey(max(0, min(summed, floor(now-accountLifeMS, day.unit))))
	for _, partition := range []string{minutesPartition(site), sumLevels[0].partition(site)} {
		if err := clearRange(ctx, r.store, store.Range{Partition: partition, To: to}); err != nil {
			return err
		}
	}
	return nil
}

// forgetClaims removes the claims of times before one. One that cannot be read stays: its copies are put aside.
func (r *Roller) forgetClaims(ctx context.Context, site string, before int64) error {
	for it, err := range r.store.Scan(ctx, store.Range{Partition: claimPartition(site)}) {
		if err != nil {
			return fmt.Errorf("read claims of site %s: %w", site, err)
		}
		if at, err := parseTimeKey(string(it.Value)); err != nil || at >= before {
			continue
		}
		err := r.store.Delete(ctx, it.Key, store.Write{Expect: it.Revision, Relaxed: true})
		if err != nil && !errors.Is(err, store.ErrConflict) { // somebody else removed it
			return fmt.Errorf("remove a claim of site %s: %w", site, err)
		}
	}
	return nil
}
