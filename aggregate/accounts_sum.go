package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// The minutes of a site's accounts are too many to be added up for each look at its ledger. So hours and days that are over have sums over all processes, made by the roller. An
// account that is written after its hour was summed up first marks hour and day as stale, and sums them up again in the end: where its
// process dies in between, a reader goes by the minutes.

// sumLevel is a length of time over which accounts are summed up.
type sumLevel struct {
	prefix string
	unit   int64
}

// sumLevels, the longest last.
var sumLevels = [...]sumLevel{{"AH#", hourMS}, {"AD#", dayMS}}

// accountSum is what is kept of an hour or a day. A period that was summed up and has none has no accounts.
type accountSum struct {
	account
	Stale bool `json:"stale,omitempty"`
}

const (
	// sumDelayMS is how long after its end an hour is summed up. What is written later than half of that marks it.
	sumDelayMS = 10 * minuteMS
	// summedKey is beside the sums: it says up to which time all periods were summed up. It sorts behind every time.
	summedKey = "summed-up-to"
)

func minutesPartition(site string) string { return "A#" + siteKey(site) }

func (lv sumLevel) partition(site string) string { return lv.prefix + siteKey(site) }

func (lv sumLevel) key(site string, start int64) store.Key {
	return store.Key{Partition: lv.partition(site), Sort: timeKey(start)}
}

// whole returns the periods of the level that lie in sp, as one span. It may be empty.
func (lv sumLevel) whole(sp span) span {
	from := floor(sp.from+lv.unit-1, lv.unit)
	return span{from, max(from, floor(sp.to, lv.unit))}
}

// readAccounts returns the sum of all processes' accounts of a site in [from, to), by arrival.
func readAccounts(ctx context.Context, items itemStore, site string, sp span, tell teller) (account, error) {
	return readAccountsBelow(ctx, items, site, sp, len(sumLevels), tell)
}

