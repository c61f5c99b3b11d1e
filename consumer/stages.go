package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

func (h *Handler) decode(_ context.Context, items []item) error {
	readEvents(items)
	return nil
}

// readEvents decodes the events. A record that nobody stamped at the door has arrived when the stream took it; so has one whose
// stamp is ahead of that.
func readEvents(items []item) {
	for i := range items {
		it := &items[i]
		if !it.keep() {
			continue
		}
		problems, err := it.event.Decode(it.data)
		switch {
		case err != nil:
			it.quarantine(poisonRecord, err.Error())
			continue
		case len(problems) > 0:
			it.quarantine(poisonEvent, describe(problems))
			continue
		}
		e := &it.event
		if only := event.AuthorizedSite(it.partitionKey); only != "" && e.Site != only {
			it.quarantine(poisonForeign, fmt.Sprintf("the event is of site %s, and was sent with a token of %s", e.Site, only))
			continue
		}
		if e.ReceivedAt == 0 || e.ReceivedAt > it.arrival+event.MaxAheadMS {
			e.ReceivedAt = it.arrival
		}
		if e.ID == "" {
			e.ID = event.DeriveID(it.pos.Stream, it.pos.Shard, it.pos.SequenceNumber, it.pos.Index)
		}
		it.valid = true
	}
}

func describe(problems []event.FieldError) string {
	parts := make([]string, len(problems))
	for i, p := range problems {
		parts[i] = p.Message
	}
	return strings.Join(parts, "; ")
}

// lookUpSites finds the site of every event, and creates those that are new where that is allowed.
func (h *Handler) lookUpSites(ctx context.Context, items []item) error {
	known := make(map[string]*aggregate.Site)
	for i := range items {
		it := &items[i]
		if !it.keep() {
			continue
		}
		site, ok := known[it.event.Site]
		if !ok {
			found, err := h.site(ctx, it.event.Site)
			if errors.Is(err, aggregate.ErrCorrupt) {
				it.quarantine(poisonDamaged, err.Error())
				continue
			}
			if err != nil {
				return err
			}
			site = &found
			known[strings.Clone(it.event.Site)] = site
		}
		if site.ID == "" {
			it.quarantine(poisonSite, "the site is not registered, or was removed")
			continue
		}
		it.site = site
	}
	return nil
}

// site returns a site in use, or the zero Site.
func (h *Handler) site(ctx context.Context, id string) (site aggregate.Site, err error) {
	err = h.committer.Retry(ctx, func() (err error) {
		if h.opts.CreateSites {
			site, _, err = h.sites.Ensure(ctx, strings.Clone(id))
		} else {
			site, err = h.sites.Get(ctx, id)
		}
		if errors.Is(err, aggregate.ErrNoSite) {
			site, err = aggregate.Site{}, nil
		}
		return err
	})
	return site, err
}

// filterBots drops automation where the site does not want it counted: what the door marked, and what its user agent gives away.
func (h *Handler) filterBots(_ context.Context, items []item) error {
	for i := range items {
		it := &items[i]
		if !it.keep() {
			continue
		}
		if why := droppedAs(h.enricher, it.site, &it.event); why != "" {
			it.drop(aggregate.Bot, why)
		}
	}
	return nil
}

// droppedAs says as what automation an event is not counted; "" if it is.
func droppedAs(en *enrich.Enricher, site *aggregate.Site, e *event.Event) string {
	if site.Bots != aggregate.DropBots {
		return ""
	}
	return en.Bot(e)
}

// place finds the log of every copy. It is the last stage that can put a copy into quarantine.
func (h *Handler) place(ctx context.Context, items []item) error {
	for i := range items {
		it := &items[i]
		if it.poison != "" {
			continue
		}
		var err error
		if it.dropped != 0 {
			it.copy, err = h.committer.PlaceDropped(ctx, *it.site, &it.event, it.pos, it.dropped, it.reason)
		} else {
			it.copy, err = h.committer.Place(ctx, *it.site, &it.event, it.pos)
		}
		if errors.Is(err, aggregate.ErrExpired) {
			it.quarantine(poisonExpired, err.Error())
			err = nil
		}
		if errors.Is(err, aggregate.ErrCorrupt) {
			it.quarantine(poisonDamaged, err.Error())
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enrich makes the hits of the events that are to be counted, at the times that they were placed at.
func (h *Handler) enrich(items []item, hits *hits) {
	for i := range items {
		if it := &items[i]; it.copy.Outcome == aggregate.Counted {
			it.copy.Hit = hits.next()
			h.enricher.Hit(it.copy.Hit, &it.event, it.copy.At)
		}
	}
}

// siteOfPoison finds the site that a bad copy is booked under: the one it names, or the one of its partition key, if there is such a
// site.
func (h *Handler) siteOfPoison(ctx context.Context, it *item) (aggregate.Site, error) {
	if it.site != nil {
		return *it.site, nil
	}
	for _, id := range [...]string{it.claimedSite(), event.SiteOfPartitionKey(it.partitionKey)} {
		if !event.ValidSite(id) {
			continue
		}
		var site aggregate.Site
		err := h.committer.Retry(ctx, func() (err error) {
			site, err = h.sites.Get(ctx, id)
			if errors.Is(err, aggregate.ErrNoSite) || errors.Is(err, aggregate.ErrCorrupt) {
				site, err = aggregate.Site{}, nil
			}
			return err
		})
		if err != nil || site.ID != "" {
			return site, err
		}
	}
	return aggregate.Site{}, nil
}
