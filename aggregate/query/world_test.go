package query_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// world is a small made-up site, and questions about it. Its dictionaries are small, so that things meet often.
type world struct {
	*rand.Rand
	from, to int64 // of the questions
	rules    query.Rules
	hits     []visitorHit
}

type visitorHit struct {
	visitor uint64
	sketch.Hit
	vitals event.Vitals
}

var zones = []string{"UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo"}

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 7))}
	zone, err := time.LoadLocation(zones[w.IntN(len(zones))])
	if err != nil {
		panic(err)
	}
	w.rules = query.Rules{
		Gap:    []time.Duration{0, 30 * time.Minute, 5 * time.Minute, 2 * time.Hour}[w.IntN(4)],
		Bounce: []query.BounceRule{"", query.BounceInteraction, query.BouncePageviews, query.BounceEngaged}[w.IntN(4)],
		Zone:   zone,
		Goals: []query.Goal{{Name: "Signup", Event: "signup"}, {Name: "Blog", Page: "/blog/*"}, {Name: "Any", Page: "/**"},
			{Name: "Signup", Page: "/thanks"}, {Name: "Seen", Event: "pageview"}},
	}
	// A month in which clocks change in some of the zones.
	base := time.Date(2026, []time.Month{3, 4, 10, 11}[w.IntN(4)], 1+w.IntN(28), w.IntN(24), 0, 0, 0, time.UTC).UnixMilli()
	w.from = base
	w.to = base + (1+w.Int64N(20*24))*3600_000/2
	for range 1 + w.IntN(25) {
		w.live(w.Uint64())
	}
	return w
}

// live makes the hits of a visitor: runs with short pauses, a few hits at the same time, before, in and after the range.
func (w *world) live(visitor uint64) {
	persistent := w.IntN(2) == 0
	at := w.from - w.Int64N(9*86400_000)
	if w.IntN(2) == 0 {
		at = w.from - 3600_000 + w.Int64N(w.to-w.from+3600_000)
	}
	for range 1 + w.IntN(4) {
		for range 1 + w.IntN(12) {
			h := w.hit()
			h.At, h.Persistent = at, persistent
			v := w.vitals()
			h.Vitals[sketch.LCP], h.Vitals[sketch.CLS] = sketch.Bin(v.LCP.Value), sketch.Bin(v.CLS.Value)
			if !v.LCP.Set {
				h.Vitals[sketch.LCP] = sketch.NoBin
			}
			w.hits = append(w.hits, visitorHit{visitor, h, v})
			at += []int64{0, 1, 1000, w.Int64N(1_000_000), 30 * 60_000, 30*60_000 - 1, w.Int64N(3_000_000)}[w.IntN(7)]
		}
		at += w.Int64N(3 * 86400_000)
	}
}

func (w *world) hit() (h sketch.Hit) {
	h.Text[sketch.Name] = w.pick("pageview", "pageview", "pageview", "engagement", "signup", "buy")
	h.Text[sketch.Page] = w.pick("/", "/blog/a", "/blog/b", "/blog/b/c", "/thanks", "", "(not set)")
	h.Text[sketch.Hostname] = w.pick("a.example", "b.example", "")
	h.Text[sketch.Source] = w.pick("Google", "", "Direct / None", "Bing")
	h.Text[sketch.Channel] = w.pick("Email", "", "Direct")
	h.Text[sketch.UTMMedium] = w.pick("cpc", "CPC", "")
	h.Text[sketch.Country] = w.pick("DE", "FR", "")
	h.Text[sketch.Browser] = w.pick("Chrome", "Safari")
	if w.IntN(2) == 0 {
		h.Props = append(h.Props, sketch.Prop{Key: "author", Value: w.pick("Ann", "ann", "Bob", "(none)")})
	}
	if h.Text[sketch.Name] == "buy" && w.IntN(3) > 0 {
		h.Text[sketch.Currency] = w.pick("EUR", "USD")
		h.Revenue = w.Int64N(100) * 10_000
	}
	if h.Text[sketch.Name] == "engagement" {
		h.EngagedMS = w.Int64N(3) * 4000
	}
	h.Scroll = uint8(w.IntN(3) * 40)
	return h
}

// vitals are those of a hit: always a CLS, which may be zero, and often an LCP.
func (w *world) vitals() (v event.Vitals) {
	v.CLS = event.Vital{Value: float64(w.IntN(4)) / 10, Set: true}
	if w.IntN(3) > 0 {
		v.LCP = event.Vital{Value: 100 + 5000*w.Float64(), Set: true}
	}
	return v
}

func (w *world) pick(of ...string) string { return of[w.IntN(len(of))] }

