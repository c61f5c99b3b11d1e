package aggregate

import "context"

// commitGuards leaves the guards of those copies that have one; see [Committer.Place]. It returns the copies that are to be committed to their own
// logs: all but those whose id the guarded log has counted, which end there as duplicates, and those whose guarded log cannot be read.
func (c *Committer) commitGuards(ctx context.Context, copies []Copy, tally Tally) ([]*Copy, error) {
	all := make([]*Copy, len(copies))
	groups := make(map[Log][]*Copy)
	var order []logCopies
	for i := range copies {
		cp := &copies[i]
		all[i] = cp
		if cp.Guard == (Log{}) {
			continue
		}
		if groups[cp.Guard] == nil {
			order = append(order, logCopies{log: cp.Guard})
		}
		groups[cp.Guard] = append(groups[cp.Guard], cp)
	}
	if len(order) == 0 {
		return all, nil
	}
	for i := range order {
		order[i].copies = groups[order[i].log]
	}
	err := c.each(ctx, order, tally, func(ctx context.Context, g logCopies) (Ledger, error) {
		return c.commit(ctx, g.log, func(st *logState) (*delta, Ledger) { return guardCopies(st, g.copies) })
	})
	if err != nil {
		return nil, err
	}
	going := all[:0]
	for _, cp := range all {
		if !cp.ended && cp.Damage == nil {
			going = append(going, cp)
		}
	}
	return going, nil
}

// guardCopies makes the delta that guards the ids which are not in the log yet.
func guardCopies(st *logState, copies []*Copy) (*delta, Ledger) {
	d := &delta{}
	here := make(map[uint64]struct{})
	var redelivered uint64
	for _, cp := range copies {
		kind := st.ids[cp.ID].kind()
		cp.ended = kind == idCounted || st.holds[cp.ID] != 0
		switch {
		case cp.ended && st.has(cp):
			redelivered++
		case cp.ended:
			cp.Became = Duplicate
			d.add(cp, Duplicate)
			d.made.ledger.Book(Duplicate, "")
		case kind == 0:
			if _, twice := here[cp.ID]; !twice {
				here[cp.ID] = struct{}{}
				d.guards = append(d.guards, cp.ID)
			}
		}
	}
	d.made.ledger.Received = d.copies()
	ledger := d.made.ledger
	ledger.Redelivered = redelivered
	return d, ledger
}
