package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/store"
)

// FinalsOptions are what final values are made for.
type FinalsOptions struct {
	// Publish are the targets that every final value is sent to; Notify are those that every event of an alert is sent to, beside the
	// webhooks of its site. See [Notifier].
	Publish []string
	Notify  []string
	// Parallel is of how many minutes manifests are made at a time; 16 if zero.
	Parallel int
}

// Finals makes final values: when a minute is settled its manifest is created, and the next revision of it whenever something came later. On them, and on nothing else, the
// rules of sites are evaluated.
//
// What is to be done is known from marks, as of roll-ups: before a minute's roll-up is replaced by its number n, its mark of the level finals is raised to n; it is
// cleared when there is a manifest made from n, and the site's rules were evaluated with it. A site in which nothing comes costs nothing, unless it has rules.
type Finals struct {
	store store.Store
	sites *Sites
	now   func() time.Time
	opts  FinalsOptions
}

// NewFinals returns what makes the final values of a store. A [Roller] calls it.
func NewFinals(s store.Store, sites *Sites, now func() time.Time, opts FinalsOptions) *Finals {
	if opts.Parallel == 0 {
		opts.Parallel = 16
	}
	return &Finals{store: s, sites: sites, now: now, opts: opts}
}

// markFinal says that a minute's manifest will not be made from its newest roll-up any more. What is imported is no final value; nor is what a rebuild makes anew, until it is
// switched in: what was told is not told again.
func markFinal(ctx context.Context, items itemStore, lv level, site Site, r *rollup, now time.Time) error {
	imported := site.stack == nil && site.holds(site.Gen)
	if lv != minutes || site.ID == "" || imported || site.aside || r.span.to < now.UnixMilli()-dropAfterMS {
		return nil
	}
	return raiseMark(ctx, items, markKey(finals, site.liveGen(), site.ID, child{start: r.span.from}), r.n, &markState{})
}

// remakeFinal says that there is no manifest of a minute which can be read.
func remakeFinal(ctx context.Context, items itemStore, site Site, minute int64, now time.Time) error {
	return markFinal(ctx, items, minutes, site, &rollup{span: span{minute, minute + minuteMS}, n: 1}, now)
}

// settlePoint is asked before the minutes are rolled up, and make after.
func (f *Finals) settlePoint(ctx context.Context, rolled int64, tell teller) (settlement, error) {
	if f == nil {
		return settlement{}, nil
	}
	return settlePoint(ctx, f.store, f.now().UnixMilli(), rolled, tell)
}

// make creates the manifests that are due, moves the watermark, and evaluates the rules of sites. What cannot be read it tells of: a minute of which no manifest can be made keeps
// its mark, and stops nobody; until there is one, nothing is known of it.
func (f *Finals) make(ctx context.Context, point settlement, tell teller) error {
	if f == nil {
		return nil
	}
	before, err := readWatermark(ctx, f.store)
	if err != nil {
		return err
	}
	if before.lost {
		tell("watermark", fmt.Errorf("up to when minutes are settled: %w; rules know of no minute before now", ErrCorrupt))
	}
	due, err := f.due(ctx, max(point.at, before.to), tell)
	if err != nil {
		return err
	}
	if err := f.create(ctx, due, point, tell); err != nil {
		return err
	}
	known, err := before.advance(ctx, f.store, point)
	if err != nil {
		return fmt.Errorf("move the watermark: %w", err)
	}
	hurt, err := f.evaluate(ctx, due, before.span, known, tell)
	if err != nil {
		return err
	}
	for _, d := range due {
		if d.made < d.n || hurt[d.site] {
			continue
		}
		if err := clearMarks(ctx, f.store, []mark{d.mark}); err != nil {
			return err
		}
	}
	return nil
}

// dueFinal is a minute whose manifest is to be made, or made again.
type dueFinal struct {
	mark
	siteNow Site
	made    uint32 // number of the roll-up that the last manifest is made from
	damage  error  // why there is no manifest from the roll-up that there is
}

// due returns the marks of minutes that end by upTo. Those of generations that are not lived in any more are to be cleared only.
func (f *Finals) due(ctx context.Context, upTo int64, tell teller) ([]*dueFinal, error) {
	marks, err := allMarks(ctx, f.store, finals, tell)
	if err != nil {
		return nil, err
	}
	var due []*dueFinal
	for _, m := range marks {
		if m.child.start+minuteMS > upTo {
			continue
		}
		d := &dueFinal{mark: m}
		d.siteNow, err = f.sites.Get(ctx, m.site)
		gone := errors.Is(err, ErrNoSite) || err == nil && d.siteNow.Gen != m.gen || m.child.start < f.now().UnixMilli()-dropAfterMS
		switch {
		case gone:
			d.made, d.siteNow.ID = m.n, ""
		case IsDamage(err):
			tell("site "+m.site, err)
			continue
		case err != nil:
			return nil, err
		}
		due = append(due, d)
	}
	slices.SortFunc(due, func(a, b *dueFinal) int { return cmp.Or(cmp.Compare(a.site, b.site), a.child.compare(b.child)) })
	return due, nil
}

