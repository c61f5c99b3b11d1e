package aggregate

import "maps"

// Outcome is where a copy of an event ended. Every copy that leaves the stream ends in exactly one.
type Outcome uint8

// The outcomes. Their numbers are stored.
const (
	Counted     Outcome = 1 // the event is in its window's numbers because of this copy
	Duplicate   Outcome = 2 // an earlier copy of the event was counted
	Bot         Outcome = 3 // automation, dropped by the site's rule
	Late        Outcome = 4 // arrived too long after its own time
	Quarantined Outcome = 5 // kept aside with its bytes and a reason
)

func (o Outcome) String() string {
	switch o {
	case Counted:
		return "counted"
	case Duplicate:
		return "duplicate"
	case Bot:
		return "bot"
	case Late:
		return "late"
	case Quarantined:
		return "quarantined"
	}
	return "unknown"
}

// Ledger is the account of the copies that left the stream: Received is how many different copies there were, each at its own position. It is
// counted where copies enter a delta, the outcomes where they are sorted, so that a copy that is lost between the two shows.
type Ledger struct {
	Received    uint64
	Counted     uint64
	Duplicate   uint64
	Bot         uint64
	Late        uint64
	Quarantined uint64
	// Redelivered is how many deliveries of copies that had their outcome already were seen; they are no part of Received.
	Redelivered uint64
	// Reasons says why copies were dropped or quarantined: outcome and reason, as in "quarantined: not JSON".
	Reasons map[string]uint64
}

// Book notes a copy's outcome. The reason may be empty.
func (l *Ledger) Book(o Outcome, reason string) {
	switch o {
	case Counted:
		l.Counted++
	case Duplicate:
		l.Duplicate++
	case Bot:
		l.Bot++
	case Late:
		l.Late++
	case Quarantined:
		l.Quarantined++
	}
	if reason != "" {
		if l.Reasons == nil {
			l.Reasons = make(map[string]uint64)
		}
		l.Reasons[o.String()+": "+reason]++
	}
}

// Merge adds the account o.
func (l *Ledger) Merge(o Ledger) {
	l.Received += o.Received
	l.Counted += o.Counted
	l.Duplicate += o.Duplicate
	l.Bot += o.Bot
	l.Late += o.Late
	l.Quarantined += o.Quarantined
	l.Redelivered += o.Redelivered
	if l.Reasons == nil && len(o.Reasons) > 0 {
		l.Reasons = maps.Clone(o.Reasons)
		return
	}
	for r, n := range o.Reasons {
		if l.Reasons[r] += n; l.Reasons[r] == 0 {
			delete(l.Reasons, r)
		}
	}
	if len(l.Reasons) == 0 {
		l.Reasons = nil
	}
}

// unbook takes a copy and its outcome back; see withdraw.go. Its result alone may be below zero: arithmetic is modulo 2⁶⁴, and the account that
// it is merged with, of the same log, has what it takes back.
func (l *Ledger) unbook(o Outcome, reason string) {
	var booked Ledger
	booked.Book(o, reason)
	l.Received--
	l.Counted -= booked.Counted
	l.Duplicate -= booked.Duplicate
	l.Bot -= booked.Bot
	l.Late -= booked.Late
	l.Quarantined -= booked.Quarantined
	for r := range booked.Reasons {
		if l.Reasons == nil {
			l.Reasons = make(map[string]uint64)
		}
		l.Reasons[r]--
	}
}

// Imbalance is by how much received and the sum of the outcomes differ, either way. It must be zero.
func (l Ledger) Imbalance() uint64 {
	sum := l.Counted + l.Duplicate + l.Bot + l.Late + l.Quarantined
	return max(l.Received, sum) - min(l.Received, sum)
}

// Balanced reports whether every copy received has an outcome.
func (l Ledger) Balanced() bool {
	return l.Imbalance() == 0
}
