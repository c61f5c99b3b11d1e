package load

import (
	"iter"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

type due struct {
	at    time.Time
	event *event.Event
}

// simulate returns the first n events of a model.
func simulate(t *testing.T, seed uint64, n int, opts Options) []due {
	t.Helper()
	opts.Start = t0
	v, err := NewVisitors(seed, opts)
	if err != nil {
		t.Fatal(err)
	}
	var all []due
	for at, e := range v.Events() {
		if all = append(all, due{at, e}); len(all) == n {
			break
		}
	}
	return all
}

func TestSeedDecides(t *testing.T) {
	a, b, c := simulate(t, 1, 3000, Options{}), simulate(t, 1, 3000, Options{}), simulate(t, 2, 3000, Options{})
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave different events")
	}
	if reflect.DeepEqual(a, c) {
		t.Error("another seed gave the same events")
	}
}

// A second look at the same model goes on where the first stopped.
func TestEventsGoOn(t *testing.T) {
	want := simulate(t, 3, 20, Options{})
	v, err := NewVisitors(3, Options{Start: t0})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for at, e := range v.Events() {
			if !reflect.DeepEqual(want[i], due{at, e}) {
				t.Fatalf("event %d is %v at %v", i, e, at)
			}
			break
		}
	}
}

func TestEventsAreInOrderAndValid(t *testing.T) {
	last := t0
	ids := map[string]bool{}
	for i, d := range simulate(t, 4, 50_000, Options{Rate: 20}) {
		e := d.event
		if d.at.Before(last) {
			t.Fatalf("event %d is due at %v, after one at %v", i, d.at, last)
		}
		last = d.at
		if bad := e.Validate(); len(bad) > 0 {
			t.Fatalf("event %d: %v: %+v", i, bad, e)
		}
		if ms := d.at.UnixMilli(); e.TS != ms || event.IDTime(e.ID) != ms {
			t.Fatalf("event %d: ts %d, time of the id %d, due %d", i, e.TS, event.IDTime(e.ID), ms)
		}
		if ids[e.ID] {
			t.Fatalf("event %d: id %s again", i, e.ID)
		}
		ids[e.ID] = true
	}
}

// Every part of a page has something to show: this is what the demo is for.
func TestMix(t *testing.T) {
	names, pages, agents, hosts := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]int{}
	sessions := map[string]map[string]bool{} // of each visitor
	withID := 0
	const n = 50_000
	for _, d := range simulate(t, 5, n, Options{}) {
		e := d.event
		names[e.Name]++
		agents[e.UserAgent] = true
		if e.Visitor != "" {
			withID++
			if sessions[e.Visitor] == nil {
				sessions[e.Visitor] = map[string]bool{}
			}
			sessions[e.Visitor][e.Session] = true
		}
		if e.Session == "" {
			t.Fatalf("no session: %+v", e)
		}
		if (e.Name == "purchase") != (e.Revenue.Micros > 0) {
			t.Fatalf("revenue %+v of a %s", e.Revenue, e.Name)
		}
		if e.Name == event.Pageview {
			u, _ := url.Parse(e.URL)
			r, _ := url.Parse(e.Referrer)
			pages[u.Path]++
			hosts[r.Host]++
		}
	}
	least := map[string]int{event.Pageview: n * 2 / 5, event.Engagement: n * 2 / 5, "add_to_cart": n / 100, "signup": n / 200, "purchase": n / 200}
	for name, atLeast := range least {
		if names[name] < atLeast {
			t.Errorf("%d events %s of %d, want at least %d", names[name], name, n, atLeast)
		}
	}
	for _, host := range []string{"", "www.google.com", "t.co", "news.ycombinator.com", "mail.google.com", "www.hearth-and-kettle.example"} {
		if hosts[host] == 0 {
			t.Errorf("no referrer of %q", host)
		}
	}
	if len(pages) < 25 || len(agents) < 15 || withID < n/2 || withID > n*9/10 {
		t.Errorf("%d pages, %d user agents, %d events with a visitor", len(pages), len(agents), withID)
	}
	again := 0
	for _, s := range sessions {
		if len(s) > 1 {
			again++
		}
	}
	if again < len(sessions)/5 {
		t.Errorf("%d of %d visitors came again", again, len(sessions))
	}
	if pages["/"] < 5*pages["/help"] {
		t.Errorf("the start page has %d views, /help %d: want a steep fall", pages["/"], pages["/help"])
	}
}