func (f *Finals) create(ctx context.Context, due []*dueFinal, point settlement, tell teller) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(f.opts.Parallel)
	for _, d := range due {
		if d.siteNow.ID == "" {
			continue
		}
		g.Go(func() (err error) {
			d.made, err = f.manifest(ctx, d.siteNow, d.child.start, d.child.start+minuteMS > point.passed)
			if IsDamage(err) {
				d.damage, err = err, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, d := range due {
		if d.damage != nil {
			tell(fmt.Sprint("final ", d.gen, d.site, d.child.start), fmt.Errorf("site %q: the minute of %s has no final value; \"streamgauge rebuild --site %s\" may mend it: %w",
				d.site, time.UnixMilli(d.child.start).UTC().Format(time.RFC3339), d.site, d.damage))
		}
	}
	return nil
}

// manifest makes sure that the last manifest of a minute is made from the roll-up that there is now, or from a later one. It returns the number of that. One that cannot be
// read is followed by the next revision, as if something had come.
func (f *Finals) manifest(ctx context.Context, site Site, minute int64, byAge bool) (uint32, error) {
	for {
		last, err := lastManifest(ctx, f.store, site, minute)
		if err != nil {
			return 0, err
		}
		partition := minutes.partition(site.at(minute), minute)
		r, err := readRollup(ctx, f.store, store.Key{Partition: partition, Sort: timeKey(minute)})
		if err != nil {
			return 0, err
		}
		if r.n <= last.n { // of nothing there is no roll-up: its mark is older than its first
			return last.n, nil
		}
		sum, err := r.readBody(ctx, f.store, partition)
		if err != nil {
			return 0, err
		}
		m, err := measure(site, &r.rollup, sum)
		if err != nil {
			return 0, fmt.Errorf("measure minute %d of site %s: %w", minute, site.ID, err)
		}
		m.revision, m.byAge, m.made = last.revision+1, byAge, f.now().UnixMilli()
		switch err := f.add(ctx, site, m); {
		case err == nil:
			return m.n, nil
		case !errors.Is(err, store.ErrConflict): // else another roller was faster, perhaps with less
			return 0, err
		}
	}
}

// add creates a manifest if there is none of its revision, and has it published. The notices go first: see outbox.go.
func (f *Finals) add(ctx context.Context, site Site, m *manifest) error {
	key := manifestKey(site.Gen, site.ID, m.minute, m.revision)
	n := notice{Kind: aboutFinal, Site: site.ID, Gen: site.Gen, Object: key.Sort, Made: m.made}
	if err := enqueue(ctx, f.store, n, f.opts.Publish); err != nil {
		return err
	}
	if _, err := f.store.Put(ctx, key, m.encode(), store.Write{Relaxed: true}); err != nil {
		return fmt.Errorf("create manifest of site %s: %w", site.ID, err)
	}
	return nil
}

// lastManifest returns the last revision of a minute; that of none is zero.
func lastManifest(ctx context.Context, items itemStore, site Site, minute int64) (*manifest, error) {
	of, err := manifests(ctx, items, site.Gen, site.ID, span{minute, minute + 1}, ignored)
	if err != nil {
		return nil, err
	}
	if m := of[minute]; m != nil {
		return m, nil
	}
	return &manifest{}, nil
}

// expire removes the manifests and events of a site that were kept long enough, and cursors that nobody moves.
func (f *Finals) expire(ctx context.Context, tell teller) error {
	if f == nil {
		return nil
	}
	now := f.now().UnixMilli()
	sites, err := f.sites.list(ctx, tell)
	if err != nil {
		return err
	}
	for _, s := range sites {
		for _, r := range []store.Range{
			{Partition: manifestPartition(s.Gen, s.ID), To: timeKey(max(0, now-dropAfterMS))},
			{Partition: eventPartition(s.ID), To: timeKey(max(0, now-keepEvents*dayMS))},
		} {
			if err := clearRange(ctx, f.store, r); err != nil {
				return fmt.Errorf("remove final values of site %s: %w", s.ID, err)
			}
		}
	}
	return dropCursors(ctx, f.store, now)
}
