package aggregate

import (
	"context"
	"errors"
	"math"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Books are the ledger of a site beside what its doors accepted.
type Books struct {
	Ledger
	Accepted uint64
	// InTransit is what was accepted and has no outcome yet. Records that were put straight onto the stream, and what a killed
	// process accepted in its last moment, were accepted without being noted; so it is never below zero.
	InTransit uint64
	// Unreadable is how many deltas and accounts are damaged. What they booked is missing.
	Unreadable uint64
	// Refused is what never was received.
	Refused Refused
}

// forEver is later than every time that an event can have.
const forEver = event.MaxTimeMS + 1

// Books returns the ledger of a site, or of all sites and of copies without one if the site is "". Copies that are counted, or are duplicates of such,
// are found by the event time of their window, all others by when they arrived; accepted events by when they were. The span is in Unix milliseconds and is
// widened to whole windows; to = 0 means no end.
func (r *Reader) Books(ctx context.Context, site string, from, to int64) (Books, error) {
	sites, err := r.booked(ctx, site)
	if err != nil {
		return Books{}, err
	}
	sp := span{event.Window(from), forEver}
	if to > 0 {
		sp.to = ceilWindow(to)
	}
	var b Books
	var sum account
	for _, s := range sites {
		for _, e := range s.editions() {
			if err := r.pieces(ctx, e, sp, days, store.Heads, func(p piece) error {
				b.Ledger.Merge(p.ledger)
				if p.damaged {
					b.Unreadable++
				}
				return nil
			}); err != nil {
				return b, err
			}
		}
		acc, err := readAccounts(ctx, r.store, s.ID, sp, func(string, error) { b.Unreadable++ })
		if err != nil {
			return b, err
		}
		sum.add(acc)
	}
	b.Accepted, b.Redelivered, b.Refused = sum.Accepted, b.Redelivered+sum.Redelivered, Refused{sum.Invalid, sum.Faults}
	b.InTransit = uint64(max(0, int64(min(b.Accepted, math.MaxInt64))-int64(b.Received)))
	return b, nil
}

// booked returns the sites that the books of a site, or of all, are made of.
func (r *Reader) booked(ctx context.Context, site string) ([]Site, error) {
	if site == "" {
		return everySite(ctx, r.sites, ignored)
	}
	s, err := r.sites.Get(ctx, site)
	if errors.Is(err, ErrNoSite) {
		return nil, err
	}
	return []Site{s}, err
}

// BooksLine is one line of the books.
type BooksLine struct {
	Outcome string // or what else of copies is known
	Copies  uint64
}

// Lines returns the books line by line, without the reasons.
func (b Books) Lines() []BooksLine {
	return []BooksLine{
		{"accepted", b.Accepted}, {"in_transit", b.InTransit}, {"received", b.Received}, {"counted", b.Counted}, {"duplicate", b.Duplicate},
		{"bot", b.Bot}, {"late", b.Late}, {"quarantined", b.Quarantined}, {"redelivered", b.Redelivered},
	}
}