// Every visit is a story that can be believed: it enters with a view, each page's engagement ends it and is not longer than it was open, and
// each referrer inside the site is the page before. What is paid is what lies in the cart.
func TestVisitsAreCoherent(t *testing.T) {
	type page struct {
		url  string
		at   time.Time
		open bool
		cart int64 // in millionths
	}
	visits := map[string]*page{}
	for _, d := range simulate(t, 6, 30_000, Options{}) {
		e, p := d.event, visits[d.event.Session]
		if p == nil {
			if e.Name != event.Pageview || strings.Contains(e.Referrer, "hearth-and-kettle") {
				continue // began before the start
			}
			p = &page{}
			visits[e.Session] = p
		}
		switch e.Name {
		case event.Pageview:
			if p.open || p.url != "" && e.Referrer != p.url {
				t.Fatalf("view of %s from %q on the page %+v", e.URL, e.Referrer, p)
			}
			*p = page{e.URL, d.at, true, p.cart}
		case event.Engagement:
			if open := d.at.Sub(p.at).Milliseconds(); !p.open || e.URL != p.url || e.EngagedMS < 1 || e.EngagedMS > open+1 || e.Scroll < 1 {
				t.Fatalf("engagement %d ms, scroll %d on %s, open for %d ms as %+v", e.EngagedMS, e.Scroll, e.URL, open, p)
			}
			p.open = false
		default:
			if !p.open || e.URL != p.url {
				t.Fatalf("%s on %s, not on %+v", e.Name, e.URL, p)
			}
			if p.cart += price(t, e) - inEuro(e.Revenue); e.Name == "purchase" && p.cart != 0 {
				t.Fatalf("paid %d, off by %d", e.Revenue.Micros, p.cart)
			}
		}
	}
	if len(visits) < 1000 {
		t.Fatalf("only %d visits", len(visits))
	}
}

func inEuro(r event.Revenue) int64 {
	for _, p := range places {
		if p.currency == r.Currency {
			return r.Micros * 100 / p.rate
		}
	}
	return 0
}

// price returns the property price of an event in millionths, or zero.
func price(t *testing.T, e *event.Event) int64 {
	for _, p := range e.Props {
		if p.Key == "price" {
			f, err := strconv.ParseFloat(p.Value, 64)
			if err != nil {
				t.Error(err)
			}
			return int64(math.Round(f * 1e6))
		}
	}
	return 0
}

// The arrivals of whole days are Poisson: their number, in all and in each twentieth of the day, is within five standard deviations (√mean) of
// what the rhythm says.
func TestArrivalsFollowTheRhythm(t *testing.T) {
	const rate, days, parts = 5.0, 200, 20
	seed := rand.Uint64()
	for _, day := range []time.Duration{0, 4 * time.Minute} {
		length := 4 * time.Minute
		a := arrivals{rate: rate, day: day, rnd: rand.New(rand.NewPCG(seed, 0))}
		var counts [parts]float64
		total := 0.0
		for at := a.next(); at < days*length; at = a.next() {
			counts[int(at%length*parts/length)]++
			total++
		}
		shape := func(x float64) float64 { return rhythm(x) }
		if day == 0 {
			shape = func(float64) float64 { return 1 }
		}
		mean := rate * days * length.Seconds()
		near(t, seed, "all", total, mean)
		for i := range counts {
			near(t, seed, "a part", counts[i], mean*integral(shape, float64(i)/parts, float64(i+1)/parts))
		}
	}
}

func near(t *testing.T, seed uint64, what string, got, mean float64) {
	t.Helper()
	if math.Abs(got-mean) > 5*math.Sqrt(mean) {
		t.Errorf("seed %d: %s has %v arrivals, want %.0f ± %.0f", seed, what, got, mean, 5*math.Sqrt(mean))
	}
}

