package sim

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// check compares everything that can be asked with the oracle, when all is done.
func (w *world) check() *finding {
	folded := aggregate.NewReader(hidden{w.truth, "R#"}, w.sites()) // reads logs only
	oracle := w.oracle(folded)
	for _, f := range []func() *finding{
		func() *finding { return w.checkCounts(oracle, folded) },
		func() *finding { return w.checkQueries("logs", oracle, folded) },
		func() *finding { return w.checkQueries("roll-ups", oracle, aggregate.NewReader(w.truth, w.sites())) },
		w.checkMarks,
		func() *finding { return w.checkLedgers(oracle) },
		func() *finding { return w.checkAudit(oracle) },
	} {
		if f := f(); f != nil {
			return f
		}
	}
	return nil
}

func (w *world) sites() *aggregate.Sites { return aggregate.NewSites(w.truth, w.clock()) }

// oracle tells the naive evaluator every copy. Where the order in which copies of an event were processed decides about its time, the order that was is
// found out: the time that was claimed is in the store, and whether a believing copy was first shows in the window of the event's own time.
// Either is right; that the event is there once, and that every answer agrees with it, is checked.
func (w *world) oracle(folded *aggregate.Reader) *naive.Evaluator {
	v := naive.New()
	v.Derive = hitOf
	later := func(first func(*naive.Copy) bool) {
		for _, c := range w.copies {
			if first(c) {
				v.Add(c)
			}
		}
	}
	later(func(c *naive.Copy) bool { return c.Outcome != 0 })
	later(func(c *naive.Copy) bool {
		p := c.Event.Place(c.Event.ReceivedAt)
		own := p.Believed && w.countedAt(folded, &c.Event, p.Time)
		if own && w.claimed(&c.Event) != 0 {
			w.saw("an event is counted at its own time though a copy did not believe it")
		}
		return own
	})
	later(func(c *naive.Copy) bool { return c.Event.ReceivedAt == w.claimed(&c.Event) })
	later(func(*naive.Copy) bool { return true })
	return v
}

func (w *world) countedAt(folded *aggregate.Reader, e *event.Event, at int64) bool {
	q := pageQuery()
	q.From, q.To = event.Window(at), event.Window(at)+event.WindowMS
	res, err := w.ask(folded, e.Site, q)
	if err != nil {
		panic(err)
	}
	_, counted := eventsByPage(res)[event.PageOf(e.URL)]
	return counted || holdsID(folded, e, q.From)
}

