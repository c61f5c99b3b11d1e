package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// read starts a query in the middle of everything. Whatever was committed before it begins must be in the answer, and nothing twice.
func (w *world) read() {
	w.readers++
	a := &actor{name: "reader"}
	s := w.seam("reader")
	s.actor = a
	sites := aggregate.NewSites(s, w.clock())
	reader := aggregate.NewReader(s, sites)
	reader.Parallel = 1
	least := w.leastPages(demo.ID)
	committed := w.committed[:len(w.committed):len(w.committed)]
	var res query.Result
	var books aggregate.Books
	var errQuery, errBooks error
	w.spawn(a, func() {
		res, errQuery = w.ask(reader, demo.ID, pageQuery())
		books, errBooks = reader.Books(context.Background(), demo.ID, 0, 0)
	}, func() {
		w.readers--
		if errQuery == nil {
			w.saw("a query in the middle")
			w.find(w.checkPages(least, res))
		}
		if errBooks == nil {
			w.find(w.checkBooks(committed, books))
		}
	})
}

// glance is a query that nothing comes between.
func (w *world) glance() {
	reader := aggregate.NewReader(w.mutant.seenBy("reader", w.truth), w.sites())
	reader.Parallel = 1
	res, err := w.ask(reader, demo.ID, pageQuery())
	if err != nil {
		panic(err)
	}
	w.find(w.checkPages(w.leastPages(demo.ID), res))
}

func (w *world) find(f *finding) {
	if w.found == nil {
		w.found = f
	}
}

// farOff is a time that no event has, the start of a day everywhere.
const farOff = (event.MaxTimeMS + 1) / 2

func pageQuery() query.Query {
	return query.Query{
		Metrics: []query.Metric{query.Events, query.Pageviews, query.Visitors}, From: 0, To: farOff, Dimensions: []query.Dimension{query.EventPage},
	}
}

// leastPages returns how many events of each page a query must find, because their commit was reported.
func (w *world) leastPages(site string) map[string]uint64 {
	seen := make(map[string]bool)
	least := make(map[string]uint64)
	for _, c := range w.committed {
		e := &c.Event
		if c.Outcome != 0 || e.Site != site || e.Name == event.Engagement || seen[e.ID] || !w.surelyCounted(c) {
			continue
		}
		seen[e.ID] = true
		least[event.PageOf(e.URL)]++
	}
	return least
}

// surelyCounted reports whether this copy shows that the event is counted. A copy that was found to be a duplicate does not if there may be one that
// did not believe the event's time: then it is that one's work, which may still be on its way.
func (w *world) surelyCounted(c *naive.Copy) bool {
	place := c.Event.Place(c.Event.ReceivedAt)
	if place.Believed && event.Late(place.Time, c.Event.ReceivedAt) {
		return false
	}
	return !place.Believed || !slices.ContainsFunc(w.copies, func(o *naive.Copy) bool {
		return o.Outcome == 0 && o.Event.ID == c.Event.ID && o.Event.Site == c.Event.Site && !o.Event.Place(o.Event.ReceivedAt).Believed
	})
}

// mostPages returns how many events of each page were put, each id once.
func (w *world) mostPages(site string) map[string]uint64 {
	seen := make(map[string]bool)
	most := make(map[string]uint64)
	for _, c := range w.copies {
		if e := &c.Event; c.Outcome == 0 && e.Site == site && e.Name != event.Engagement && !seen[e.ID] {
			seen[e.ID] = true
			most[event.PageOf(e.URL)]++
		}
	}
	return most
}

func (w *world) checkPages(least map[string]uint64, res query.Result) *finding {
	got := eventsByPage(res)
	for _, page := range slices.Sorted(maps.Keys(least)) {
		if got[page] < least[page] {
			return &finding{"missed", fmt.Sprintf("a query finds %d events of %s, of which %d were committed before it began", got[page], page, least[page])}
		}
	}
	most := w.mostPages(demo.ID)
	for _, page := range slices.Sorted(maps.Keys(got)) {
		if got[page] > most[page] {
			return &finding{"doubled", fmt.Sprintf("a query finds %d events of %s, of which there are %d", got[page], page, most[page])}
		}
	}
	return nil
}

// checkBooks holds the ledger in the middle against the copies whose outcome was reported: each has exactly one.
func (w *world) checkBooks(committed []*naive.Copy, b aggregate.Books) *finding {
	// One that leaves quarantine is booked twice for a moment.
	least, most := w.booked(committed), w.booked(w.copies)+w.kept()
	if !b.Balanced() || b.Received < least || b.Received > most {
		return &finding{"ledger", fmt.Sprintf("%d copies were committed and %d put when the books say %+v", least, most, b)}
	}
	return nil
}

// booked returns how many different copies there are for the site demo.
func (w *world) booked(copies []*naive.Copy) uint64 {
	seen := make(map[*naive.Copy]bool)
	for _, c := range copies {
		site := c.Event.Site
		if c.Outcome == aggregate.Quarantined {
			site = c.Site
		}
		if site == demo.ID {
			seen[c] = true
		}
	}
	return uint64(len(seen))
}
