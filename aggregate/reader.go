package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Reader reads the windows of a store.
type Reader struct {
	store store.Store
	sites *Sites
	// Parallel is how many bodies of roll-ups are read at a time; 8 if zero. It must be set before the first question.
	Parallel int
	had      *readings // nil but in those of Together
}

// NewReader returns a reader of the windows of the sites.
func NewReader(s store.Store, sites *Sites) *Reader { return &Reader{store: s, sites: sites} }

// piece is a stretch of a site's time of which one roll-up or one delta tells.
type piece struct {
	span   span
	ledger Ledger
	deltas uint64   // how many deltas it is the fold of
	sum    *Summary // nil where only heads were read, and where it is damaged
	// damaged: it cannot be read, and nothing is known of it.
	damaged bool
}

// pieces calls f with pieces that together are the fold of every window of a site in the span: each window is in one roll-up, of the largest period that serves, or
// in one piece for each of its deltas. Larger periods than those of top do not serve. It sees everything that was committed before it was called. The ends of the span
// are starts of windows.
func (r *Reader) pieces(ctx context.Context, site Site, sp span, top level, parts store.Parts, f func(piece) error) error {
	if sp = sp.cut(site.owned()); sp.from >= sp.to {
		return nil
	}
	// Nothing is appended before its cell is listed, and no list is cut before a day holds what was in it: where nothing is found here, nothing had been committed.
	gaps, err := r.inhabited(ctx, site, sp)
	if err != nil || len(gaps) == 0 {
		return err
	}
	// The marks must be read before the roll-ups, and those of minutes before those of quarters and days: a period without a mark
	// then has a roll-up, read later, that holds everything committed until now. The other way round, a roll-up could be read,
	// replaced and its mark cleared in between.
	dirty, err := r.dirt(ctx, site, sp)
	if err != nil {
		return err
	}
	for lv := top; lv >= minutes; lv-- {
		if gaps, err = r.rollups(ctx, site, lv, gaps, dirty, parts, f); err != nil {
			return err
		}
	}
	return r.windows(ctx, site, gaps, parts, f)
}

// dirt knows the times of children that the roll-ups of each level lack, in order.
type dirt [days + 1][]int64

func (r *Reader) dirt(ctx context.Context, site Site, sp span) (d dirt, err error) {
	for lv := minutes; lv <= days; lv++ {
		marks, err := site.marks(ctx, r.store, lv, sp)
		if err != nil {
			return d, err
		}
		for _, m := range marks {
			d[lv] = append(d[lv], m.child.start)
		}
		slices.Sort(d[lv])
	}
	return d, nil
}

// clean reports whether the roll-up of that level over sp can be believed: it lacks nothing, nor do those that it is made from.
func (d *dirt) clean(lv level, sp span) bool {
	for l := minutes; l <= lv; l++ {
		if i, _ := slices.BinarySearch(d[l], sp.from); i < len(d[l]) && d[l][i] < sp.to {
			return false
		}
	}
	return true
}

// inhabited returns what of the span can hold anything: hours that have logs, and days that have roll-ups, whose logs may be gone.
func (r *Reader) inhabited(ctx context.Context, site Site, sp span) ([]span, error) {
	var all []span
	around := span{max(0, sp.from-days.longest()), sp.to}
	err := everyRollup(ctx, r.store, days, site, around, func(_ string, roll *rollup, _ store.Revision, _ error) error {
		all = append(all, roll.span)
		return nil
	})
	if err != nil {
		return nil, err
	}
	cells, err := site.cells(ctx, r.store, sp.from, sp.to)
	if err != nil {
		return nil, err
	}
	for _, hc := range cells {
		all = append(all, span{hc.hour, hc.hour + hourMS})
	}
	return within(all, sp), nil
}

// Begin returns when the history of a site began, to the hour or day; now, where it has none.
func (r *Reader) Begin(ctx context.Context, site Site) (time.Time, error) {
	begin := r.sites.now().UnixMilli()
	var partitions []string
	for _, e := range site.generations() {
		partitions = append(partitions, cellIndexPartition(e.Gen, e.ID), days.partition(e, 0))
	}
	for _, partition := range partitions {
		for it, err := range r.store.Scan(ctx, store.Range{Partition: partition}) {
			if err != nil {
				return time.Time{}, fmt.Errorf("look for the begin of site %s: %w", site.ID, err)
			}
			start, _, _ := strings.Cut(it.Key.Sort, "#")
			first, err := parseTimeKey(start)
			if err != nil {
				return time.Time{}, err
			}
			begin = min(begin, first)
			break // they come in order
		}
	}
	return time.UnixMilli(begin), nil
}

