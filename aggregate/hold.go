package aggregate

import (
	"context"
	"errors"
	"slices"

	"github.com/streamgauge/streamgauge/event"
)

// An import counts in a generation of its own, where no live copy looks for its id. So before it counts an event that came with an id, it leaves the id in the live log
// of that window as a *hold*: like a guard it counts nothing, and whichever copy comes first to that log decides. A hold belongs to a generation, and ends when its import
// is taken out. Where the window takes no delta any more no live copy can come either, and reading is enough.

// PlaceImported finds out where an event of an import belongs, however old it is: the log of its window in the import's generation. e.ReceivedAt must be set. Where the event
// came with an id of its own, another copy of it may be counted already, or come: the live log is its Guard. Hit is the caller's to add.
func (c *Committer) PlaceImported(ctx context.Context, site Site, gen uint32, e *event.Event, p Position, ownID bool) (Copy, error) {
	place := e.Place(e.ReceivedAt)
	cp := Copy{Outcome: Counted, Tag: p.tag(), ID: site.HashID(e.ID), Visitor: site.HashVisitor(e.Who()), At: place.Time}
	var err error
	switch {
	case place.Believed:
	case ownID:
		err = c.retry(ctx, func() (err error) {
			cp.At, err = c.claim(ctx, site, cp.ID, e.ReceivedAt)
			return err
		})
	default:
		cp.At = e.ReceivedAt
	}
	if err != nil {
		return Copy{}, err
	}
	cp.Log, err = c.log(ctx, site.as(gen), e, cp.At)
	if ownID {
		cp.Guard = cp.Log
		cp.Guard.Gen = site.Gen
	}
	return cp, err
}

// CommitImported makes the outcomes of an import's copies durable, as Commit does. Those whose ids are known already end as duplicates, in the import's own generation.
func (c *Committer) CommitImported(ctx context.Context, site Site, copies []Copy) (Ledger, error) {
	all := make([]*Copy, len(copies))
	guarded := make(map[Log]int)
	var groups []logCopies
	for i := range copies {
		cp := &copies[i]
		all[i] = cp
		if cp.Guard == (Log{}) || cp.Outcome != Counted {
			continue
		}
		at, ok := guarded[cp.Guard]
		if !ok {
			at = len(groups)
			guarded[cp.Guard] = at
			groups = append(groups, logCopies{log: cp.Guard})
		}
		groups[at].copies = append(groups[at].copies, cp)
	}
	tally := make(Tally)
	err := c.each(ctx, groups, tally, func(ctx context.Context, g logCopies) (Ledger, error) { return Ledger{}, c.hold(ctx, site, g) })
	if err != nil {
		return Ledger{}, err
	}
	all = slices.DeleteFunc(all, func(cp *Copy) bool { return cp.Damage != nil })
	if err := c.each(ctx, byLog(all), tally, c.count); err != nil {
		return tally[site.ID], err
	}
	return tally[site.ID], damageOf(copies)
}

// hold leaves the ids of the copies in the live log, and makes duplicates of those that are there already.
func (c *Committer) hold(ctx context.Context, site Site, g logCopies) error {
	if event.Expired(g.log.Window, c.opts.Now().UnixMilli()) {
		return c.findKnown(ctx, site, g)
	}
	var known []*Copy
	_, err := c.commit(ctx, g.log, func(st *logState) (d *delta, _ Ledger) {
		d, known = holdCopies(st, g.copies)
		return d, Ledger{}
	})
	for _, cp := range known {
		cp.Outcome = Duplicate
	}
	return err
}

// holdCopies makes the delta that holds the ids which nobody has yet. It returns the copies whose ids are counted, or held by another import.
func holdCopies(st *logState, copies []*Copy) (d *delta, known []*Copy) {
	d = &delta{}
	here := make(map[uint64]bool)
	for _, cp := range copies {
		holder := st.holds[cp.ID]
		_, counted := st.ids[cp.ID]
		switch {
		case counted || holder != 0 && holder != cp.Log.Gen:
			known = append(known, cp)
		case holder == 0 && !here[cp.ID]:
			here[cp.ID] = true
			d.holds, d.holder = append(d.holds, cp.ID), cp.Log.Gen
		}
	}
	return d, known
}

// findKnown makes duplicates of the copies that are counted live, or in another import, as far as their logs are still kept.
func (c *Committer) findKnown(ctx context.Context, site Site, g logCopies) error {
	for _, gen := range site.everyLogGen() {
		log := g.log
		log.Gen = gen
		st := c.warm.get(log)
		if err := c.markKnown(ctx, log, st, g.copies); err != nil {
			c.warm.forget(log)
			return err
		}
		c.warm.settle(log, st)
	}
	return nil
}

func (c *Committer) markKnown(ctx context.Context, log Log, st *logState, copies []*Copy) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := c.retry(ctx, func() error { return st.catchUp(ctx, c.store, log) }); err != nil {
		return err
	}
	for _, cp := range copies {
		if _, counted := st.ids[cp.ID]; counted && log.Gen != cp.Log.Gen {
			cp.Outcome = Duplicate
		}
	}
	return nil
}

// release ends the holds of imports that were taken out, and of rebuilds that were given up. Which ids those were is remembered: a copy that was booked as a duplicate of one stays that when it
// is delivered again.
func (c *Committer) release(ctx context.Context, log Log, st *logState) error {
	if len(st.holds) == 0 {
		return nil
	}
	var site Site
	err := c.retry(ctx, func() (err error) {
		site, err = c.sites.Get(ctx, log.Site)
		if errors.Is(err, ErrNoSite) { // of a removed one Get tells all the same
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for id, gen := range st.holds {
		if !site.gaveUp(gen) {
			continue
		}
		delete(st.holds, id)
		if st.freed == nil {
			st.freed = make(map[uint64]bool)
		}
		st.freed[id] = true
	}
	return nil
}
