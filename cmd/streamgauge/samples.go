package main

import (
	"strings"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
)

// sampledKind is what samples of the ledger are kept apart by.
type sampledKind struct {
	site    string
	outcome aggregate.Outcome
	reason  string
}

// takeSamples takes an example of each kind of copy in a slice that one is due of. The slice is looked through only where there are such, which is a few times a second.
func takeSamples(s *apigw.Samples, r consumer.Report) {
	due := dueSamples(s, r.Tally)
	if len(due) == 0 {
		return
	}
	for b := range r.Booked {
		k := sampledKind{b.Site, b.Outcome, b.Reason}
		if !due[k] {
			continue
		}
		x := apigw.Sample{T: b.At, ID: b.Event.ID, Name: b.Event.Name, Reason: b.Reason, Shard: b.Position.Shard, SequenceNumber: b.Position.SequenceNumber}
		if x.T == 0 {
			x.T = b.Event.TS
		}
		if b.Event.URL != "" {
			x.Page = event.PageOf(b.Event.URL)
		}
		s.Add(b.Site, b.Outcome, x, b.Data)
		if delete(due, k); len(due) == 0 {
			return
		}
	}
}

// dueSamples returns the kinds of copies in a slice that an example is due of. What is quarantined is kept elsewhere, with its bytes.
func dueSamples(s *apigw.Samples, t aggregate.Tally) map[sampledKind]bool {
	var due map[sampledKind]bool
	want := func(k sampledKind, n uint64) {
		if n == 0 || !s.Wants(k.site, k.outcome, k.reason) {
			return
		}
		if due == nil {
			due = make(map[sampledKind]bool)
		}
		due[k] = true
	}
	for site, l := range t {
		want(sampledKind{site, aggregate.Counted, ""}, l.Counted)
		want(sampledKind{site, aggregate.Duplicate, ""}, l.Duplicate)
		want(sampledKind{site, aggregate.Late, ""}, l.Late)
		for why, n := range l.Reasons {
			if outcome, reason, _ := strings.Cut(why, ": "); outcome == aggregate.Bot.String() {
				want(sampledKind{site, aggregate.Bot, reason}, n)
			}
		}
	}
	return due
}
