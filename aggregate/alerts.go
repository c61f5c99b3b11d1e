package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

const (
	// keepEvents is for how many days events of alerts are kept.
	keepEvents = 400
	// eventsBackMS is how far back events are looked for that may cover a minute that is evaluated.
	eventsBackMS = 8 * dayMS
	alertsKey    = "J" // partition of how far the rules of sites were evaluated
)

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

// The states of a rule, and of an event.
const (
	StateOK       = "ok"
	StateFiring   = "firing"
	StateUnknown  = "unknown" // it was not evaluated yet
	StateResolved = "resolved"
)

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

// progress is how far the rules of a site were evaluated.
type progress struct {
	Gen     uint32           `json:"gen"`
	Through int64            `json:"through"` // minutes that begin before it were
	Rules   map[string]int64 `json:"rules"`   // from when on each is evaluated
	Open    map[string]int64 `json:"open"`    // when the event of a rule began that goes on
	rev     store.Revision
}

// evaluate evaluates the rules of sites on the minutes that were settled since, and again on those of which a manifest was revised. It returns the sites whose rules could not be, for something
// that they need cannot be read.
func (f *Finals) evaluate(ctx context.Context, due []*dueFinal, before, known span, tell teller) (hurt map[string]bool, _ error) {
	revised := make(map[string]int64)         // the earliest minute of each site
	unmade := make(map[string]map[int64]bool) // the minutes of each site whose roll-ups have no manifest
	for _, d := range due {
		if d.made < d.n {
			if unmade[d.site] == nil {
				unmade[d.site] = make(map[int64]bool)
			}
			unmade[d.site][d.child.start] = true
		}
		if d.siteNow.ID == "" || d.made == 0 || d.child.start >= before.to {
			continue
		}
		if at, there := revised[d.site]; !there || d.child.start < at {
			revised[d.site] = d.child.start
		}
	}
	all, err := readProgress(ctx, f.store, tell)
	if err != nil {
		return nil, err
	}
	sites, err := f.sites.list(ctx, tell)
	if err != nil {
		return nil, err
	}
	var errs []error
	hurt = make(map[string]bool)
	for _, s := range sites {
		at, again := revised[s.ID]
		p, watched := all[s.ID]
		idle := len(s.Alerts) == 0 && (!watched || len(p.Open) == 0)
		if idle || known.to == before.to && !again && p.knows(s.Alerts) {
			continue
		}
		if !again {
			at = known.to
		}
		e := evaluation{Finals: f, site: s, known: known, unmade: unmade[s.ID], tell: tell}
		if err := e.run(ctx, p, at); err != nil {
			err = fmt.Errorf("evaluate the alerts of site %s: %w", s.ID, err)
			hurt[s.ID] = IsDamage(err)
			errs = append(errs, spared(tell, "alerts "+s.ID, err))
		}
	}
	return hurt, errors.Join(errs...)
}

