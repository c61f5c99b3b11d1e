package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

// keepEvents is for how many days events of alerts are kept.
const keepEvents = 400

func eventPartition(site string) string { return "E#" + site }

// AlertEvent is an event of an alert as it is kept. It is created once: its key is the minute in which it begins and its rule.
type AlertEvent struct {
	alert.Event
	Site string `json:"site"`
	Gen  uint32 `json:"gen"`
	// unreadable: nothing is known of it but what its key says.
	unreadable bool
}

// ID names the event, at whatever attempt to tell of it.
func (e AlertEvent) ID() string { return fmt.Sprintf("%s/%s/%d", e.Site, e.Rule, e.At) }

// State is firing or resolved.
func (e AlertEvent) State() string {
	if e.ResolvedAt == 0 {
		return StateFiring
	}
	return StateResolved
}

func (e AlertEvent) key() store.Key {
	return store.Key{Partition: eventPartition(e.Site), Sort: timeKey(e.At) + "#" + e.Rule}
}

// readAlertEvents returns the events of a site that begin in a span, and tells of those that cannot be read.
func readAlertEvents(ctx context.Context, items itemStore, site Site, sp span, tell teller) ([]AlertEvent, error) {
	var events []AlertEvent
	r := store.Range{Partition: eventPartition(site.ID), From: timeKey(sp.from), To: timeKey(sp.to)}
	for it, err := range items.Scan(ctx, r) {
		if err != nil {
			return nil, fmt.Errorf("read events of alerts: %w", err)
		}
		e, err := decodeEvent(site, it)
		if err != nil {
			tell("event "+it.Key.Partition+it.Key.Sort, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// decodeEvent reads an event. One that cannot be read is what its key says, an event that was told, and is taken to be over after a minute; the error says why.
func decodeEvent(site Site, it store.Item) (e AlertEvent, _ error) {
	err := decodeJSON("event of an alert", it, &e)
	if err == nil {
		return e, nil
	}
	start, rule, _ := strings.Cut(it.Key.Sort, "#")
	at, _ := parseTimeKey(start) // zero is long over
	return AlertEvent{
		Event: alert.Event{Rule: rule, Name: rule, At: at, ResolvedAt: at + minuteMS, Message: "what was kept of this event cannot be read"},
		Site:  site.ID, Gen: site.Gen, unreadable: true,
	}, err
}

// apply creates the events that began, and ends those that did.
func (f *Finals) apply(ctx context.Context, site Site, c alert.Changes) error {
	for _, e := range c.Began {
		began := e
		began.ResolvedAt = 0
		if err := f.begin(ctx, site, AlertEvent{Event: began, Site: site.ID, Gen: site.Gen}); err != nil {
			return err
		}
		if e.ResolvedAt != 0 {
			c.Ended = append(c.Ended, e)
		}
	}
	for _, e := range c.Ended {
		if err := f.end(ctx, site, AlertEvent{Event: e, Site: site.ID, Gen: site.Gen}); err != nil {
			return err
		}
	}
	return nil
}

// begin creates an event if it does not exist. The notices of it go first: see outbox.go.
func (f *Finals) begin(ctx context.Context, site Site, e AlertEvent) error {
	if err := f.announce(ctx, site, e, StateFiring); err != nil {
		return err
	}
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	_, err = f.store.Put(ctx, e.key(), value, store.Write{})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("create event of an alert: %w", err)
	}
	return nil
}

// end notes when an event ended, if nobody has. One that cannot be read is written anew.
func (f *Finals) end(ctx context.Context, site Site, e AlertEvent) error {
	for {
		it, err := f.store.Get(ctx, e.key())
		if err != nil {
			return fmt.Errorf("read event of an alert: %w", err)
		}
		kept, err := decodeEvent(site, it)
		if err == nil && kept.ResolvedAt != 0 {
			return nil
		}
		if err := f.announce(ctx, site, e, StateResolved); err != nil {
			return err
		}
		kept.ResolvedAt = e.ResolvedAt
		value, err := json.Marshal(kept)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		_, err = f.store.Put(ctx, e.key(), value, store.Write{Expect: it.Revision})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func (f *Finals) announce(ctx context.Context, site Site, e AlertEvent, phase string) error {
	n := notice{Kind: aboutAlert, Site: site.ID, Gen: site.Gen, Object: e.key().Sort, Phase: phase, Made: f.now().UnixMilli()}
	return enqueue(ctx, f.store, n, slices.Concat(f.opts.Notify, site.Webhooks))
}

// endRemoved ends what goes on of rules that the site does not have any more.
func (f *Finals) endRemoved(ctx context.Context, site Site, events []AlertEvent, at int64) error {
	for _, e := range events {
		has := slices.ContainsFunc(site.Alerts, func(r alert.Rule) bool { return r.ID == e.Rule })
		if has || e.ResolvedAt != 0 {
			continue
		}
		e.ResolvedAt = at
		if err := f.end(ctx, site, e); err != nil {
			return err
		}
	}
	return nil
}
