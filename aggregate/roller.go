package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

const (
	// rollDelayMS is how long after its end a minute is first rolled up. It spares the second roll-up that the stragglers of a
	// minute would cause, and is no part of any promise.
	rollDelayMS = 10_000
	rollTick    = time.Second
	sumLook     = time.Minute // after which a roller looks whether accounts are to be summed up
	repairEvery = 24 * time.Hour
	tidyLook    = 10 * time.Minute // after which a roller looks whether that has passed, or tries again
)

// rollEvery is how often the roll-ups of a level are made again after late events. A dirty one is answered for by its children meanwhile; the longer the period, the
// more there is to read for a single event.
var rollEvery = [days + 1]time.Duration{minutes: rollTick, quarters: 15 * time.Second, days: 5 * time.Minute}

// Roller keeps the roll-ups: of periods that have closed, and of those that are marked dirty. Several may run at the same time.
type Roller struct {
	store store.Store
	sites *Sites
	now   func() time.Time
	// OnError is told when a round failed, which the next one tries again, and of what cannot be read, once an hour. It must be set before Run.
	OnError func(error)
	// NewToken makes what tells one roll-up of a period from the next; random unless it is set before Run.
	NewToken func() uint64
	// Forgets: claims and accounts that were kept long enough are removed, for the store does not do so by itself. It must be set before Run.
	Forgets bool
	// Finals makes final values at the end of each round; nil for none. It must be set before Run.
	Finals *Finals

	stats rollStats
	told  told
}

// NewRoller returns the roller for a store.
func NewRoller(s store.Store, sites *Sites, now func() time.Time) *Roller {
	return &Roller{store: s, sites: sites, now: now, OnError: func(error) {}, NewToken: randomSeed}
}

// Run rolls up every second until ctx ends. Once a day it compares all roll-ups with what they were made from, and removes what has been kept long enough.
func (r *Roller) Run(ctx context.Context) error {
	tick := time.NewTicker(rollTick)
	defer tick.Stop()
	var rolled [days + 1]time.Time
	var summed, tidied time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.round(ctx, func(lv level) bool { return due(&rolled[lv], r.now(), rollEvery[lv]) }); err != nil && ctx.Err() == nil {
			r.OnError(fmt.Errorf("roll up: %w", err))
		}
		if due(&summed, r.now(), sumLook) {
			if err := r.SumAccounts(ctx); err != nil && ctx.Err() == nil {
				r.OnError(fmt.Errorf("sum up accounts: %w", err))
			}
		}
		if !due(&tidied, r.now(), tidyLook) {
			continue
		}
		if err := r.tidy(ctx); err != nil && ctx.Err() == nil {
			r.OnError(fmt.Errorf("tidy roll-ups: %w", err))
		}
	}
}

// due reports whether it is time again, and if so notes it.
func due(last *time.Time, now time.Time, every time.Duration) bool {
	if now.Sub(*last) < every {
		return false
	}
	*last = now
	return true
}

// Round rolls up all that can be, once.
func (r *Roller) Round(ctx context.Context) error {
	return r.round(ctx, func(level) bool { return true })
}

// round works from the minutes upwards, so that a late event reaches the day at once. dirty says of which levels those that are marked are made again.
func (r *Roller) round(ctx context.Context, dirty func(level) bool) (err error) {
	defer func() { r.stats.pass(ctx, r.now(), err) }()
	upTo := floor(r.now().UnixMilli()-rollDelayMS, minuteMS)
	point, err := r.Finals.settlePoint(ctx, upTo, r.tell)
	if err != nil {
		return err
	}
	for lv := minutes; lv <= days; lv++ {
		if dirty(lv) {
			if err := r.rollMarked(ctx, lv, upTo); err != nil {
				return err
			}
		}
		ended := upTo
		if lv > minutes { // all of them end at a quarter of an hour: between, nobody's index has to be looked at
			ended = floor(upTo, quarterMS)
		}
		if err := r.rollClosed(ctx, lv, ended); err != nil {
			return err
		}
	}
	return r.Finals.make(ctx, point, r.tell)
}

// sitePeriod names a roll-up of a level.
type sitePeriod struct {
	gen   uint32
	site  string
	start int64
}

// rollMarked makes again what is dirty among the roll-ups of a level whose periods end by upTo. Until then the children are not all there; a minute's are, as soon as
// it has closed.
func (r *Roller) rollMarked(ctx context.Context, lv level, upTo int64) error {
	marks, err := allMarks(ctx, r.store, lv, r.tell)
	if err != nil {
		return err
	}
	done := make(map[sitePeriod]bool)
	for _, m := range marks {
		site, ok, err := r.marked(ctx, m)
		if IsDamage(err) { // nothing is known of the site, and the mark stays
			r.tell("site "+m.site, err)
			continue
		}
		if err != nil {
			return err
		}
		period := lv.period(site.Zone(), m.child.start)
		k := sitePeriod{site.Gen, m.site, period.from}
		if !ok || done[k] || period.to > upTo {
			continue
		}
		done[k] = true
		if err := r.rollUp(ctx, lv, site, period.from); err != nil {
			return err
		}
	}
	return nil
}

