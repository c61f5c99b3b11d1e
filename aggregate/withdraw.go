package aggregate

import "context"

// How a copy leaves quarantine
//
// A copy that is quarantined is booked in the log of when it was put aside (its quarantine log). It may later be decided otherwise: it is
// redriven, or delivered again after the rules have changed (an unknown site was registered, the code that crashed on it was mended).
// Its new outcome belongs to another log: the event's, or that of its arrival. The store can change one item at a time, so the two
// entries cannot change together. They need not:
//
//  1. The copy is committed like any other. Its id and tag make that happen once.
//  2. Its booking in quarantine is withdrawn: a delta of the quarantine log gives the copy's tag the outcome withdrawn and takes the
//     booking back, received −1 and quarantined −1, if the tag has one there. If it has none the delta says only that: whoever comes
//     later with that tag finds it, and books nothing.
//
// Every delta is balanced in itself, so the books balance at every moment, whatever was appended and whatever was not. After both steps the
// copy is booked once. Between them it is booked twice, and numbers are right: an event is counted by its id. Each step can be repeated
// without effect, so whoever finds a copy between the two finishes it: a redelivery, a second redrive, or the same one after a crash.
// A withdrawal can be taken for granted once it was appended: a log only grows, and no booking of that tag comes after it.
//
// Who has to withdraw must notice. Two may be at work on one copy at a time, with different rules: A, who puts it aside, and B, who counts it.
// A first keeps the copy (its place in the index, then its bytes), so that it can be found by its position, then looks whether it is booked elsewhere, and only then books it in
// quarantine. B first commits it, and then looks whether it is kept by its position. Of two that each write first and look then, at least
// one sees the other. If A sees B's outcome it withdraws, which forbids its own booking. If B sees the copy kept it withdraws, before or
// after A's booking. If both do, the second changes nothing. And who dies between writing and looking has not reported success:
// its batch comes again.
//
// Rejected: to move the outcome inside the quarantine log, in one delta. That is one append, but the new outcome may be of another site, whose
// books would then lack an event that its numbers have. And to withdraw first: who dies then leaves a copy that was received and has no
// outcome at all, which nothing tells from a loss.

// withdrawn is the outcome of a tag in a quarantine log whose copy is booked elsewhere. It is no outcome of a copy, and in no ledger.
const withdrawn Outcome = 6

// noted is the outcome of a tag in a live log whose copy an edition books in that log; see edition.go. It is no outcome of a copy, and in no ledger: a redelivery finds the tag.
const noted Outcome = 7

// Withdraw takes the booking of a kept copy in quarantine back, once; its outcome must be durable elsewhere. It reports whether there was one.
func (c *Committer) Withdraw(ctx context.Context, kept QuarantinedCopy) (bool, error) {
	cp, err := c.PlaceQuarantined(ctx, kept)
	if err != nil {
		return false, err
	}
	took := false
	_, err = c.commit(ctx, cp.Log, func(st *logState) (*delta, Ledger) {
		d := &delta{}
		booked, seen := st.others[cp.Tag]
		took = booked == Quarantined
		if took {
			d.made.ledger.unbook(Quarantined, cp.Reason)
		}
		if !seen || took {
			d.add(&cp, withdrawn)
		}
		return d, d.made.ledger
	})
	return took, err
}
