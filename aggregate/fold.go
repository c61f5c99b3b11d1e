package aggregate

import "strings"

// sortCopies finds out which copies are new to the log, and makes the delta of those. The ledger also says how many were
// redelivered, which no delta holds.
func sortCopies(st *logState, copies []*Copy) (*delta, Ledger) {
	f := folding{st: st, d: &delta{sum: NewSummary()}, ids: make(map[uint64]struct{}, len(copies)), words: make(map[string]string)}
	var redelivered uint64
	for _, cp := range copies {
		outcome, isNew := f.outcome(cp)
		if !isNew {
			redelivered++
			continue
		}
		f.book(cp, outcome)
	}
	ledger := f.d.sum.Ledger
	f.d.sum.Ledger.Received = uint64(len(f.d.tags))
	ledger.Received, ledger.Redelivered = uint64(len(f.d.tags)), redelivered
	return f.d, ledger
}

// folding is a delta in the making.
type folding struct {
	st    *logState
	d     *delta
	ids   map[uint64]struct{} // counted by this delta
	words map[string]string   // one copy of every string that is kept; those of events alias whole records
}

// outcome says where a copy ends, or that it was there before. An event is new if and only if its id is not in the log: the tag, being
// short, only tells a redelivery from a duplicate.
func (f *folding) outcome(cp *Copy) (Outcome, bool) {
	_, seen := f.st.tags[cp.Tag]
	if cp.Outcome != Counted {
		return cp.Outcome, !seen
	}
	if _, here := f.ids[cp.ID]; here {
		return Duplicate, true
	}
	if _, before := f.st.ids[cp.ID]; before {
		return Duplicate, !seen
	}
	return Counted, true
}

func (f *folding) book(cp *Copy, outcome Outcome) {
	f.d.tags = append(f.d.tags, tagged{cp.Tag, outcome})
	f.d.sum.Ledger.Book(outcome, cp.Reason)
	if outcome != Counted {
		return
	}
	f.ids[cp.ID] = struct{}{}
	f.d.ids = append(f.d.ids, cp.ID)
	f.d.sum.Add(f.own(cp.Name), f.own(cp.Page), cp.At, cp.Visitor)
}

func (f *folding) own(s string) string {
	if w, ok := f.words[s]; ok {
		return w
	}
	w := strings.Clone(s)
	f.words[w] = w
	return w
}

func (d *delta) empty() bool { return len(d.tags) == 0 && len(d.guards) == 0 }
