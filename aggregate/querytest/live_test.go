package querytest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/event"
)

// TestLiveIsTheStatsOfTenMinutes asks for the present, live and by the Stats API, again and again while events come, in every order and several times: windows and
// tables say the same. Visitors keep their country and their device, and a source is named where a visit begins: else a table of hits, which is what live
// tables are, and one of visits answer different questions.
func TestLiveIsTheStatsOfTenMinutes(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p, err := newPipeline(t, way{shards: 1 + int(seed%3), anyShard: seed%2 == 0, pack: 3, batch: 5, again: 300, restart: 100, roll: 300}, seed)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.SetSite(t.Context(), querytest.Site{}); err != nil {
				t.Fatal(err)
			}
			p.now = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
			live := aggregate.NewLive(p.reader, aggregate.LiveOptions{Now: p.clock})
			defer live.Close()
			begun := p.now
			for range 12 {
				if err := p.Load(t.Context(), p.clicks(begun)); err != nil {
					t.Fatal(err)
				}
				p.now = p.now.Add(time.Duration(60+p.IntN(40)) * time.Second) // after a minute what other processes commit was found, however old it is, and whatever marks were cleared
				p.compareLive(t, live)
			}
		})
	}
}

// clicks are some events of the last minutes, each of a visitor who was there once before at most.
func (p *pipeline) clicks(begun time.Time) (all []event.Event) {
	for range 1 + p.IntN(12) {
		v := p.IntN(20)
		rnd := rand.New(rand.NewPCG(uint64(v), 0)) // what a visitor is
		at := p.now.Add(-time.Duration(p.IntN(300)) * time.Second)
		if at.Before(begun) {
			at = begun
		}
		e := event.Event{
			Site: querytest.SiteID, Name: event.Pageview, URL: fmt.Sprintf("https://shop.example/%d", p.IntN(6)), TS: at.UnixMilli(), ReceivedAt: p.now.UnixMilli(),
			Visitor: fmt.Sprint("v", v), Country: []string{"", "DE", "FR"}[rnd.IntN(3)],
			UserAgent: []string{
				"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
				"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
			}[rnd.IntN(2)],
		}
		switch p.IntN(5) {
		case 0:
			e.Name = "buy"
		case 1:
			e.Name, e.EngagedMS = event.Engagement, 4000
		}
		p.seq++
		e.ID = fmt.Sprint("click-", p.seq)
		all = append(all, e)
		if p.IntN(4) == 0 {
			all = append(all, e) // sent twice
		}
		if v := p.IntN(4); v == 0 { // a visit of a single pageview, which names its source
			p.seq++
			e.ID, e.Visitor, e.Name, e.EngagedMS = fmt.Sprint("click-", p.seq), fmt.Sprint("once-", p.seq), event.Pageview, 0
			e.Referrer = []string{"https://www.google.com/", "https://news.ycombinator.com/"}[p.IntN(2)]
			all = append(all, e)
		}
	}
	return all
}

func (p *pipeline) compareLive(t *testing.T, live *aggregate.Live) {
	t.Helper()
	a, err := live.Snapshot(t.Context(), querytest.SiteID)
	if err != nil {
		t.Fatal(err)
	}
	var v aggregate.LiveView
	if err := json.Unmarshal(a.Data, &v); err != nil {
		t.Fatal(err)
	}
	from, to := event.Window(v.AsOf-600_000), event.Window(v.AsOf)+event.WindowMS
	ask := func(d query.Dimension, metrics ...query.Metric) []query.Row {
		res, err := p.Query(t.Context(), query.Query{From: from, To: to, Metrics: metrics, Dimensions: []query.Dimension{d}})
		if err != nil || !res.Exact {
			t.Fatalf("%v, exact %v", err, res.Exact)
		}
		return res.Rows
	}
	type counts struct{ events, pageviews, visitors uint64 }
	told, asked := make(map[int64]counts), make(map[int64]counts)
	for _, w := range v.Windows {
		if c := (counts{w.Events, w.Pageviews, w.Visitors}); w.T >= from && c != (counts{}) {
			told[w.T] = c
		}
	}
	for _, r := range ask(query.Time10s, query.Events, query.Pageviews, query.Visitors) {
		if c := (counts{uint64(r.Values[0].X), uint64(r.Values[1].X), uint64(r.Values[2].X)}); c != (counts{}) {
			asked[r.Keys[0].Time] = c
		}
	}
	if !maps.Equal(told, asked) {
		t.Errorf("windows are told as %v, and asked as %v", told, asked)
	}
	for _, table := range []struct {
		name   string
		by     query.Dimension
		metric query.Metric
	}{
		{"pages", query.EventPage, query.Pageviews}, {"names", query.EventName, query.Events}, {"sources", query.VisitSource, query.Visits},
		{"countries", query.VisitCountry, query.Pageviews}, {"devices", query.VisitDevice, query.Pageviews}, {"browsers", query.VisitBrowser, query.Pageviews},
	} {
		told, asked := make(map[string]uint64), make(map[string]uint64)
		top := v.Tops[table.name]
		for _, r := range top.Rows {
			told[r.Value] = r.Count
		}
		for _, r := range ask(table.by, table.metric) {
			if n := uint64(r.Values[0].X); n > 0 && r.Keys[0].Text != "(not set)" && r.Keys[0].Text != "Direct / None" {
				asked[r.Keys[0].Text] = n
			}
		}
		if !top.Exact || !maps.Equal(told, asked) {
			t.Errorf("%s are told as %v (exact %v), and asked as %v", table.name, told, top.Exact, asked)
		}
	}
	pages := make(map[string]uint64)
	for _, page := range v.Pages {
		pages[page.Page] = page.Pageviews
	}
	for _, r := range v.Tops["pages"].Rows {
		if pages[r.Value] != r.Count {
			t.Errorf("pages and tops.pages disagree on %s", r.Value)
		}
	}
}
