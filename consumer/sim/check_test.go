package sim

import (
	"context"
	"fmt"
	"reflect"
	"strconv"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/consumer"
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
	q := pageQuery(e.Site)
	q.From, q.To = at, at+1
	res, err := folded.Query(context.Background(), q)
	if err != nil {
		panic(err)
	}
	for _, r := range res.Rows {
		if r.Name == aggregate.PageOf(e.URL) {
			return true
		}
	}
	return false
}

// claimed returns the time that was claimed for an event, or zero.
func (w *world) claimed(e *event.Event) int64 {
	site := demo
	if e.Site == other.ID {
		site = other
	}
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
	for _, site := range []string{demo.ID, other.ID} {
		q := pageQuery(site)
		got, err := folded.Query(context.Background(), q)
		if err != nil {
			return &finding{"query", err.Error()}
		}
		counts := make(map[string]uint64)
		for _, r := range got.Rows {
			counts[r.Name] = r.Values[0]
		}
		for _, r := range oracle.Query(q).Rows {
			switch n := counts[r.Name]; {
			case n < r.Values[0]:
				return &finding{"lost", fmt.Sprintf("%s: %d of %d events are counted", r.Name, n, r.Values[0])}
			case n > r.Values[0]:
				return &finding{"doubled", fmt.Sprintf("%s: %d events are counted %d times", r.Name, r.Values[0], n)}
			}
			delete(counts, r.Name)
		}
		if len(counts) > 0 {
			return &finding{"doubled", fmt.Sprintf("counted, and should not be: %v", counts)}
		}
	}
	return nil
}

// checkQueries compares every kind of query, over all times and over some windows.
func (w *world) checkQueries(check string, oracle *naive.Evaluator, r *aggregate.Reader) *finding {
	for _, site := range []string{demo.ID, other.ID} {
		for _, d := range []aggregate.Dimension{aggregate.None, aggregate.ByMinute, aggregate.ByPage, aggregate.ByEvent} {
			whole := aggregate.Query{Site: site, Metrics: aggregate.AllMetrics, Dimension: d, To: event.MaxTimeMS}
			part := whole
			part.From = w.ms(-w.upTo(20 * 60e9))
			part.To = part.From + 1 + w.upTo(10*60e9).Milliseconds()
			for _, q := range []aggregate.Query{whole, part} {
				got, err := r.Query(context.Background(), q)
				if err != nil {
					return &finding{check, err.Error()}
				}
				if want := oracle.Query(q); fmt.Sprint(got) != fmt.Sprint(want) {
					return &finding{check, fmt.Sprintf("%+v:\n got %+v\nwant %+v", q, got, want)}
				}
			}
		}
	}
	return nil
}

// checkMarks: when everything was appended and rolled up, no mark is left.
func (w *world) checkMarks() *finding {
	for b := range 16 {
		for it, err := range w.truth.Scan(context.Background(), store.Range{Partition: fmt.Sprintf("X#minute#%d", b)}) {
			return &finding{"marks", fmt.Sprintf("a mark is left: %s %x %v", it.Key.Sort, it.Value, err)}
		}
	}
	return nil
}

func (w *world) checkLedgers(oracle *naive.Evaluator) *finding {
	reader := aggregate.NewReader(w.truth, w.sites())
	var sum, all aggregate.Ledger
	for _, site := range []string{demo.ID, other.ID} {
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
	same := got.Counted == want.Counted && got.Duplicate == want.Duplicate && got.Bot == want.Bot && got.Late == want.Late &&
		got.Quarantined == want.Quarantined && got.Events == want.Counted
	if !got.Agrees || !same {
		return &finding{"audit", fmt.Sprintf("%+v, the books say %+v", got, want)}
	}
	return nil
}
