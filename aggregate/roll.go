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

// rollUp recomputes the roll-up of a period and replaces it, then clears the marks that it covers. Interrupted anywhere, it leaves the old
// roll-up or the new one, and no mark less than it should. The children must have their own roll-ups, or marks. Where they cannot be read it reports that, and does not fail.
func (r *Roller) rollUp(ctx context.Context, lv level, site Site, start int64) error {
	for {
		err := r.tryRollUp(ctx, lv, site, start)
		if !errors.Is(err, store.ErrConflict) {
			return r.damaged(ctx, lv, site, start, err)
		}
	}
}

func (r *Roller) tryRollUp(ctx context.Context, lv level, site Site, start int64) error {
	// The marks are read first: what is raised after this is not covered, and stays.
	marks, err := site.marks(ctx, r.store, lv, lv.period(site.Zone(), start))
	if err != nil {
		return err
	}
	v, err := r.fold(ctx, lv, site, start)
	if err != nil {
		return err
	}
	marks = r.covered(lv, site, marks, v)
	if lv == minutes && len(marks) > 0 {
		if marks, err = r.coveredByAll(ctx, site, start, marks); err != nil {
			return err
		}
	}
	return clearMarks(ctx, r.store, marks)
}

// fold recomputes the roll-up of a period, and replaces it where it would be another. It returns the vector of what it has read.
func (r *Roller) fold(ctx context.Context, lv level, site Site, start int64) (vector, error) {
	s := r.store
	sp := lv.period(site.Zone(), start)
	partition := lv.partition(site, sp.from)
	key := store.Key{Partition: partition, Sort: timeKey(sp.from)}
	old, err := readRollup(ctx, s, key)
	if err != nil {
		return nil, err
	}
	next := &rollup{span: sp, n: max(old.n+1, site.firstNumber()), body: r.newBodyKey(sp.from)}
	parts, err := next.gather(ctx, s, lv, site)
	switch {
	case err != nil:
		return nil, err
	case len(next.vector) == 0 || old.vector != nil && maps.Equal(old.vector, next.vector):
		return next.vector, nil
	}
	body, err := parts.merge()
	if err != nil {
		return nil, fmt.Errorf("merge into %s at %d of site %s: %w", lv, sp.from, site.ID, err)
	}
	if err := markParent(ctx, s, lv, site, next, r.now()); err != nil {
		return nil, err
	}
	if err := markFinal(ctx, s, lv, site, next, r.now()); err != nil {
		return nil, err
	}
	return next.vector, next.replace(ctx, s, key, old, body.appendTo([]byte{wireVersion}))
}

// covered returns the marks of which a roll-up with that vector holds what they tell of. With them go those of what can come no more: a writer that died between mark and append,
// and whose events were never delivered again, left the mark of a delta that will never be; the logs of that day would never be clean, and never be removed.
func (r *Roller) covered(lv level, site Site, marks []mark, v vector) (all []mark) {
	for _, m := range marks {
		if site.covers(v, m) || lv == minutes && m.child.start < r.now().UnixMilli()-dropAfterMS {
			all = append(all, m)
		}
	}
	return all
}

// coveredByAll rolls the minute up in the other editions whose roll-ups are kept up. The site is read only now, after the marks: edition.go says why.
func (r *Roller) coveredByAll(ctx context.Context, site Site, start int64, marks []mark) ([]mark, error) {
	if site.ID == "" || site.stack == nil {
		return marks, nil
	}
	now, _, err := r.sites.read(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	for _, other := range now.rolled(r.now()) {
		if other.Gen == site.Gen || !other.owned().contains(start) {
			continue
		}
		v, err := r.fold(ctx, minutes, other, start)
		if err != nil {
			return nil, err
		}
		folds := func(m mark) bool { return slices.Contains(other.stack, m.gen) }
		foreign := slices.DeleteFunc(slices.Clone(marks), folds)
		marks = append(r.covered(minutes, other, slices.DeleteFunc(marks, func(m mark) bool { return !folds(m) }), v), foreign...)
	}
	return marks, nil
}

// stored is a roll-up with the revision of its head; its vector is nil where there is none.
type stored struct {
	rollup
	rev store.Revision
}

func readRollup(ctx context.Context, items itemStore, key store.Key) (stored, error) {
	it, err := items.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return stored{}, nil
	}
	if err != nil {
		return stored{}, fmt.Errorf("read roll-up: %w", err)
	}
	start, err := parseTimeKey(key.Sort)
	if err != nil {
		return stored{}, err
	}
	r, err := decodeRollup(start, it.Value)
	if err != nil {
		return stored{}, fmt.Errorf("roll-up %s of %s: %w", key.Sort, key.Partition, err)
	}
	return stored{*r, it.Revision}, nil
}

