package aggregate

import (
	"sync"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// builders are reused: a builder keeps its columns and dictionaries.
var builders = sync.Pool{New: func() any { return &sketch.Builder{} }}

// sortCopies finds out which copies are new to the log, and makes the delta of those. The ledger also says how many were
// redelivered, which no delta holds.
func sortCopies(st *logState, copies []*Copy) (*delta, Ledger) {
	b := builders.Get().(*sketch.Builder)
	defer func() { b.Reset(); builders.Put(b) }()
	f := folding{st: st, d: &delta{}, ids: make(map[uint64]struct{}, len(copies)), hits: b}
	var redelivered uint64
	for _, cp := range copies {
		outcome, isNew := f.outcome(cp)
		cp.Became = outcome
		if !isNew {
			cp.Became = 0
			redelivered++
			continue
		}
		f.book(cp, outcome)
	}
	f.d.made.sample, f.d.made.rest = b.Seal()
	ledger := f.d.made.ledger
	f.d.made.ledger.Received = f.d.copies()
	ledger.Received, ledger.Redelivered = f.d.copies(), redelivered
	return f.d, ledger
}

// folding is a delta in the making.
type folding struct {
	st   *logState
	d    *delta
	ids  map[uint64]struct{} // counted by this delta
	hits *sketch.Builder
}

// outcome says where a copy ends, or that it was there before. An event is new if and only if its id is not in the log: the tag
// only tells a redelivery from a duplicate.
func (f *folding) outcome(cp *Copy) (Outcome, bool) {
	seen := f.st.has(cp)
	if cp.Outcome != Counted {
		return cp.Outcome, !seen
	}
	if _, here := f.ids[cp.ID]; here {
		return Duplicate, true
	}
	if f.st.knows(cp.ID) || seen && f.st.freed[cp.ID] {
		return Duplicate, !seen
	}
	return Counted, true
}

func (f *folding) book(cp *Copy, outcome Outcome) {
	f.d.add(cp, outcome)
	f.d.made.ledger.Book(outcome, cp.Reason)
	if outcome != Counted {
		return
	}
	f.ids[cp.ID] = struct{}{}
	f.hits.Add(cp.Visitor, cp.Hit)
}

func (d *delta) empty() bool {
	return d.copies() == 0 && len(d.guards) == 0 && len(d.holds) == 0 && len(d.origins) == 0
}