// readAccountsBelow reads the sums of the levels below top where there are any, and for the rest the minutes.
func readAccountsBelow(ctx context.Context, items itemStore, site string, sp span, top int, tell teller) (sum account, err error) {
	gaps := []span{sp}
	for i := top - 1; i >= 0; i-- {
		lv := sumLevels[i]
		upTo, _, err := summedUpTo(ctx, items, lv, site)
		if err != nil {
			return sum, err
		}
		var used []span
		for _, gap := range gaps {
			fresh, err := lv.read(ctx, items, site, lv.whole(span{gap.from, min(gap.to, upTo)}), &sum)
			if err != nil {
				return sum, err
			}
			used = append(used, fresh...)
		}
		gaps = without(gaps, used)
	}
	for _, gap := range gaps {
		err := eachMinute(ctx, items, site, gap, tell, func(_ int64, one account) { sum.add(one) })
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func (a *account) add(b account) {
	a.Accepted += b.Accepted
	a.Redelivered += b.Redelivered
	a.Invalid += b.Invalid
	if b.Invalid == 0 {
		return
	}
	if a.Faults == nil {
		a.Faults = make(faultSums)
	}
	if len(b.Faults) == 0 { // an older program wrote it
		a.Faults.merge(faultSums{others: {n: b.Invalid}})
	}
	a.Faults.merge(b.Faults)
}

// read adds up the sums of the level in sp, and returns of which parts of sp they tell: all but the stale ones, and those that cannot be read.
func (lv sumLevel) read(ctx context.Context, items itemStore, site string, sp span, sum *account) ([]span, error) {
	if sp.from >= sp.to {
		return nil, nil
	}
	var stale []span
	for it, err := range items.Scan(ctx, store.Range{Partition: lv.partition(site), From: timeKey(sp.from), To: timeKey(sp.to)}) {
		if err != nil {
			return nil, fmt.Errorf("read sums of accounts of site %q: %w", site, err)
		}
		start, err := parseTimeKey(it.Key.Sort)
		if err != nil {
			return nil, err
		}
		var one accountSum
		if err := decodeJSON("sum of accounts", it, &one); err != nil || one.Stale {
			stale = append(stale, span{start, start + lv.unit})
			continue
		}
		sum.add(one.account)
	}
	return without([]span{sp}, stale), nil
}

// eachMinute calls f for the accounts of every process in a span. It tells of those that cannot be read.
func eachMinute(ctx context.Context, items itemStore, site string, sp span, tell teller, f func(minute int64, one account)) error {
	for it, err := range items.Scan(ctx, store.Range{Partition: minutesPartition(site), From: timeKey(sp.from), To: timeKey(sp.to)}) {
		if err != nil {
			return fmt.Errorf("read accounts of site %q: %w", site, err)
		}
		minute, err := parseTimeKey(it.Key.Sort[:min(len(it.Key.Sort), len(timeKey(0)))])
		var one account
		if err == nil {
			err = decodeJSON("account of site "+site, it, &one)
		}
		if err != nil {
			tell("account "+it.Key.Partition+it.Key.Sort, err)
			continue
		}
		f(minute, one)
	}
	return nil
}

func summedUpTo(ctx context.Context, items itemStore, lv sumLevel, site string) (int64, store.Revision, error) {
	upTo, rev, err := readTime(ctx, items, store.Key{Partition: lv.partition(site), Sort: summedKey})
	if IsDamage(err) { // all are summed up again
		return 0, rev, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read up to when accounts of site %q were summed up: %w", site, err)
	}
	return upTo, rev, nil
}

// sumUp makes the sum of a period anew, from what is below its level. What is marked stale meanwhile is begun again.
func sumUp(ctx context.Context, items itemStore, level int, site string, start int64, tell teller) error {
	lv := sumLevels[level]
	key := lv.key(site, start)
	for {
		it, err := items.Get(ctx, key) // before the accounts are read: what marks it later must find another revision
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("read sum of accounts of site %q: %w", site, err)
		}
		sum, err := readAccountsBelow(ctx, items, site, span{start, start + lv.unit}, level, tell)
		if err != nil {
			return err
		}
		sum.Faults.cut(faultKinds, faultBytes)
		err = putSum(ctx, items, key, accountSum{account: sum}, store.Write{Expect: it.Revision, Relaxed: true})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func putSum(ctx context.Context, items itemStore, key store.Key, sum accountSum, w store.Write) error {
	value, err := json.Marshal(sum)
	if err != nil {
		return fmt.Errorf("encode sum of accounts: %w", err)
	}
	if _, err := items.Put(ctx, key, value, w); err != nil {
		return fmt.Errorf("write sum of accounts %s: %w", key.Sort, err)
	}
	return nil
}

// writeLate writes an account of a minute whose hour may have been summed up: hours are marked before days, as a day is made from hours.
func writeLate(ctx context.Context, items itemStore, site string, minute int64, write func() error) error {
	for _, lv := range sumLevels {
		if err := putSum(ctx, items, lv.key(site, floor(minute, lv.unit)), accountSum{Stale: true}, store.Write{Any: true, Relaxed: true}); err != nil {
			return err
		}
	}
	if err := write(); err != nil {
		return err
	}
	for i, lv := range sumLevels {
		if err := sumUp(ctx, items, i, site, floor(minute, lv.unit), ignored); err != nil {
			return err
		}
	}
	return nil
}

// SumAccounts sums up the accounts of the hours and days that have ended since the last time, of every site. Run does so by itself.
func (r *Roller) SumAccounts(ctx context.Context) error {
	upTo := floor(r.now().UnixMilli()-sumDelayMS, hourMS)
	key := store.Key{Partition: "K", Sort: "accounts-summed-up-to"}
	done, rev, err := readTime(ctx, r.store, key)
	switch {
	case IsDamage(err): // it is not known, and all are looked at again
	case err != nil:
		return fmt.Errorf("read up to when accounts were summed up: %w", err)
	case rev != 0 && done >= upTo:
		return nil
	}
	sites, err := everySite(ctx, r.sites, r.tell)
	if err != nil {
		return err
	}
	for _, s := range sites {
		for level := range sumLevels {
			if err := sumSite(ctx, r.store, level, s.ID, upTo, r.tell); err != nil {
				return err
			}
		}
	}
	_, err = r.store.Put(ctx, key, []byte(timeKey(upTo)), store.Write{Expect: rev, Relaxed: true})
	if errors.Is(err, store.ErrConflict) {
		return nil // another roller was faster
	}
	return err
}

// sumSite sums up the periods of a site that have ended. Where nobody was there nothing is written.
func sumSite(ctx context.Context, items itemStore, level int, site string, upTo int64, tell teller) error {
	lv := sumLevels[level]
	upTo = floor(upTo, lv.unit)
	from, rev, err := summedUpTo(ctx, items, lv, site)
	if err != nil || from >= upTo {
		return err
	}
	var starts []int64 // in order
	err = eachMinute(ctx, items, site, span{from, upTo}, ignored, func(minute int64, _ account) {
		if start := floor(minute, lv.unit); len(starts) == 0 || starts[len(starts)-1] != start {
			starts = append(starts, start)
		}
	})
	if err != nil || len(starts) == 0 {
		return err
	}
	for _, start := range starts {
		if err := sumUp(ctx, items, level, site, start, tell); err != nil {
			return err
		}
	}
	w := store.Write{Expect: rev, Relaxed: true}
	_, err = items.Put(ctx, store.Key{Partition: lv.partition(site), Sort: summedKey}, []byte(timeKey(upTo)), w)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("note up to when accounts of site %q were summed up: %w", site, err)
	}
	return nil
}

// late reports whether the hour of a minute may have been summed up. The clocks of processes may differ by half of the delay.
func late(minute int64, now time.Time) bool {
	return now.UnixMilli() >= floor(minute, hourMS)+hourMS+sumDelayMS/2
}
