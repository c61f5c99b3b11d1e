package aggregate

import (
	"context"
	"errors"
	"slices"

	"github.com/streamgauge/streamgauge/store"
)

// Layering says of which generations a site's figures are made beside the live one. All of it changes in one compare-and-swap of the site, and so an import shows as a
// whole or not at all.
type Layering struct {
	// Layers are the generations of the imports that are switched in.
	Layers []uint32 `json:"layers,omitempty"`
	// Filling is the generation that an import fills now; 0 for none.
	Filling uint32 `json:"filling,omitempty"`
	// Given is the greatest generation that an import was given: none is given twice.
	Given uint32 `json:"given,omitempty"`
	// Switched is how often an import or an edition was switched in or out.
	Switched uint64 `json:"switched,omitempty"`
	// Editions are the rebuilds that were switched in, the first first; Next is the one that is filled now.
	Editions []Edition `json:"editions,omitempty"`
	Next     Edition   `json:"next,omitzero"`
	Retired  []Retired `json:"retired,omitempty"`
}

// generations returns the site once for each generation that its figures are read from, the live ones first.
func (s Site) generations() []Site {
	all := s.editions()
	for _, gen := range s.Layers {
		all = append(all, s.as(gen))
	}
	return all
}

// as returns the site as the parts that keep windows and roll-ups see it in a generation.
func (s Site) as(gen uint32) Site {
	s.Gen, s.stack, s.own, s.aside = gen, nil, span{}, false
	return s
}

// holds reports whether an import or a rebuild fills the generation, or has filled it and is switched in.
func (l Layering) holds(gen uint32) bool {
	return gen != 0 && (gen == l.Filling || slices.Contains(l.Layers, gen) || gen == l.Next.Gen ||
		slices.ContainsFunc(l.Editions, func(e Edition) bool { return e.Gen == gen }))
}

// gaveUp reports whether the generation was an import's or a rebuild's, and is no more. Of one that was given after the site was read it says no.
func (l Layering) gaveUp(gen uint32) bool { return gen <= l.Given && !l.holds(gen) }

// everyGeneration returns what is to be rolled up: the sites in use once for each of their generations, also for the one that is filled, and the place of copies that
// name no site.
func everyGeneration(ctx context.Context, sites *Sites, tell teller) ([]Site, error) {
	list, err := everySite(ctx, sites, tell)
	var all []Site
	for _, s := range list {
		all = append(all, s.rolled(sites.now())...)
		for _, gen := range s.Layers {
			all = append(all, s.as(gen))
		}
		if s.Filling != 0 {
			all = append(all, s.as(s.Filling))
		}
	}
	return all, err
}

// layer changes the layers of a site. The change is tried again on what somebody else has written meanwhile.
func (s *Sites) layer(ctx context.Context, id string, change func(*Site) error) (Site, error) {
	for {
		site, rev, err := s.readLive(ctx, id)
		if err != nil {
			return Site{}, err
		}
		site.Layers, site.Editions, site.Retired = slices.Clone(site.Layers), slices.Clone(site.Editions), slices.Clone(site.Retired)
		if err := change(&site); err != nil {
			return site, err
		}
		if err := s.write(ctx, site, rev); !errors.Is(err, store.ErrConflict) {
			return site, err
		}
	}
}
