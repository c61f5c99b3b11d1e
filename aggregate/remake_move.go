package aggregate

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// reasonBefore is why a copy is a bot's that the rules of now would count, and that has to stay what it was.
const reasonBefore = "earlier rules"

// whither says what becomes of a copy with another outcome than it had.
type whither uint8

const (
	stays whither = iota // it cannot be moved any more, and is what it was
	here                 // it changes in its delta
	moved                // it is booked in another log, and no more in its delta
)

// move books a copy elsewhere whose outcome belongs to another log now: the tag is noted in that log of the live generation, so that a redelivery finds it there, and then it is
// booked in that of the edition. Each step may be repeated.
func (m *Remaking) move(ctx context.Context, r *Remade) (to whither, err error) {
	if r.booked == r.Outcome {
		return here, nil
	}
	why := r.Reason
	switch {
	case r.Outcome == Bot:
		to, err = m.toBots(ctx, r)
	case r.booked == Bot && r.Outcome == Counted:
		to, err = m.fromBots(ctx, r)
	}
	if errors.Is(err, ErrCorrupt) { // the other log cannot be read
		to, err = stays, nil
	}
	if to == stays {
		r.Outcome, r.Reason = r.booked, ""
		if r.Outcome == Bot {
			r.Reason = cmp.Or(why, reasonBefore)
		}
	}
	return to, err
}

// liveSite is the site as whoever decides what is counted sees it.
func (m *Remaking) liveSite() Site { return m.site.as(m.live()) }

func (m *Remaking) toBots(ctx context.Context, r *Remade) (whither, error) {
	cp, err := m.committer.PlaceDropped(ctx, m.liveSite(), r.event, r.pos, Bot, r.Reason)
	if err != nil && !errors.Is(err, ErrExpired) {
		return stays, err
	}
	switch {
	case cp.Log == r.log:
		return here, nil
	case cp.Log.Window < m.site.own.from:
		return stays, nil
	case err == nil:
		if err := m.note(ctx, cp); err != nil {
			return stays, err
		}
	}
	return moved, m.bookElsewhere(ctx, cp)
}

// note leaves the tag of a copy in the live log, where nothing has it yet.
func (m *Remaking) note(ctx context.Context, cp Copy) error {
	_, err := m.committer.commit(ctx, cp.Log, func(st *logState) (*delta, Ledger) {
		d := &delta{}
		if !st.has(&cp) {
			d.add(&cp, noted)
		}
		return d, Ledger{}
	})
	return err
}

func (m *Remaking) fromBots(ctx context.Context, r *Remade) (whither, error) {
	cp, err := m.committer.Place(ctx, m.liveSite(), r.event, r.pos)
	expired := errors.Is(err, ErrExpired)
	switch {
	case err != nil && !expired:
		return stays, err
	case cp.Outcome == Late:
		r.Outcome, r.Reason = Late, ""
		return here, nil
	case cp.Log.Window < m.site.own.from:
		return stays, nil
	}
	cp.Hit = r.Hit
	cp.Hit.At = cp.At
	if err := m.guard(ctx, &cp); err != nil {
		return stays, err
	}
	if err := m.hold(ctx, &cp, expired); err != nil {
		return stays, err
	}
	return moved, m.bookElsewhere(ctx, cp)
}

// guard leaves the copy's id in the log of its own time, which was not believed, and makes it a duplicate where it is counted there.
func (m *Remaking) guard(ctx context.Context, cp *Copy) error {
	if cp.Guard == (Log{}) || event.Expired(cp.Guard.Window, m.committer.opts.Now().UnixMilli()) {
		return nil
	}
	_, err := m.committer.commit(ctx, cp.Guard, func(st *logState) (*delta, Ledger) {
		d := &delta{}
		kind := st.ids[cp.ID].kind()
		switch {
		case kind == idCounted || st.holds[cp.ID] != 0:
			cp.Outcome = Duplicate
		case kind == 0:
			d.guards = append(d.guards, cp.ID)
		}
		return d, Ledger{}
	})
	return err
}