// markParent says that the roll-up one level up will not hold this one any more. Where that cannot have been made yet, it will.
func markParent(ctx context.Context, items itemStore, lv level, site Site, r *rollup, now time.Time) error {
	up, ok := lv.parent()
	if !ok || now.UnixMilli() < up.period(site.Zone(), r.span.from).to {
		return nil
	}
	return raiseMark(ctx, items, markKey(up, site.Gen, site.ID, child{start: r.span.from}), r.n, &markState{})
}

// replace makes r the roll-up of its period: the body first, then the head, by compare-and-swap with the old one.
func (r *rollup) replace(ctx context.Context, items itemStore, key store.Key, old stored, body []byte) error {
	bodyKey := store.Key{Partition: bodyPartition(key.Partition), Sort: r.body}
	if _, err := items.Put(ctx, bodyKey, body, store.Write{Relaxed: true}); err != nil {
		return fmt.Errorf("write roll-up of %s: %w", key.Partition, err)
	}
	if _, err := items.Put(ctx, key, r.encode(), store.Write{Expect: old.rev, Relaxed: true}); err != nil {
		if errors.Is(err, store.ErrConflict) { // another roller was faster, and nothing names this body
			if err := items.Delete(ctx, bodyKey, store.Write{Any: true, Relaxed: true}); err != nil {
				return fmt.Errorf("remove roll-up of %s: %w", key.Partition, err)
			}
		}
		return fmt.Errorf("replace roll-up of %s: %w", key.Partition, err)
	}
	if old.vector == nil {
		return nil
	}
	err := items.Delete(ctx, store.Key{Partition: bodyKey.Partition, Sort: old.body}, store.Write{Any: true, Relaxed: true})
	if err != nil {
		return fmt.Errorf("remove old roll-up of %s: %w", key.Partition, err)
	}
	return nil
}

// gather reads the children, and fills in all of the roll-up but its body.
func (r *rollup) gather(ctx context.Context, s store.Store, lv level, site Site) (*parts, error) {
	r.vector = make(vector)
	p := &parts{}
	var err error
	if lv == minutes {
		err = r.addLogs(ctx, s, site, p)
	} else {
		err = r.addRollups(ctx, s, lv-1, site, p)
	}
	r.ledger = p.ledger
	return p, err
}

func (r *rollup) addLogs(ctx context.Context, s store.Store, site Site, p *parts) error {
	cells, err := site.cells(ctx, s, r.span.from, r.span.to)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		err := site.eachEntry(ctx, s, hc, r.span, store.Bodies, func(e entry) error {
			r.vector[e.child] = e.N
			if e.replaced {
				return nil
			}
			d, err := decodeDelta(e.Body, true)
			if err != nil {
				return err
			}
			r.deltas++
			p.add(d.sum)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *rollup) addRollups(ctx context.Context, s store.Store, lv level, site Site, p *parts) error {
	return eachRollup(ctx, s, lv, site, r.span, func(partition string, c *rollup, _ store.Revision) error {
		sum, err := c.readBody(ctx, s, partition)
		if err != nil {
			return err
		}
		r.vector[child{start: c.span.from}] = c.n
		r.deltas += c.deltas
		p.add(sum)
		return nil
	})
}