func integral(f func(float64) float64, from, to float64) float64 {
	const n = 1000
	sum := 0.0
	for i := range n {
		sum += f(from + (float64(i)+0.5)/n*(to-from))
	}
	return sum / n * (to - from)
}

func TestRhythmIsADay(t *testing.T) {
	if mean := integral(rhythm, 0, 1); math.Abs(mean-1) > 1e-9 {
		t.Errorf("mean %v, want 1", mean)
	}
	for i := range 1000 {
		if r := rhythm(float64(i) / 1000); r <= 0.2 || r >= peak {
			t.Errorf("rhythm(%v) = %v is not within 0.2..%v", float64(i)/1000, r, peak)
		}
	}
}

// The site is as full at the start as later: the model warms up.
func TestStartsFull(t *testing.T) {
	events := simulate(t, 7, 20_000, Options{Day: -1})
	early, late := 0, 0
	for _, d := range events {
		switch since := d.at.Sub(t0); {
		case since < time.Minute:
			early++
		case since >= 10*time.Minute && since < 11*time.Minute:
			late++
		}
	}
	if r := float64(early) / float64(late); r < 0.75 || r > 1.33 {
		t.Errorf("%d events in the first minute, %d in the eleventh", early, late)
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	s := newSite("https://a.example")
	for _, p := range pages {
		for _, path := range p.links {
			if _, ok := s.index[path]; !ok {
				t.Errorf("%s links to %s, which is no page", p.path, path)
			}
		}
	}
	for _, src := range sources {
		for _, path := range src.entries {
			if _, ok := s.index[path]; !ok {
				t.Errorf("a source enters by %s, which is no page", path)
			}
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := NewVisitors(1, Options{Site: "No Site", Rate: -1})
	for _, want := range []string{"site", "start", "rate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name the %s", err, want)
		}
	}
}

// What the load generator takes for a visit's mean length and number of events is what the model does.
func TestVisitMeans(t *testing.T) {
	v, err := NewVisitors(8, Options{Start: t0, Rate: 50, Day: -1})
	if err != nil {
		t.Fatal(err)
	}
	var events, concurrent float64
	const span = 20 * time.Minute
	for v.due() < span {
		v.advance(t0.Add(v.due()).UnixMilli(), nil)
		concurrent += float64(v.Concurrent())
		events++
	}
	perVisit := events / (50 * span.Seconds())
	length := concurrent / events / 50 // Little's law
	t.Logf("%.2f events and %.1f s a visit", perVisit, length)
	if math.Abs(perVisit/visitEvents-1) > 0.03 || math.Abs(length/visitLength.Seconds()-1) > 0.05 {
		t.Errorf("a visit has %.2f events and takes %.1f s, not %v and %v", perVisit, length, visitEvents, visitLength)
	}
}

// The heap of the model pops in the order of a sorted slice.
func TestQueue(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	var q queue
	var twin []waiting
	for i := range 20_000 {
		switch r := rnd.IntN(10); {
		case r < 5 || len(q) == 0:
			w := waiting{time.Duration(rnd.IntN(500)), 0, uint32(i)}
			q.push(w)
			at, _ := slices.BinarySearchFunc(twin, w, order)
			twin = slices.Insert(twin, at, w)
		case r < 8:
			q.pop()
			twin = twin[1:]
		default:
			q[0].at += time.Duration(rnd.IntN(100))
			moved := q[0]
			q.down()
			at, _ := slices.BinarySearchFunc(twin[1:], moved, order)
			twin = slices.Insert(slices.Clone(twin[1:]), at, moved)
		}
		if len(q) > 0 && q[0] != twin[0] {
			t.Fatalf("seed %d, step %d: %v is first, want %v", seed, i, q[0], twin[0])
		}
	}
}

func order(a, b waiting) int {
	if a.before(b) {
		return -1
	}
	return 1
}

func BenchmarkVisitors(b *testing.B) {
	v, err := NewVisitors(1, Options{Start: t0, Rate: 1000})
	if err != nil {
		b.Fatal(err)
	}
	next, stop := iter.Pull2(v.Events())
	defer stop()
	next() // warms up
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
}
