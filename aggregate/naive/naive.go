package naive

import (
	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// Copy is one copy of an event, at its own position on the stream.
type Copy struct {
	Position aggregate.Position
	// Event is valid, and its ID and ReceivedAt are set, unless Outcome says that it is poison.
	Event event.Event
	// Hit is what is kept of the event, but for its time. If nil, the evaluator derives it.
	Hit *sketch.Hit
	// Outcome is Bot or Quarantined where an earlier stage has decided, else zero.
	Outcome aggregate.Outcome
	Reason  string // of such an outcome
	// Site is what a copy in quarantine is booked under. All others are booked under their event's site.
	Site string
}

// Evaluator holds copies in the order in which they were processed.
type Evaluator struct {
	// Derive finds the hit of an event, but for its time. New sets it to Plain.
	Derive func(*event.Event) sketch.Hit

	claims   map[eventID]int64 // the time that the first copy found, for events whose own time does not serve
	counted  map[eventID]bool
	hits     []hit
	outcomes map[aggregate.Position]aggregate.Outcome
	ledgers  map[string]*aggregate.Ledger // by site
}

type eventID struct{ site, id string }

// hit is a counted event at the time that was found for it.
type hit struct {
	at int64
	*event.Event
	kept sketch.Hit
}

// New returns an evaluator that was told of nothing.
func New() *Evaluator {
	return &Evaluator{
		Derive: Plain,
		claims: make(map[eventID]int64), counted: make(map[eventID]bool),
		outcomes: make(map[aggregate.Position]aggregate.Outcome), ledgers: make(map[string]*aggregate.Ledger),
	}
}

// Add processes a copy and returns its outcome. A copy that was added before changes nothing.
func (v *Evaluator) Add(c *Copy) aggregate.Outcome {
	if o, known := v.outcomes[c.Position]; known {
		return o
	}
	site, outcome := c.Event.Site, c.Outcome
	switch outcome {
	case 0:
		outcome = v.count(c)
	case aggregate.Quarantined:
		site = c.Site
	}
	v.outcomes[c.Position] = outcome
	if v.ledgers[site] == nil {
		v.ledgers[site] = &aggregate.Ledger{}
	}
	v.ledgers[site].Received++
	v.ledgers[site].Book(outcome, c.Reason)
	return outcome
}

// count counts an event unless it is late or was counted before.
func (v *Evaluator) count(c *Copy) aggregate.Outcome {
	e := &c.Event
	id := eventID{e.Site, e.ID}
	at := v.timeOf(e, id)
	switch {
	case e.ReceivedAt-at > event.LatenessMS:
		return aggregate.Late
	case v.counted[id]:
		return aggregate.Duplicate
	}
	v.counted[id] = true
	h := hit{at: at, Event: e}
	if c.Hit != nil {
		h.kept = *c.Hit
	} else {
		h.kept = v.Derive(e)
	}
	h.kept.At = at
	v.hits = append(v.hits, h)
	return aggregate.Counted
}

// timeOf returns the event's own time, or where there is none, or where it is too far ahead of this copy's arrival, the arrival of the
// first copy for which that was so.
func (v *Evaluator) timeOf(e *event.Event, id eventID) int64 {
	own := e.TS
	if own == 0 {
		own = event.IDTime(e.ID)
	}
	if own != 0 && own <= e.ReceivedAt+event.MaxAheadMS {
		return own
	}
	if _, claimed := v.claims[id]; !claimed {
		v.claims[id] = e.ReceivedAt
	}
	return v.claims[id]
}

// Outcome returns what became of the copy at a position, zero if there is none.
func (v *Evaluator) Outcome(p aggregate.Position) aggregate.Outcome { return v.outcomes[p] }

// Ledger returns the account of a site; "" is that of copies for which no site was found.
func (v *Evaluator) Ledger(site string) aggregate.Ledger {
	if l := v.ledgers[site]; l != nil {
		return *l
	}
	return aggregate.Ledger{}
}

// History returns what is counted of a site.
func (v *Evaluator) History(site string, rules query.Rules) *History {
	var hits []Hit
	for _, h := range v.hits {
		if h.Site == site {
			hits = append(hits, Hit{Visitor: h.Who(), Hit: h.kept, Vitals: h.Vitals})
		}
	}
	return NewHistory(rules, hits)
}
