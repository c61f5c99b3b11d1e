package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

// eventsBackMS is how far back events are looked for that may cover a minute that is evaluated.
const eventsBackMS = 8 * dayMS

// evaluate evaluates the rules of sites on the minutes that were settled since, and again on those of which a manifest was revised. It returns the sites whose rules could not be, for something
// that they need cannot be read.
func (f *Finals) evaluate(ctx context.Context, due []*dueFinal, before, known span, tell teller) (hurt map[string]bool, _ error) {
	revised, unmade := changedMinutes(due, before)
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

// changedMinutes returns of each site the earliest minute before the end of the span of which a manifest was revised, and the minutes whose roll-ups have no
// manifest.
func changedMinutes(due []*dueFinal, before span) (revised map[string]int64, unmade map[string]map[int64]bool) {
	revised, unmade = make(map[string]int64), make(map[string]map[int64]bool)
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
	return revised, unmade
}

// evaluation is that of the rules of a site.
type evaluation struct {
	*Finals
	site   Site
	known  span           // minutes of which there are final values
	unmade map[int64]bool // those of them that something came in, and nobody knows what
	tell   teller
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
