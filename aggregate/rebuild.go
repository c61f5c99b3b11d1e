package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// RebuildSum says what a rebuild did.
type RebuildSum struct {
	Records   uint64 `json:"records"`   // read of the stream
	Copies    uint64 `json:"copies"`    // of the site's events among them
	Remade    uint64 `json:"remade"`    // deltas that were made anew, and became others
	Unchanged uint64 `json:"unchanged"` // deltas that would become the same
	Kept      uint64 `json:"kept"`      // deltas that stay as they are, for not all of their copies are on the stream
	Moved     uint64 `json:"moved"`     // copies that were a bot's and are counted now, or the reverse
	Mended    uint64 `json:"mended"`    // unreadable logs that were made anew
	Missing   uint64 `json:"missing"`   // copies that these had booked and the stream does not hold any more
}

// The errors of rebuilds. Their texts are for people.
var (
	ErrNoRebuild    = errors.New("no rebuild is under way")
	ErrManyRebuilds = errors.New("too many rebuilds")
)

// maxEditions bounds the rebuilds of a site whose roll-ups are kept, which are read one after the other.
const maxEditions = 100

// rebuildMarginMS is how long before its logs may be removed a day is no part of a rebuild any more: the time that a rebuild may take before it is known to everybody, and what
// clocks are wrong by.
const rebuildMarginMS = dayMS

// Rebuilds makes editions of sites' live figures; edition.go says what they are.
type Rebuilds struct {
	store  store.Store
	sites  *Sites
	roller *Roller
	now    func() time.Time
}

// NewRebuilds returns the rebuilds of the sites kept in s, whose roll-ups r makes.
func NewRebuilds(s store.Store, sites *Sites, r *Roller, now func() time.Time) *Rebuilds {
	return &Rebuilds{store: s, sites: sites, roller: r, now: now}
}

// Begin reserves an edition, or finds the one that a rebuild was interrupted at: the second answer says so.
func (rb *Rebuilds) Begin(ctx context.Context, site string) (Site, bool, error) {
	found := false
	s, err := rb.sites.layer(ctx, site, func(s *Site) error {
		if found = s.Next.Gen != 0; found {
			return nil
		}
		if len(s.Editions) >= maxEditions {
			return fmt.Errorf("%w: site %s has %d", ErrManyRebuilds, s.ID, maxEditions)
		}
		s.Given = max(s.Gen, s.Given) + 1
		s.Next = Edition{Gen: s.Given, From: rb.from(*s), Begun: rb.now().UTC()}
		return nil
	})
	if err != nil {
		return s, found, err
	}
	// Whoever clears a mark has not read it before the edition was known.
	for _, gen := range s.next().logGens() {
		if err := touchMarks(ctx, rb.store, gen, s.ID, s.Next.From); err != nil {
			return s, found, err
		}
	}
	return s, found, nil
}

// from returns the begin of the first day all of whose logs are there, and stay for a while.
func (rb *Rebuilds) from(s Site) int64 {
	from := days.period(s.Zone(), max(0, rb.now().UnixMilli()-dropAfterMS+rebuildMarginMS)).to
	for _, e := range s.Editions { // a clock that was ahead
		from = max(from, e.From)
	}
	return from
}

// Get returns the site with its editions.
func (rb *Rebuilds) Get(ctx context.Context, site string) (Site, error) {
	s, _, err := rb.sites.readLive(ctx, site)
	return s, err
}

// Finish makes the edition's roll-ups and switches it in. It may be repeated. Answers before it are from the editions before, and answers after it from this one.
func (rb *Rebuilds) Finish(ctx context.Context, site string, gen uint32, sum RebuildSum) (Site, error) {
	s, err := rb.Get(ctx, site)
	if err != nil {
		return s, err
	}
	if s.Next.Gen == gen {
		if err := rb.roller.rollGeneration(ctx, s.next()); err != nil {
			return s, fmt.Errorf("roll up: %w", err)
		}
	}
	return rb.sites.layer(ctx, site, func(s *Site) error {
		switch {
		case slices.ContainsFunc(s.Editions, func(e Edition) bool { return e.Gen == gen }): // by an attempt whose answer was lost
			return nil
		case s.Next.Gen != gen:
			return fmt.Errorf("%w: it was given up meanwhile", ErrNoRebuild)
		}
		now, next := rb.now().UTC(), s.Next
		next.Finished, next.RebuildSum = now, sum
		s.Retired = append(s.Retired, Retired{Gen: s.current().Gen, From: next.From, At: now})
		s.Editions, s.Next = append(s.Editions, next), Edition{}
		s.Switched++
		return nil
	})
}

// GiveUp ends a rebuild that was not switched in. Nothing has changed then.
func (rb *Rebuilds) GiveUp(ctx context.Context, site string) error {
	_, err := rb.sites.layer(ctx, site, func(s *Site) error {
		if s.Next.Gen == 0 {
			return fmt.Errorf("%w: site %s", ErrNoRebuild, s.ID)
		}
		s.Retired = append(s.Retired, Retired{Gen: s.Next.Gen, From: s.Next.From, At: rb.now().UTC(), GivenUp: true})
		s.Next = Edition{}
		return nil
	})
	return err
}

// sweepEditions removes what retired editions have left: roll-ups and marks from a day on, and the logs of one that was given up.
func (r *Roller) sweepEditions(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	s, _, err := r.sites.read(ctx, id)
	if err != nil {
		return err
	}
	for _, old := range s.Retired {
		if r.now().Sub(old.At) < sweepAfter {
			continue
		}
		if err := r.dropEdition(ctx, s.as(old.Gen), old); err != nil {
			return fmt.Errorf("remove what a rebuild has replaced: %w", err)
		}
		_, err := r.sites.layer(ctx, id, func(s *Site) error {
			s.Retired = slices.DeleteFunc(s.Retired, func(r Retired) bool { return r == old })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropEdition removes an edition's roll-ups and marks from a day on. The marks of logs that are in use stay; they are those of the minutes.
func (r *Roller) dropEdition(ctx context.Context, s Site, old Retired) error {
	from := minutes
	if old.GivenUp {
		cells, err := cellsWithin(ctx, r.store, s.Gen, s.ID, 0, forEver)
		if err != nil {
			return err
		}
		for _, hc := range cells {
			if err := r.dropHour(ctx, hc.log(s.Gen, s.ID)); err != nil {
				return err
			}
		}
	} else {
		from = quarters
	}
	sp := span{old.From, r.now().UnixMilli() + days.longest()}
	for lv := minutes; lv <= days; lv++ {
		if err := r.clearLevel(ctx, lv, s, sp); err != nil {
			return err
		}
	}
	for lv := from; lv <= days; lv++ {
		marks, err := siteMarks(ctx, r.store, lv, s.Gen, s.ID, span{old.From, forEver})
		if err == nil {
			err = clearMarks(ctx, r.store, marks)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
