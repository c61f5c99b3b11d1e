package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// bg is the context of these tests: rapid has one of its own, which ends too early for what is made once.
var bg = context.Background()

// noon is when the events of these tests happen.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// counted is a store that holds events, and what knows all of them by heart.
type counted struct {
	reader *aggregate.Reader
	roll   func() error
	naive  *naive.Evaluator
	add    func(e event.Event) error
}

func newCounted(t interface{ Fatal(...any) }, now func() time.Time) *counted {
	s := storetest.NewMemory()
	sites := aggregate.NewSites(s, now)
	site, err := sites.Add(bg, aggregate.Site{ID: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	c := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: 4, Now: now})
	r := &counted{reader: aggregate.NewReader(s, sites), naive: naive.New()}
	r.roll = func() error { return aggregate.NewRoller(s, sites, now).Round(bg) }
	seq := 0
	r.add = func(e event.Event) error {
		seq++
		e.Site, e.ReceivedAt = "demo", max(e.ReceivedAt, now().UnixMilli())
		if e.ID == "" {
			e.ID = fmt.Sprint("id-", seq)
		}
		p := aggregate.Position{SequenceNumber: fmt.Sprint(seq)}
		r.naive.Add(&naive.Copy{Event: e, Position: p})
		cp, err := c.Place(bg, site, &e, p)
		if err == nil {
			_, err = c.Commit(bg, []aggregate.Copy{cp})
		}
		return err
	}
	return r
}

// Whatever is counted, rolled up or not, every query answers what the naive evaluator does.
func TestQueriesAgreeWithTheNaiveEvaluator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		c := newCounted(t, func() time.Time { return now })
		var sent []event.Event
		for i := range rapid.IntRange(0, 25).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			if rapid.IntRange(0, 3).Draw(t, "roll") == 0 {
				if err := c.roll(); err != nil {
					t.Fatal(err)
				}
			}
			e := event.Event{
				ID:      fmt.Sprint("id-", i),
				Name:    rapid.SampledFrom([]string{"pageview", "pageview", "buy", "engagement"}).Draw(t, "name"),
				URL:     rapid.SampledFrom([]string{"/", "https://x.example/a?b#c", "/a", ""}).Draw(t, "url"),
				Visitor: rapid.SampledFrom([]string{"ann", "bob", ""}).Draw(t, "visitor"),
				TS:      rapid.SampledFrom([]int64{0, now.UnixMilli(), now.Add(-3 * time.Minute).UnixMilli(), noon.UnixMilli()}).Draw(t, "ts"),
			}
			if len(sent) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
				e = rapid.SampledFrom(sent).Draw(t, "which")
			}
			sent = append(sent, e)
			if err := c.add(e); err != nil {
				t.Fatal(err)
			}
		}
		from := noon.UnixMilli() + rapid.Int64Range(-600_000, 600_000).Draw(t, "from")
		q := aggregate.Query{
			Site: "demo", Metrics: rapid.Permutation(aggregate.AllMetrics).Draw(t, "metrics")[:rapid.IntRange(1, 3).Draw(t, "n")],
			From: from, To: from + rapid.Int64Range(1, 1_200_000).Draw(t, "length"),
			Dimension: rapid.SampledFrom([]aggregate.Dimension{aggregate.None, aggregate.ByMinute, aggregate.ByPage, aggregate.ByEvent}).Draw(t, "by"),
			Limit:     rapid.IntRange(0, 3).Draw(t, "limit"),
		}
		got, err := c.reader.Query(bg, q)
		if want := c.naive.Query(q); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%+v:\n got %+v, %v\nwant %+v", q, got, err, want)
		}
		books, err := c.reader.Books(bg, "demo", 0, 0)
		if want := c.naive.Ledger("demo"); err != nil || fmt.Sprint(books.Ledger) != fmt.Sprint(want) {
			t.Fatalf("books %+v, %v, want %+v", books.Ledger, err, want)
		}
	})
}

