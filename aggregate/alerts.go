package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

// The states of a rule, and of an event.
const (
	StateOK       = "ok"
	StateFiring   = "firing"
	StateUnknown  = "unknown" // it was not evaluated yet
	StateResolved = "resolved"
)

// RuleState is a rule and whether an event of it goes on.
type RuleState struct {
	alert.Rule
	State string `json:"state"`
}

// Alerts answers what the rules of sites have found.
type Alerts struct {
	store itemStore
}

// NewAlerts returns the alerts of a store.
func NewAlerts(s store.Store) *Alerts { return &Alerts{store: s} }

// Rules returns the rules of a site with their states.
func (a *Alerts) Rules(ctx context.Context, site Site) ([]RuleState, error) {
	it, err := a.store.Get(ctx, store.Key{Partition: alertsKey, Sort: site.ID})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("read progress of alerts: %w", err)
	}
	var p progress
	if err == nil && decodeJSON("progress of alerts of", it, &p) != nil {
		p = progress{} // until they are evaluated again
	}
	states := []RuleState{}
	for _, r := range site.Alerts {
		s := RuleState{r, StateUnknown}
		if _, evaluated := p.Rules[r.ID]; evaluated && p.Gen == site.Gen {
			s.State = StateOK
			if _, open := p.Open[r.ID]; open {
				s.State = StateFiring
			}
		}
		states = append(states, s)
	}
	return states, nil
}

// Events returns the events of a site that were going on in [from, to), in order of time.
func (a *Alerts) Events(ctx context.Context, site Site, from, to time.Time) ([]AlertEvent, error) {
	events, err := readAlertEvents(ctx, a.store, site, span{0, max(0, to.UnixMilli())}, ignored)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(events, func(e AlertEvent) bool {
		return e.Gen != site.Gen || e.ResolvedAt != 0 && e.ResolvedAt <= from.UnixMilli()
	}), nil
}