// hold leaves the copy's id in the live log as one that the edition counts, and its tag. It makes a duplicate of a copy whose event is counted already. A window that takes no delta any more
// takes no live copy either: there reading is enough.
func (m *Remaking) hold(ctx context.Context, cp *Copy, expired bool) error {
	src, err := m.source(ctx, cp.Log)
	if err != nil {
		return err
	}
	_, err = m.committer.commit(ctx, cp.Log, func(st *logState) (*delta, Ledger) {
		d := &delta{}
		holder, kind := st.holds[cp.ID], st.ids[cp.ID].kind()
		ours := holder == m.site.Gen || slices.Contains(m.site.stack, holder) && !src.counted[cp.ID] // an earlier edition made a bot of it
		switch {
		case cp.Outcome != Counted:
		case kind == idGuarded || kind == idCounted && src.counted[cp.ID] || holder != 0 && !ours:
			cp.Outcome = Duplicate
		case holder != m.site.Gen:
			d.holds, d.holder = []uint64{cp.ID}, m.site.Gen
		}
		if !st.has(cp) {
			d.add(cp, noted)
		}
		if expired {
			return &delta{}, Ledger{}
		}
		return d, Ledger{}
	})
	return err
}

// bookElsewhere books a copy in the edition's own log.
func (m *Remaking) bookElsewhere(ctx context.Context, cp Copy) error {
	cp.Log.Gen = m.site.Gen
	_, err := m.committer.commit(ctx, cp.Log, func(st *logState) (*delta, Ledger) { return sortCopies(st, []*Copy{&cp}) })
	return err
}

// lose notes a delta that cannot be read.
func (s *sourceLog) lose(o origin, e store.Entry) {
	s.lost = append(s.lost, o)
	if h, err := decodeHead(e.Head); err == nil {
		s.missed += h.ledger.Received
	}
}

// Orphan takes a copy that was consumed, and that no readable delta has booked. Where the log that it belongs to has deltas that cannot be read, it is one of theirs. Outcome is what it would
// have by the rules of now, Counted or Bot.
func (m *Remaking) Orphan(ctx context.Context, e *event.Event, p Position, o Outcome, reason string) (*Remade, error) {
	var cp Copy
	var err error
	if o == Bot {
		cp, err = m.committer.PlaceDropped(ctx, m.liveSite(), e, p, Bot, reason)
	} else {
		cp, err = m.committer.Place(ctx, m.liveSite(), e, p)
	}
	if err != nil && !errors.Is(err, ErrExpired) || cp.Log.Window < m.site.own.from {
		return nil, ignoreExpired(err)
	}
	src, err := m.source(ctx, cp.Log)
	if err != nil || len(src.lost) == 0 {
		return nil, err
	}
	r := &Remade{Copy: cp, booked: cp.Outcome, log: cp.Log, event: e, pos: p}
	src.found = append(src.found, r)
	m.Sum.Copies++
	return r, nil
}

func ignoreExpired(err error) error {
	if errors.Is(err, ErrExpired) {
		return nil
	}
	return err
}

// End makes the logs anew that cannot be read, from the copies that belong to them, and sums up.
func (m *Remaking) End(ctx context.Context) error {
	for log, src := range m.logs {
		for _, d := range src.deltas {
			if d.begun() {
				m.Sum.Kept++
			}
		}
		if len(src.lost) == 0 || len(src.found) == 0 {
			continue
		}
		if err := m.mend(ctx, log, src); err != nil {
			return err
		}
	}
	return nil
}

func (m *Remaking) mend(ctx context.Context, log Log, src *sourceLog) error {
	slices.SortFunc(src.found, func(a, b *Remade) int {
		return cmp.Or(cmp.Compare(a.pos.Shard, b.pos.Shard), comparePositions(a.pos, b.pos))
	})
	for _, r := range src.found {
		if r.Outcome == Counted && src.counted[r.ID] {
			r.Outcome = Duplicate
		}
		if r.Outcome == Counted {
			src.counted[r.ID] = true
		}
	}
	m.Sum.Mended++
	if n := uint64(len(src.found)); n < src.missed {
		m.Sum.Missing += src.missed - n
	}
	d := &delta{origins: src.lost}
	d.book(src.found)
	return m.replace(ctx, log, d)
}