func TestQueryAnswers(t *testing.T) {
	now := noon.Add(10 * time.Minute)
	c := newCounted(t, func() time.Time { return now })
	for _, e := range []struct {
		after              time.Duration
		visitor, name, url string
	}{
		{0, "ann", "pageview", "/"}, {5 * time.Second, "ann", "pageview", "/a"}, {5 * time.Second, "ann", "engagement", "/a"},
		{61 * time.Second, "bob", "pageview", "/a?x"}, {62 * time.Second, "bob", "buy", "/cart"}, {62 * time.Second, "bob", "buy", "/cart"},
		{4 * time.Minute, "cat", "engagement", "/"},
	} {
		if err := c.add(event.Event{Name: e.name, URL: e.url, Visitor: e.visitor, TS: noon.Add(e.after).UnixMilli()}); err != nil {
			t.Fatal(err)
		}
	}
	all := []aggregate.Metric{aggregate.Visitors, aggregate.Pageviews, aggregate.Events}
	at := func(d time.Duration) int64 { return noon.Add(d).UnixMilli() }
	for _, c2 := range []struct {
		name string
		q    aggregate.Query
		want string
	}{
		{"totals", aggregate.Query{From: at(0), To: at(time.Hour)}, "[{0  [2 3 5]}]"},
		{"of nothing", aggregate.Query{From: at(time.Hour), To: at(2 * time.Hour)}, "[{0  [0 0 0]}]"},
		{"of one window", aggregate.Query{From: at(0) + 1, To: at(0) + 2}, "[{0  [1 2 2]}]"},
		{"minutes", aggregate.Query{From: at(0), To: at(time.Hour), Dimension: aggregate.ByMinute},
			fmt.Sprintf("[{%d  [1 2 2]} {%d  [1 1 3]}]", at(0), at(time.Minute))},
		{"pages", aggregate.Query{From: at(0), To: at(time.Hour), Dimension: aggregate.ByPage}, "[{0 /a [2 2 2]} {0 / [1 1 1]} {0 /cart [1 0 2]}]"},
		{"the first page", aggregate.Query{From: at(0), To: at(time.Hour), Dimension: aggregate.ByPage, Limit: 1}, "[{0 /a [2 2 2]}]"},
		{"names", aggregate.Query{From: at(0), To: at(time.Hour), Dimension: aggregate.ByEvent}, "[{0 pageview [2 3 3]} {0 buy [1 0 2]}]"},
	} {
		c2.q.Site, c2.q.Metrics = "demo", all
		for _, rolled := range []bool{false, true} {
			res, err := c.reader.Query(bg, c2.q)
			if err != nil || fmt.Sprint(res.Rows) != c2.want || !res.Exact || res.SampleFraction != 1 {
				t.Errorf("%s, rolled up %v: %v %v, want %s", c2.name, rolled, res, err, c2.want)
			}
			if err := c.roll(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestBadQueries(t *testing.T) {
	c := newCounted(t, func() time.Time { return noon })
	good := aggregate.Query{Site: "demo", Metrics: aggregate.AllMetrics, To: 1}
	for name, change := range map[string]func(*aggregate.Query){
		"no metrics": func(q *aggregate.Query) { q.Metrics = nil }, "unknown metric": func(q *aggregate.Query) { q.Metrics = []aggregate.Metric{"clicks"} },
		"before 1970": func(q *aggregate.Query) { q.From = -1 }, "empty": func(q *aggregate.Query) { q.To = 0 },
		"after 9999": func(q *aggregate.Query) { q.To = event.MaxTimeMS + 2 }, "unknown dimension": func(q *aggregate.Query) { q.Dimension = "event:colour" },
	} {
		q := good
		change(&q)
		if _, err := c.reader.Query(bg, q); !errors.Is(err, aggregate.ErrBadQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.Site = "nobody"
	if _, err := c.reader.Query(bg, good); !errors.Is(err, aggregate.ErrNoSite) {
		t.Errorf("no such site: %v", err)
	}
}

func TestPageOf(t *testing.T) {
	for url, want := range map[string]string{
		"": "/", "/": "/", "/a/b": "/a/b", "/a?b=/c": "/a", "/a#b": "/a", "a": "/a", "https://x.example": "/", "https://x.example?q": "/",
		"https://x.example/a?b#c": "/a", "/go?to=https://y.example/z": "/go", "/a/https://y.example/z": "/a/https://y.example/z", "app://screen/home": "/home",
	} {
		if got := aggregate.PageOf(url); got != want {
			t.Errorf("PageOf(%q) = %q, want %q", url, got, want)
		}
	}
}