// marked returns the site of a mark, removed or not, as it was in the generation; of live figures, in the edition that the roll-up belongs to. The answer is no where
// that is none any more.
func (r *Roller) marked(ctx context.Context, m mark) (Site, bool, error) {
	if m.site == "" {
		return Site{}, true, nil
	}
	site, err := r.sites.Get(ctx, m.site)
	if err != nil && !errors.Is(err, ErrNoSite) { // of a removed one Get tells all the same
		return Site{}, false, err
	}
	site.ID = m.site
	live := false
	for _, e := range site.rolled(r.now()) {
		live = live || slices.Contains(e.stack, m.gen)
		made := e.Gen == m.gen
		if m.level == minutes { // of any that folds the log; the others follow before the mark is cleared
			made = slices.Contains(e.stack, m.gen)
		}
		if made && e.owned().contains(m.child.start) {
			return e, true, nil
		}
	}
	return site.as(m.gen), !live, nil
}

// rollCursor is the time up to which every period of a level was rolled up once. Later changes are the marks' business.
func rollCursor(lv level) store.Key {
	return store.Key{Partition: "K", Sort: "rolled-up-to#" + lv.String()}
}

// readTime reads an item that is a time. Where there is none the revision is zero, and so is the time; of one that cannot be read the revision is known.
func readTime(ctx context.Context, items itemStore, key store.Key) (ms int64, rev store.Revision, err error) {
	it, err := items.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	ms, err = parseTimeKey(string(it.Value))
	return ms, it.Revision, err
}

// rollClosed makes the roll-ups of the periods that have ended since the last time.
func (r *Roller) rollClosed(ctx context.Context, lv level, upTo int64) error {
	from, rev, err := readTime(ctx, r.store, rollCursor(lv))
	if IsDamage(err) { // what is older was rolled up, or takes no delta any more
		r.tell("roll-up cursor", fmt.Errorf("roll-up cursor of the level %s: %w; the %ss since %s are looked through again", lv, err, lv, r.now().UTC().Add(-dropAfterMS*time.Millisecond)))
		from, err = max(0, upTo-dropAfterMS), nil
	}
	if err != nil {
		return fmt.Errorf("read roll-up cursor: %w", err)
	}
	if from >= upTo {
		return nil
	}
	sites, err := everyGeneration(ctx, r.sites, r.tell)
	if err != nil {
		return err
	}
	for _, s := range sites {
		err := r.rollEnded(ctx, lv, s, span{from, upTo})
		if err := spared(r.tell, fmt.Sprint("roll up ", lv, s.Gen, s.ID), err); err != nil {
			return err
		}
	}
	_, err = r.store.Put(ctx, rollCursor(lv), []byte(timeKey(upTo)), store.Write{Expect: rev, Relaxed: true})
	if errors.Is(err, store.ErrConflict) {
		return nil // another roller was faster
	}
	return err
}

// rollEnded rolls up the periods of a site that ended after since.from and by since.to.
func (r *Roller) rollEnded(ctx context.Context, lv level, s Site, since span) error {
	began := span{max(0, since.from-lv.longest()), since.to}
	periods, err := periodsWithin(ctx, r.store, lv, s, began)
	if err != nil {
		return err
	}
	for _, p := range periods {
		if p.to <= since.from || p.to > since.to {
			continue
		}
		if err := r.rollUp(ctx, lv, s, p.from); err != nil {
			return err
		}
	}
	return nil
}

// periodsWithin returns the periods of a level that touch an hour with logs in the span, in order.
func periodsWithin(ctx context.Context, items itemStore, lv level, s Site, sp span) ([]span, error) {
	sp = sp.cut(s.owned())
	cells, err := s.cells(ctx, items, sp.from, sp.to)
	if err != nil {
		return nil, err
	}
	var all []span
	var done int64 // up to which time the periods are in all
	for _, hc := range cells {
		for at := max(done, hc.hour, sp.from); at < min(sp.to, hc.hour+hourMS); at = done {
			p := lv.period(s.Zone(), at)
			all = append(all, p)
			done = p.to
		}
	}
	return all, nil
}

// everySite returns the sites in use, and the place of copies that name none. It tells of those that cannot be read.
func everySite(ctx context.Context, sites *Sites, tell teller) ([]Site, error) {
	list, err := sites.list(ctx, tell)
	return append(list, Site{}), err
}
