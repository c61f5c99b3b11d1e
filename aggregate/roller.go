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

const (
	// rollDelayMS is how long after its end a minute is first rolled up. It spares the second roll-up that the stragglers of a
	// minute would cause, and is no part of any promise.
	rollDelayMS = 10_000
	rollTick    = time.Second
	repairEvery = 24 * time.Hour
)

// Roller keeps the roll-ups: of minutes that have closed, and of those that are marked dirty. Several may run at the same time.
type Roller struct {
	store store.Store
	sites *Sites
	now   func() time.Time
	// OnError is told when a round failed; the next round tries again. It must be set before Run.
	OnError func(error)
}

// NewRoller returns the roller for a store.
func NewRoller(s store.Store, sites *Sites, now func() time.Time) *Roller {
	return &Roller{store: s, sites: sites, now: now, OnError: func(error) {}}
}

// Run rolls up every second until ctx ends, and compares all roll-ups with their logs once a day.
func (r *Roller) Run(ctx context.Context) error {
	tick := time.NewTicker(rollTick)
	defer tick.Stop()
	repaired := r.now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.Round(ctx); err != nil && ctx.Err() == nil {
			r.OnError(fmt.Errorf("roll up: %w", err))
		}
		if r.now().Sub(repaired) >= repairEvery {
			repaired = r.now()
			if err := r.Repair(ctx); err != nil && ctx.Err() == nil {
				r.OnError(fmt.Errorf("repair roll-ups: %w", err))
			}
		}
	}
}

// Round rolls up what is due once.
func (r *Roller) Round(ctx context.Context) error {
	closed := floor(r.now().UnixMilli()-rollDelayMS, minuteMS)
	if err := r.rollMarked(ctx, closed); err != nil {
		return err
	}
	return r.rollClosed(ctx, closed)
}

type siteMinute struct {
	gen    uint32
	site   string
	minute int64
}

// rollMarked rolls up the dirty minutes that began before closed.
func (r *Roller) rollMarked(ctx context.Context, closed int64) error {
	marks, err := allMarks(ctx, r.store)
	if err != nil {
		return err
	}
	done := make(map[siteMinute]bool)
	for _, m := range marks {
		k := siteMinute{m.log.Gen, m.log.Site, floor(m.log.Window, minuteMS)}
		if done[k] || k.minute >= closed {
			continue
		}
		done[k] = true
		if err := rollUp(ctx, r.store, k.gen, k.site, k.minute); err != nil {
			return err
		}
	}
	return nil
}

// rollCursor is the minute up to which every minute was rolled up once. Later changes are the marks' business.
var rollCursor = store.Key{Partition: "K", Sort: "rolled-up-to"}

func (r *Roller) rollClosed(ctx context.Context, closed int64) error {
	it, err := r.store.Get(ctx, rollCursor)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read roll-up cursor: %w", err)
	}
	var from int64
	if err == nil {
		if from, err = parseTimeKey(string(it.Value)); err != nil {
			return err
		}
	}
	if from >= closed {
		return nil
	}
	spans, err := everySite(ctx, r.sites)
	if err != nil {
		return err
	}
	for _, s := range spans {
		if err := r.rollSite(ctx, s, from, closed); err != nil {
			return err
		}
	}
	_, err = r.store.Put(ctx, rollCursor, []byte(timeKey(closed)), store.Write{Expect: it.Revision, Relaxed: true})
	if errors.Is(err, store.ErrConflict) {
		return nil // another roller was faster
	}
	return err
}

// rollSite rolls up the minutes in [from, to) that have no roll-up yet.
func (r *Roller) rollSite(ctx context.Context, s Site, from, to int64) error {
	cells, err := cellsWithin(ctx, r.store, s.Gen, s.ID, from, to)
	if err != nil {
		return err
	}
	var last int64 = -1
	for _, hc := range cells {
		if hc.hour == last {
			continue
		}
		last = hc.hour
		for m := max(from, hc.hour); m < min(to, hc.hour+hourMS); m += minuteMS {
			if err := rollUp(ctx, r.store, s.Gen, s.ID, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// everySite returns the sites in use, and the place of copies that name none.
func everySite(ctx context.Context, sites *Sites) ([]Site, error) {
	list, err := sites.List(ctx)
	return append(list, Site{}), err
}

// Repair compares the vectors of all roll-ups that can still change with the logs, and rolls up where they differ. Marks make that unnecessary as long as
// every clock is right.
func (r *Roller) Repair(ctx context.Context) error {
	now := r.now().UnixMilli()
	sites, err := everySite(ctx, r.sites)
	if err != nil {
		return err
	}
	to := floor(now-rollDelayMS, minuteMS)
	for _, s := range sites {
		cells, err := cellsWithin(ctx, r.store, s.Gen, s.ID, max(0, now-repairSpanMS), to)
		if err != nil {
			return err
		}
		hours := make(map[int64][]int)
		for _, hc := range cells {
			hours[hc.hour] = append(hours[hc.hour], hc.cell)
		}
		for _, hour := range slices.Sorted(maps.Keys(hours)) {
			if err := r.repairHour(ctx, s, hour, hours[hour], to); err != nil {
				return err
			}
		}
	}
	return nil
}

const repairSpanMS = 9 * dayMS // the horizon, and a day more

func (r *Roller) repairHour(ctx context.Context, s Site, hour int64, cells []int, to int64) error {
	have := make(map[int64]vector)
	for _, cell := range cells {
		in := hourCell{hour, cell}.log(s.Gen, s.ID)
		err := eachEntry(ctx, r.store, in, span{hour, min(to, hour+hourMS)}, store.Heads, func(k windowCell, e store.Entry) error {
			m := floor(k.window, minuteMS)
			if have[m] == nil {
				have[m] = make(vector)
			}
			have[m][k] = e.N
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, m := range slices.Sorted(maps.Keys(have)) {
		if err := r.repairMinute(ctx, s, m, have[m]); err != nil {
			return err
		}
	}
	return nil
}

func (r *Roller) repairMinute(ctx context.Context, s Site, minute int64, logs vector) error {
	it, err := r.store.Get(ctx, rollupKey(s.Gen, s.ID, minute))
	if err == nil {
		old, err := decodeRollup(minute, it.Value)
		if err == nil && old.vector.covers(logs) {
			return nil
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read roll-up: %w", err)
	}
	return rollUp(ctx, r.store, s.Gen, s.ID, minute)
}

// covers reports whether v holds every delta that o holds.
func (v vector) covers(o vector) bool {
	for k, n := range o {
		if v[k] < n {
			return false
		}
	}
	return true
}