// sample is everything that ever happened.
func (w *world) sample() *sketch.Sample {
	var b sketch.Builder
	for i := range w.hits {
		b.Add(w.hits[i].visitor, &w.hits[i].Hit)
	}
	s, _ := b.Seal()
	return s
}

var (
	someMetrics = []query.Metric{query.Visitors, query.Visits, query.Pageviews, query.Events, query.ViewsPerVisit, query.BounceRate, query.VisitDuration,
		query.TimeOnPage, query.ScrollDepth, query.ExitRate, query.Percentage, query.TotalRevenue, query.AverageRevenue, query.NewVisitors,
		query.ReturningVisitors, "lcp_p75", "cls_p10", query.ConversionRate, query.GroupConversion}
	someDimensions = []query.Dimension{query.EventName, query.EventPage, query.EventHostname, query.EventGoal, query.EventCurrency,
		query.VisitEntryPage, query.VisitExitPage, query.VisitEntryPageHostname, query.VisitExitPageHostname, query.VisitSource, query.VisitChannel,
		query.VisitUTMMedium, query.VisitCountry, query.VisitBrowser, "event:props:author", "event:props:nothing",
		query.Time10s, query.TimeMinute, query.Time15Min, query.TimeHour, query.TimeDay, query.TimeWeek, query.TimeMonth}
	someValues = []string{"pageview", "signup", "/", "/blog", "(not set)", "Direct / None", "Google", "cpc", "DE", "ann", "Ann", "(none)", "EUR", "Chrome", "a"}
)

func (w *world) query() query.Query {
	q := query.Query{From: w.from, To: w.to}
	for range w.IntN(4) {
		d := someDimensions[w.IntN(len(someDimensions))]
		if w.IntN(5) == 0 {
			d = query.EventGoal
		}
		q.Dimensions = addNew(q.Dimensions, d)
	}
	if w.IntN(3) > 0 {
		q.Filter = w.filter(0)
	}
	for range 1 + w.IntN(5) {
		q.Metrics = addNew(q.Metrics, someMetrics[w.IntN(len(someMetrics))])
	}
	if q.Check(w.rules) != nil { // conversions without a goal
		q.Metrics = []query.Metric{query.Visitors, query.Visits, query.BounceRate}
	}
	if isQuantile(q.Metrics[0]) { // rows are in its order, which differs within its 1 %
		q.Metrics = append([]query.Metric{query.Events}, slices.DeleteFunc(q.Metrics, func(m query.Metric) bool { return m == query.Events })...)
	}
	if m := q.Metrics[w.IntN(len(q.Metrics))]; !isQuantile(m) && w.IntN(3) == 0 {
		q.Order = append(q.Order, query.Order{By: string(m), Desc: w.IntN(2) == 0})
	}
	if len(q.Dimensions) > 0 && w.IntN(3) == 0 {
		q.Order = append(q.Order, query.Order{By: string(q.Dimensions[w.IntN(len(q.Dimensions))]), Desc: w.IntN(2) == 0})
	}
	if w.IntN(4) == 0 {
		q.Limit, q.Offset = w.IntN(5), w.IntN(3)
	}
	return q
}

func isQuantile(m query.Metric) bool { return m == "lcp_p75" || m == "cls_p10" }

func addNew[T comparable](all []T, x T) []T {
	for _, have := range all {
		if have == x {
			return all
		}
	}
	return append(all, x)
}

func (w *world) filter(depth int) *query.Filter {
	if depth < 3 && w.IntN(2) == 0 {
		f := &query.Filter{Op: []query.Op{query.And, query.Or, query.Not, query.HasDone, query.HasNotDone}[w.IntN(5)]}
		n := 1
		if f.Op == query.And || f.Op == query.Or {
			n += w.IntN(3)
		}
		for range n {
			f.Args = append(f.Args, w.filter(depth+1))
		}
		return f
	}
	f := &query.Filter{Dimension: someDimensions[w.IntN(16)], Fold: w.IntN(4) == 0,
		Op: []query.Op{query.Is, query.IsNot, query.Contains, query.ContainsNot, query.Matches, query.MatchesNot}[w.IntN(6)]}
	for range 1 + w.IntN(3) {
		f.Values = append(f.Values, w.value(f))
	}
	return f
}

func (w *world) value(f *query.Filter) string {
	switch {
	case f.Op == query.Matches || f.Op == query.MatchesNot:
		return w.pick("^/b", "a", "o+g", "^$", "(?i)C")
	case f.Dimension == query.EventGoal:
		return w.pick("Signup", "Blog", "Any", "Seen")
	}
	return w.pick(someValues...)
}
