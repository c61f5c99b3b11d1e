package aggregate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

const repairSpanMS = 9 * dayMS // the horizon, and a day more

// tidied is when roll-ups were last repaired and expired, by whatever process: many live for less than a day.
var tidied = store.Key{Partition: "K", Sort: "tidied"}

// tidy repairs what can still be repaired and removes what has been kept long enough, once a day. What could not be repaired may be all that holds an event: nothing is
// removed then.
func (r *Roller) tidy(ctx context.Context) error {
	last, rev, err := readTime(ctx, r.store, tidied)
	if IsDamage(err) { // it is not known, and written anew
		last, err = 0, nil
	}
	if err != nil {
		return fmt.Errorf("read when roll-ups were tidied: %w", err)
	}
	if rev != 0 && r.now().Sub(time.UnixMilli(last)).Abs() < repairEvery { // a clock that was ahead by more does not stop it
		return nil
	}
	hurt, err := r.repair(ctx)
	if err != nil {
		return fmt.Errorf("repair: %w", err)
	}
	if err := r.expireBut(ctx, hurt); err != nil {
		return err
	}
	_, err = r.store.Put(ctx, tidied, []byte(timeKey(r.now().UnixMilli())), store.Write{Expect: rev, Relaxed: true})
	if err != nil && !errors.Is(err, store.ErrConflict) { // another roller was as fast
		return fmt.Errorf("write when roll-ups were tidied: %w", err)
	}
	return nil
}

// Repair compares the vectors of all roll-ups that can still change with what they are made from, and rolls up where they differ. Marks make that unnecessary as
// long as every clock is right.
func (r *Roller) Repair(ctx context.Context) error {
	_, err := r.repair(ctx)
	return err
}

// repair does it, and returns the sites of which that cannot be read what their roll-ups should be made from.
func (r *Roller) repair(ctx context.Context) (hurt map[string]bool, _ error) {
	now := r.now().UnixMilli()
	sites, err := everyGeneration(ctx, r.sites, r.tell)
	if err != nil {
		return nil, err
	}
	hurt = make(map[string]bool)
	sp := span{max(0, now-repairSpanMS), floor(now-rollDelayMS, minuteMS)}
	for lv := minutes; lv <= days; lv++ {
		for _, s := range sites {
			err := r.repairSite(ctx, lv, s, sp)
			if IsDamage(err) {
				hurt[s.ID] = true
			}
			if err := spared(r.tell, fmt.Sprint("repair ", lv, s.Gen, s.ID), err); err != nil {
				return nil, err
			}
		}
	}
	return hurt, nil
}

func (r *Roller) repairSite(ctx context.Context, lv level, s Site, sp span) error {
	have, err := r.children(ctx, lv, s, sp.cut(s.owned()))
	if err != nil {
		return err
	}
	for _, start := range slices.Sorted(maps.Keys(have)) {
		period := lv.period(s.Zone(), start)
		if period.to > sp.to || period.from < sp.from && lv > minutes { // not closed, or not all of its children are known here
			continue
		}
		old, err := readRollup(ctx, r.store, store.Key{Partition: lv.partition(s, start), Sort: timeKey(start)})
		if err != nil && !IsDamage(err) {
			return err
		}
		if err == nil && old.vector.covers(have[start]) {
			continue
		}
		if err := r.rollUp(ctx, lv, s, start); err != nil {
			return err
		}
	}
	return nil
}

// children returns, for each period of a level in the span, what it should be made from: of roll-ups below that cannot be read it tells.
func (r *Roller) children(ctx context.Context, lv level, s Site, sp span) (map[int64]vector, error) {
	have := make(map[int64]vector)
	note := func(c child, n uint32) {
		start := lv.period(s.Zone(), c.start).from
		if have[start] == nil {
			have[start] = make(vector)
		}
		have[start][c] = n
	}
	if lv > minutes {
		return have, everyRollup(ctx, r.store, lv-1, s, sp, func(partition string, c *rollup, _ store.Revision, err error) error {
			if err != nil {
				r.tell(fmt.Sprint("head ", partition, c.span), err)
				c.n = 1 // or more: it is there
			}
			note(child{start: c.span.from}, c.n)
			return nil
		})
	}
	cells, err := s.cells(ctx, r.store, sp.from, sp.to)
	if err != nil {
		return nil, err
	}
	for _, hc := range cells {
		err := s.eachEntry(ctx, r.store, hc, span{hc.hour, min(sp.to, hc.hour+hourMS)}.cut(s.owned()), store.Heads, func(e entry) error {
			note(e.child, e.N)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return have, nil
}
