package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

const alertsKey = "J" // partition of how far the rules of sites were evaluated

// progress is how far the rules of a site were evaluated.
type progress struct {
	Gen     uint32           `json:"gen"`
	Through int64            `json:"through"` // minutes that begin before it were
	Rules   map[string]int64 `json:"rules"`   // from when on each is evaluated
	Open    map[string]int64 `json:"open"`    // when the event of a rule began that goes on
	rev     store.Revision
}

// knows reports whether the rules are those that were evaluated: a new one does not wait for the end of a minute.
func (p *progress) knows(rules []alert.Rule) bool {
	if p == nil || len(p.Rules) != len(rules) {
		return false
	}
	return !slices.ContainsFunc(rules, func(r alert.Rule) bool { _, known := p.Rules[r.ID]; return !known })
}

// readProgress reads how far the rules of every site were evaluated. Where that cannot be read it is as if they never were, but for the events that there are.
func readProgress(ctx context.Context, items itemStore, tell teller) (map[string]*progress, error) {
	all := make(map[string]*progress)
	for it, err := range items.Scan(ctx, store.Range{Partition: alertsKey}) {
		if err != nil {
			return nil, fmt.Errorf("read progress of alerts: %w", err)
		}
		p := &progress{rev: it.Revision}
		if err := decodeJSON("progress of alerts of", it, p); err != nil {
			tell("progress "+it.Key.Sort, err)
			p = &progress{rev: it.Revision}
		}
		all[it.Key.Sort] = p
	}
	return all, nil
}

func (p *progress) write(ctx context.Context, items itemStore, site string) error {
	value, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode progress of alerts: %w", err)
	}
	_, err = items.Put(ctx, store.Key{Partition: alertsKey, Sort: site}, value, store.Write{Expect: p.rev, Relaxed: true})
	if err != nil && !errors.Is(err, store.ErrConflict) { // another roller evaluated the same
		return fmt.Errorf("write progress of alerts: %w", err)
	}
	return nil
}

// noteOpen notes which event of a rule goes on after the changes.
func noteOpen(p *progress, events []alert.Event, c alert.Changes) {
	for _, e := range slices.Concat(events, c.Began) {
		ended := slices.ContainsFunc(c.Ended, func(o alert.Event) bool { return o.At == e.At })
		if e.ResolvedAt == 0 && !ended {
			p.Open[e.Rule] = e.At
		}
	}
}