// evaluation is that of the rules of a site.
type evaluation struct {
	*Finals
	site   Site
	known  span           // minutes of which there are final values
	unmade map[int64]bool // those of them that something came in, and nobody knows what
	tell   teller
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

// run evaluates the rules of the site up to the end of what is known. Minutes from again on have been evaluated before and are looked at once more.
//
// What it finds is kept and put into the outbox before its own progress is: who dies between evaluates the same minutes again, finds the same events, and creates none twice.
func (f evaluation) run(ctx context.Context, p *progress, again int64) error {
	site, known := f.site, f.known
	if p == nil || p.Gen != site.Gen {
		rev := store.Revision(0)
		if p != nil {
			rev = p.rev
		}
		p = &progress{Gen: site.Gen, Through: known.to - minuteMS, rev: rev}
	}
	next := &progress{Gen: site.Gen, Through: max(p.Through, known.to), Rules: make(map[string]int64), Open: make(map[string]int64), rev: p.rev}
	from := min(again, p.Through)
	for _, r := range site.Alerts {
		since, there := p.Rules[r.ID]
		if !there { // of the past, it looks at the last minute only
			since = known.to - minuteMS
			from = min(from, since)
		}
		next.Rules[r.ID] = since
	}
	events, err := f.eventsSince(ctx, from-eventsBackMS, p)
	if err != nil {
		return err
	}
	values, err := f.values(ctx, span{from, known.to})
	if err != nil {
		return err
	}
	for _, r := range site.Alerts {
		mine := ofRule(events, r.ID)
		changes := replay(r, values, mine, span{max(from, next.Rules[r.ID]), known.to}, p.Through)
		if err := f.apply(ctx, site, changes); err != nil {
			return err
		}
		noteOpen(next, mine, changes)
	}
	if err := f.endRemoved(ctx, site, events, known.to); err != nil {
		return err
	}
	return next.write(ctx, f.store, site.ID)
}

// replay evaluates a rule for the minutes of the span. Where only some of them were revised, it stops when nothing can be different any more.
func replay(r alert.Rule, v alert.Values, events []alert.Event, sp span, through int64) alert.Changes {
	if near := sp.from + r.Reach(); through >= sp.to && near < sp.to-minuteMS {
		c := r.Replay(v, events, sp.from, near)
		if !slices.ContainsFunc(c.Began, func(e alert.Event) bool { return e.ResolvedAt == 0 }) {
			return c
		}
	}
	return r.Replay(v, events, sp.from, sp.to-minuteMS)
}

func ofRule(events []AlertEvent, rule string) []alert.Event {
	var mine []alert.Event
	for _, e := range events {
		if e.Rule == rule {
			mine = append(mine, e.Event)
		}
	}
	return mine
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

// eventsSince returns the events of a site that began since then, and those that go on.
func (f evaluation) eventsSince(ctx context.Context, from int64, p *progress) ([]AlertEvent, error) {
	site := f.site
	events, err := readAlertEvents(ctx, f.store, site, span{max(0, from), forEver}, f.tell)
	if err != nil {
		return nil, err
	}
	for rule, at := range p.Open {
		if at >= from {
			continue
		}
		it, err := f.store.Get(ctx, AlertEvent{Event: alert.Event{Rule: rule, At: at}, Site: site.ID}.key())
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read event of an alert: %w", err)
		}
		e, err := decodeEvent(site, it)
		if err != nil {
			f.tell("event "+it.Key.Partition+it.Key.Sort, err)
		}
		events = append(events, e)
	}
	events = slices.DeleteFunc(events, func(e AlertEvent) bool { return e.Gen != site.Gen })
	for i, e := range events {
		if at, open := p.Open[e.Rule]; e.unreadable && open && at == e.At {
			events[i].ResolvedAt = 0
		}
	}
	return events, nil
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

// values reads what the rules of the site need to know to be evaluated for the minutes of the span.
func (f evaluation) values(ctx context.Context, sp span) (alert.Values, error) {
	site := f.site
	v := alert.Values{Since: f.known.from, Begin: site.Created.UnixMilli(), Zone: site.Zone()}
	back, week, invalid := int64(0), false, false
	for _, r := range site.Alerts {
		back = max(back, r.Reach())
		week = week || r.Kind == alert.Change
		invalid = invalid || r.Kind == alert.Errors
	}
	now := span{max(0, sp.from-back), sp.to}
	all, err := f.manifests(ctx, now)
	if err != nil {
		return v, err
	}
	if week {
		then := span{alert.WeekBefore(v.Zone, now.from) - hourMS, alert.WeekBefore(v.Zone, now.to) + hourMS} // the clock may be put forward or back between
		old, err := f.manifests(ctx, then)
		if err != nil {
			return v, err
		}
		maps.Copy(all, old)
	}
	refused := make(map[int64]uint64)
	if invalid {
		if refused, err = refusedByMinute(ctx, f.store, site.ID, now, f.tell); err != nil {
			return v, err
		}
	}
	v.At = func(minute int64) alert.Value {
		value := alert.Value{Invalid: refused[minute]}
		m := all[minute]
		value.Unknown = m == nil && f.unmade[minute] || m != nil && m.damage != nil
		if m != nil {
			value.Events, value.Pageviews, value.Visitors, value.Names, value.Cut = m.events, m.pageviews, m.visitors, m.names, m.cut
			l := m.ledger
			value.Received, value.Quarantined, value.Late, value.Bot = l.Received, l.Quarantined, l.Late, l.Bot
		}
		return value
	}
	return v, nil
}

// manifests reads the last manifests of the minutes in a span. Of those that cannot be read the next revision is made in the next round.
func (f evaluation) manifests(ctx context.Context, sp span) (map[int64]*manifest, error) {
	all, err := manifests(ctx, f.store, f.site.Gen, f.site.ID, sp, f.tell)
	if err != nil {
		return nil, err
	}
	for minute, m := range all {
		if m.damage == nil {
			continue
		}
		if err := remakeFinal(ctx, f.store, f.site, minute, f.now()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// refusedByMinute returns how many events of a site its doors refused in each minute.
func refusedByMinute(ctx context.Context, items itemStore, site string, sp span, tell teller) (map[int64]uint64, error) {
	all := make(map[int64]uint64)
	return all, eachMinute(ctx, items, site, sp, tell, func(minute int64, one account) { all[minute] += one.Invalid })
}

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