// holdsID reports whether a window counts the event by its id: an engagement is in no number of a page.
func holdsID(r *aggregate.Reader, e *event.Event, window int64) bool {
	i := slices.IndexFunc(sites, func(s aggregate.Site) bool { return s.ID == e.Site })
	if i < 0 {
		return false
	}
	id, found := sites[i].HashID(e.ID), false
	err := r.EachLogIDs(context.Background(), e.Site, window, window+1, func(log aggregate.LogIDs) error {
		found = found || slices.Contains(log.IDs, id)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return found
}

// ask answers a query of a site.
func (w *world) ask(r *aggregate.Reader, site string, q query.Query) (query.Result, error) {
	s, err := w.sites().Get(context.Background(), site)
	if err != nil {
		return query.Result{}, err
	}
	res, _, err := r.Query(context.Background(), s, q)
	return res, err
}

// eventsByPage returns the first metric of every row, by its page.
func eventsByPage(res query.Result) map[string]uint64 {
	n := make(map[string]uint64)
	for _, r := range res.Rows {
		n[r.Keys[0].Text] = uint64(r.Values[0].X)
	}
	return n
}

// hitOf is the hit that the handler makes of an event.
func hitOf(e *event.Event) (h sketch.Hit) {
	enrich.New(enrich.Options{}).Hit(&h, e, 0)
	return h
}

// claimed returns the time that was claimed for an event, or zero.
func (w *world) claimed(e *event.Event) int64 {
	i := slices.IndexFunc(sites, func(s aggregate.Site) bool { return s.ID == e.Site })
	if i < 0 {
		return 0
	}
	site := sites[i]
	it, err := w.truth.Get(context.Background(), store.Key{Partition: "C#" + site.ID, Sort: fmt.Sprintf("%016x", site.HashID(e.ID))})
	if err != nil {
		return 0
	}
	at, err := strconv.ParseInt(string(it.Value), 16, 64)
	if err != nil {
		panic(err)
	}
	return at
}

// checkCounts looks for events that are lost or doubled, by their pages.
func (w *world) checkCounts(oracle *naive.Evaluator, folded *aggregate.Reader) *finding {
	for _, site := range []string{demo.ID, other.ID, later.ID} {
		got, err := w.ask(folded, site, pageQuery())
		if err != nil {
			return &finding{"query", err.Error()}
		}
		counts := eventsByPage(got)
		for page, want := range eventsByPage(oracle.History(site, query.Rules{}).Query(pageQuery())) {
			switch n := counts[page]; {
			case n < want:
				return &finding{"lost", fmt.Sprintf("%s: %d of %d events are counted", page, n, want)}
			case n > want:
				return &finding{"doubled", fmt.Sprintf("%s: %d events are counted %d times", page, want, n)}
			}
			delete(counts, page)
		}
		if len(counts) > 0 {
			return &finding{"doubled", fmt.Sprintf("counted, and should not be: %v", counts)}
		}
	}
	return nil
}

// checkQueries compares queries by several dimensions, of hits and of visits, over all times and over some windows.
func (w *world) checkQueries(check string, oracle *naive.Evaluator, r *aggregate.Reader) *finding {
	for _, known := range []aggregate.Site{demo, other} {
		site, history := known.ID, oracle.History(known.ID, known.Rules())
		for _, dims := range [][]query.Dimension{nil, {query.TimeMinute}, {query.TimeHour}, {query.EventPage}, {query.EventName}, {query.VisitEntryPage}} {
			whole := query.Query{Metrics: []query.Metric{query.Visitors, query.Visits, query.Pageviews, query.Events, query.BounceRate}, Dimensions: dims, To: farOff}
			part := whole
			part.From = event.Window(w.ms(12*time.Minute - drained - w.upTo(20*time.Minute)))
			part.To = part.From + event.WindowMS + event.Window(w.upTo(10*60e9).Milliseconds())
			for _, q := range []query.Query{whole, part} {
				got, err := w.ask(r, site, q)
				if err != nil {
					return &finding{check, err.Error()}
				}
				got.Nothing = nil
				if want := history.Query(q); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
					return &finding{check, fmt.Sprintf("%+v:\n got %+v\nwant %+v", q, got, want)}
				}
			}
		}
	}
	return nil
}

// checkMarks: when everything was appended and rolled up, no mark is left.
func (w *world) checkMarks() *finding {
	for _, level := range []string{"minute", "quarter", "day"} {
		for b := range 16 {
			for it, err := range w.truth.Scan(context.Background(), store.Range{Partition: fmt.Sprintf("X#%s#%d", level, b)}) {
				return &finding{"marks", fmt.Sprintf("a mark of a %s is left: %s %x %v", level, it.Key.Sort, it.Value, err)}
			}
		}
	}
	return nil
}

func (w *world) checkLedgers(oracle *naive.Evaluator) *finding {
	reader := aggregate.NewReader(w.truth, w.sites())
	var sum, all aggregate.Ledger
	for _, site := range []string{demo.ID, other.ID, later.ID} {
		books, err := reader.Books(context.Background(), site, 0, 0)
		if err != nil {
			return &finding{"ledger", err.Error()}
		}
		if want := oracle.Ledger(site); !reflect.DeepEqual(books.Ledger, want) {
			return &finding{"ledger", fmt.Sprintf("site %s: %+v, want %+v", site, books.Ledger, want)}
		}
		sum.Merge(books.Ledger)
	}
	books, err := reader.Books(context.Background(), "", 0, 0)
	if err != nil {
		return &finding{"ledger", err.Error()}
	}
	all = oracle.Ledger("")
	all.Merge(sum)
	if books.Ledger.Received != all.Received || books.Quarantined != all.Quarantined || !books.Balanced() {
		return &finding{"ledger", fmt.Sprintf("all sites: %+v, want %+v", books.Ledger, all)}
	}
	return nil
}

func (w *world) checkAudit(oracle *naive.Evaluator) *finding {
	a := &consumer.Auditor{
		Stream: w.stream, StreamName: "clicks", StreamARN: streamARN, Store: w.truth, Sites: w.sites(),
		Consumed: func(context.Context, string) (consumer.Progress, error) { return consumer.Progress{All: true}, nil },
	}
	got, err := a.Run(context.Background(), "")
	if err != nil {
		return &finding{"audit", err.Error()}
	}
	want := oracle.Ledger("")
	want.Merge(oracle.Ledger(demo.ID))
	want.Merge(oracle.Ledger(other.ID))
	want.Merge(oracle.Ledger(later.ID))
	same := got.Counted == want.Counted && got.Duplicate == want.Duplicate && got.Bot == want.Bot && got.Late == want.Late &&
		got.Quarantined == want.Quarantined && got.Events == want.Counted
	if !got.Agrees || !same {
		return &finding{"audit", fmt.Sprintf("%+v, the books say %+v", got, want)}
	}
	return nil
}
