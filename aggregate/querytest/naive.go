package querytest

import (
	"context"
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// Enrichment is what a consumer finds out about an event.
type Enrichment struct {
	Hit func(*event.Event) sketch.Hit
	// Bot returns why an event is automation, or "".
	Bot func(*event.Event) string
}

// Plain knows no tables: it believes the door's mark about bots, and finds no sources and no browsers.
var Plain = Enrichment{Hit: naive.Plain, Bot: func(e *event.Event) string {
	if e.Bot != "" {
		return "marked"
	}
	return ""
}}

// Naive is the naive evaluator as an Engine.
type Naive struct {
	site   Site
	bot    func(*event.Event) string
	events *naive.Evaluator
	n      int
	known  *naive.History // nil after something changed
}

// NewNaive returns an engine without events.
func NewNaive(by Enrichment) *Naive {
	n := &Naive{events: naive.New(), bot: by.Bot}
	n.events.Derive = by.Hit
	return n
}

// SetSite is of Engine.
func (n *Naive) SetSite(_ context.Context, s Site) error {
	n.site, n.known = s, nil
	return nil
}

// Load is of Engine.
func (n *Naive) Load(_ context.Context, batch []event.Event) error {
	n.known = nil
	for _, e := range batch {
		n.n++
		c := &naive.Copy{Event: e, Position: aggregate.Position{SequenceNumber: fmt.Sprint(n.n)}}
		if reason := n.bot(&e); reason != "" && n.site.Bots != aggregate.CountBots {
			c.Outcome, c.Reason = aggregate.Bot, reason
		}
		n.events.Add(c)
	}
	return nil
}

// History is what is counted.
func (n *Naive) History() *naive.History {
	if n.known == nil {
		n.known = n.events.History(SiteID, n.site.Rules)
	}
	return n.known
}

// Query is of Engine.
func (n *Naive) Query(_ context.Context, q query.Query) (query.Result, error) {
	if err := q.Check(n.site.Rules); err != nil {
		return query.Result{}, err
	}
	return n.History().Query(q), nil
}

// Funnel is of Engine.
func (n *Naive) Funnel(_ context.Context, f query.Funnel) (query.FunnelResult, error) {
	if err := f.Check(n.site.Rules); err != nil {
		return query.FunnelResult{}, err
	}
	return n.History().Funnel(f), nil
}

// Retention is of Engine.
func (n *Naive) Retention(_ context.Context, r query.Retention) (query.RetentionResult, error) {
	if err := r.Check(n.site.Rules); err != nil {
		return query.RetentionResult{}, err
	}
	return n.History().Retention(r), nil
}

// Journey is of Engine.
func (n *Naive) Journey(_ context.Context, j query.Journey) (query.JourneyResult, error) {
	if err := j.Check(n.site.Rules); err != nil {
		return query.JourneyResult{}, err
	}
	return n.History().Journey(j), nil
}

// Ledger is of Engine.
func (n *Naive) Ledger(context.Context) (aggregate.Ledger, error) {
	return n.events.Ledger(SiteID), nil
}