// rollups calls f for those roll-ups of a level that lie in the gaps and are clean. It returns what is left of the gaps.
func (r *Reader) rollups(ctx context.Context, site Site, lv level, gaps []span, dirty dirt, parts store.Parts, f func(piece) error) ([]span, error) {
	var used []span
	for _, gap := range gaps {
		all, err := r.clean(ctx, site, lv, gap, dirty)
		if err == nil && parts == store.Bodies {
			err = r.readBodies(ctx, all)
		}
		if errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("roll-ups of site %s were removed while they were read: %w", site.ID, err)
		}
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.damage != nil && r.kept(site, s.roll.span.from) < lv { // what it was made from is there
				continue
			}
			used = append(used, s.roll.span)
			// The ledger is that of after the body was read: it may be of a newer one.
			if err := f(piece{span: s.roll.span, ledger: s.roll.ledger, deltas: s.roll.deltas, sum: s.sum, damaged: s.damage != nil}); err != nil {
				return nil, err
			}
		}
	}
	return without(gaps, used), nil
}

// serving is a roll-up that can answer for its period.
type serving struct {
	partition string
	roll      *rollup
	sum       *Summary // nil where its body was not read, and where that is damaged
	damage    error    // why it cannot be read
}

// clean returns the roll-ups of a level that lie in the gap and lack nothing, in order of time, without their bodies.
func (r *Reader) clean(ctx context.Context, site Site, lv level, gap span, dirty dirt) (all []*serving, err error) {
	err = everyRollup(ctx, r.store, lv, site, gap, func(partition string, roll *rollup, _ store.Revision, damage error) error {
		if roll.span.to <= gap.to && dirty.clean(lv, roll.span) {
			all = append(all, &serving{partition: partition, roll: roll, damage: damage})
		}
		return nil
	})
	return all, err
}

// parallelBodies is how many bodies are read at a time: over a network a month of them one by one takes longer than what is then made of them.
const parallelBodies = 8

// readBodies reads the bodies of roll-ups, some at a time.
func (r *Reader) readBodies(ctx context.Context, all []*serving) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(r.Parallel, parallelBodies))
	for _, s := range all {
		if s.damage != nil {
			continue
		}
		g.Go(func() (err error) {
			if s.sum, err = s.roll.readBody(ctx, r.store, s.partition); IsDamage(err) {
				s.sum, s.damage, err = nil, err, nil
			}
			return err
		})
	}
	return g.Wait()
}

// windows calls f for the deltas of all windows in the gaps.
func (r *Reader) windows(ctx context.Context, site Site, gaps []span, parts store.Parts, f func(piece) error) error {
	for _, gap := range gaps {
		cells, err := site.cells(ctx, r.store, gap.from, gap.to)
		if err != nil {
			return err
		}
		for _, hc := range cells {
			sp := span{max(gap.from, hc.hour), min(gap.to, hc.hour+hourMS)}
			if err := r.deltas(ctx, site, hc, sp, parts, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reader) deltas(ctx context.Context, site Site, hc hourCell, sp span, parts store.Parts, f func(piece) error) error {
	return site.eachEntry(ctx, r.store, hc, sp, parts, func(e entry) error {
		if e.replaced {
			return nil
		}
		p := piece{span: span{e.child.start, e.child.start + event.WindowMS}, deltas: 1}
		err := p.read(e, parts)
		if IsDamage(err) {
			p.damaged, err = true, nil
		}
		if err != nil {
			return err
		}
		return f(p)
	})
}

// read fills in what the delta tells.
func (p *piece) read(e entry, parts store.Parts) error {
	if parts == store.Bodies {
		d, err := decodeDelta(e.Body, true)
		if err == nil {
			p.sum, p.ledger = d.sum, d.sum.Ledger
		}
		return err
	}
	h, err := decodeHead(e.Head)
	if err == nil {
		p.ledger = h.ledger
	}
	return err
}

// ceilWindow returns the first start of a window that is not before ms.
func ceilWindow(ms int64) int64 { return event.Window(ms + event.WindowMS - 1) }
