package querytest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// Workload is what happens to a site: its choices, and copies of events in the order in which they arrive.
type Workload struct {
	Site   Site
	Start  time.Time // the midnight of the site's zone around which it begins
	Copies []event.Event
}

// midnights are days worth beginning around: most have a change of the clocks.
var midnights = []struct{ zone, date string }{
	{"UTC", "2026-03-14"}, {"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"}, {"Asia/Kolkata", "2026-03-14"}, {"Asia/Kathmandu", "2026-12-31"},
	{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"}, {"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"},
	{"Africa/Cairo", "2026-04-24"}, {"America/St_Johns", "2026-11-01"}, {"Pacific/Chatham", "2026-09-27"},
}

// maker makes a workload.
type maker struct {
	*rand.Rand
	w      Workload
	steady bool // nothing depends on the order in which copies arrive
}

// NewWorkload makes a random workload of a few hundred copies at most. In one that is steady, no answer depends on the order in which copies arrive: the
// copies of an event say the same, and every event knows its time.
func NewWorkload(r *rand.Rand, steady bool) Workload {
	m := maker{Rand: r, steady: steady}
	day := pick(r, midnights)
	zone, err := time.LoadLocation(day.zone)
	if err != nil {
		panic(err) // of the list above
	}
	m.w.Start, err = time.ParseInLocation(time.DateOnly, day.date, zone)
	if err != nil {
		panic(err)
	}
	m.w.Site = m.site(zone)
	for i := range 1 + r.IntN(30) {
		m.visitor(i)
	}
	slices.SortStableFunc(m.w.Copies, func(a, b event.Event) int { return cmp.Compare(a.ReceivedAt, b.ReceivedAt) })
	return m.w
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (m *maker) happens(permille int) bool { return m.IntN(1000) < permille }

// maybe is one of the texts, or none.
func (m *maker) maybe(permille int, texts ...string) string {
	if m.happens(permille) {
		return pick(m.Rand, texts)
	}
	return ""
}

func (m *maker) site(zone *time.Location) Site {
	s := Site{Bots: pick(m.Rand, []aggregate.BotRule{aggregate.DropBots, aggregate.CountBots})}
	s.Zone = zone
	s.Gap = pick(m.Rand, []time.Duration{0, 0, time.Minute, 10 * time.Minute, 2 * time.Hour, 24 * time.Hour})
	s.Bounce = pick(m.Rand, []query.BounceRule{"", query.BounceInteraction, query.BouncePageviews, query.BounceEngaged})
	goals := []query.Goal{
		{Name: "Purchase", Event: "buy"}, {Name: "Blog", Page: "/blog/**"}, {Name: "Top", Page: "/*"}, {Name: "Home", Page: "/"}, {Name: "Joined", Event: "sign up"},
	}
	m.Shuffle(len(goals), func(i, j int) { goals[i], goals[j] = goals[j], goals[i] })
	s.Goals = goals[:m.IntN(len(goals)+1)]
	return s
}

// visitor makes what one visitor does.
func (m *maker) visitor(i int) {
	who := event.Event{Site: SiteID}
	switch m.IntN(6) {
	case 0, 1, 2:
		who.Visitor = fmt.Sprint("v", i)
	case 3:
		who.DoorVisitor = fmt.Sprint("d", i)
	case 4:
		who.Session = fmt.Sprint("s", i)
	}
	who.UserAgent = m.maybe(700, userAgents...)
	who.Screen = m.maybe(500, "390x844", "1920x1080", "2560x1440")
	who.Lang = m.maybe(500, "de-DE", "en-GB", "pt-BR")
	who.Country = m.maybe(600, "DE", "FR", "US")
	who.Region, who.City = m.maybe(400, "BE", "CA"), m.maybe(400, "Berlin", "Paris")
	for range 1 + m.IntN(4) {
		m.visit(who, m.w.Start.Add(m.moment()))
	}
}

// moment is when something begins: anywhere in four days, or at the edge of a day, an hour or a window.
func (m *maker) moment() time.Duration {
	d := time.Duration(m.Int64N(int64(96 * time.Hour))).Truncate(time.Millisecond)
	edge := pick(m.Rand, []time.Duration{1, 1, time.Second, 10 * time.Second, time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour})
	return d.Truncate(edge) + pick(m.Rand, []time.Duration{-time.Millisecond, 0, 0, time.Millisecond}) - 24*time.Hour
}

// steadyFor is how long after its beginning something happens in a steady workload, which begins a day before and of which copies arrive a day later at most: what arrives first must not be
// beyond the horizon of eight days when it is counted last.
const steadyFor = 5 * 24 * time.Hour

// visit makes a run of events, with pauses that are mostly short, and else about as long as the site's gap.
func (m *maker) visit(who event.Event, at time.Time) {
	gap := cmp.Or(m.w.Site.Gap, query.DefaultGap)
	pauses := []time.Duration{0, 0, time.Millisecond, time.Second, 9 * time.Second, 10 * time.Second, 45 * time.Second, gap / 2}
	edges := []time.Duration{gap - time.Millisecond, gap, gap + time.Millisecond, 20 * time.Hour}
	n := 1 + m.IntN(8)
	if m.happens(30) { // somebody who stays for more than a day
		pauses, edges, n = []time.Duration{gap - time.Millisecond}, pauses, min(60, 2+int(26*time.Hour/gap))
	}
	for range n {
		if m.steady && at.Sub(m.w.Start) > steadyFor {
			return
		}
		e := who
		m.fill(&e)
		m.send(e, at)
		from := pauses
		if m.happens(200) {
			from = edges
		}
		at = at.Add(pick(m.Rand, from))
	}
}

func (m *maker) fill(e *event.Event) {
	e.Name = pick(m.Rand, []string{"pageview", "pageview", "pageview", "pageview", "engagement", "engagement", "buy", "sign up"})
	e.URL = m.maybe(950, "", "https://www.shop.example", "https://b.example:8443") + pick(m.Rand, []string{"/", "/", "/tea", "/blog/1", "/blog/a/2", "/cart"}) +
		m.maybe(250, "?utm_source=news&utm_medium=email&utm_campaign=spring", "?utm_source=Google&utm_medium=cpc&utm_term=tea&utm_content=x", "?gclid=1", "?q=1#top")
	e.Referrer = m.maybe(400, "https://www.google.com/", "https://news.ycombinator.com/item?id=1", "https://chatgpt.com/", "https://www.shop.example/", "https://m.facebook.com/x")
	e.Bot = m.maybe(20, "prefetch")
	for _, key := range []string{"plan", "seats"} {
		if m.happens(250) {
			e.Props = append(e.Props, event.Prop{Key: key, Value: pick(m.Rand, []string{"free", "pro", "3", "(none)"})})
		}
	}
	switch e.Name {
	case "engagement":
		e.EngagedMS, e.Scroll = pick(m.Rand, []int64{0, 1, 900, 9_999, 10_000, 60_000}), m.IntN(101)
		m.measure(e, 100)
	case "pageview":
		e.Scroll = pick(m.Rand, []int{0, 0, 0, 10, 100})
		m.measure(e, 300)
	default:
		if m.happens(600) {
			e.Revenue = event.Revenue{Micros: m.Int64N(100_000_000) - 1_000_000, Currency: pick(m.Rand, []string{"EUR", "EUR", "USD"})}
		}
	}
}

// measure gives an event web vitals, so many times in a thousand.
func (m *maker) measure(e *event.Event, often int) {
	if m.happens(often) {
		e.Vitals.LCP = event.Vital{Value: float64(m.IntN(9000)), Set: true}
		e.Vitals.CLS = event.Vital{Value: pick(m.Rand, []float64{0, 0, 0.01, 0.1, 0.25}), Set: true}
	}
	if m.happens(often / 3) {
		e.Vitals.INP = event.Vital{Value: 8 + 400*m.Float64(), Set: true}
		e.Vitals.TTFB = event.Vital{Value: 1 + 900*m.Float64(), Set: true}
	}
}

// send gives an event its id, its time and its arrival, and sends it, sometimes again.
func (m *maker) send(e event.Event, at time.Time) {
	e.ID = fmt.Sprint("e", len(m.w.Copies))
	e.TS = at.UnixMilli()
	upset := 0
	if !m.steady {
		upset = m.IntN(40)
	}
	copies := 1
	if m.happens(120) {
		copies += 1 + m.IntN(2)
	}
	for i := range copies {
		c := e
		c.ReceivedAt = e.TS + m.delay().Milliseconds()
		switch {
		case upset == 1: // it counts when its first copy arrives
			c.TS = 0
		case upset == 2: // a clock that nobody believes: the same
			c.TS = e.TS + 30*24*3_600_000
		case upset == 3 && i > 0: // the first copy decides what it says
			c.URL = "/other"
		}
		m.w.Copies = append(m.w.Copies, c)
	}
}

// delay is how long after it happened an event arrives.
func (m *maker) delay() time.Duration {
	switch m.IntN(10) {
	case 0:
		return time.Duration(m.Int64N(int64(24 * time.Hour)))
	case 1:
		return 24*time.Hour + pick(m.Rand, []time.Duration{-time.Millisecond, 0, time.Millisecond})
	case 2:
		return -5 * time.Minute // ahead, and just believed
	}
	return time.Duration(m.Int64N(int64(20 * time.Second)))
}

// Cut cuts copies into batches of random sizes up to most.
func Cut(r *rand.Rand, copies []event.Event, most int) (batches [][]event.Event) {
	for len(copies) > 0 {
		n := min(1+r.IntN(most), len(copies))
		batches = append(batches, copies[:n:n])
		copies = copies[n:]
	}
	return batches
}

var userAgents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
}
