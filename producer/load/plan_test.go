package load

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mileusna/useragent"

	"github.com/streamgauge/streamgauge/event"
)

var everyKind = Mix{Bots: 0.1, Duplicates: 0.05, Late: 0.03, OutOfOrder: 0.08, Malformed: 0.04}

func complete(t testing.TB, p Plan) Plan {
	t.Helper()
	if p.Start.IsZero() {
		p.Start = t0
	}
	p, err := p.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A plan gives the same copies every time, also when it is moved in time; another seed gives others.
func TestPlanDecides(t *testing.T) {
	p := complete(t, Plan{Seed: rand.Uint64(), Rate: 500, For: 4 * time.Second, Mix: everyKind, Agents: true, Keys: true})
	list := func(p Plan) (all []string) {
		for c := range p.Copies() {
			all = append(all, c.Due.String()+c.Kind.String()+c.Key+string(c.JSON))
		}
		return all
	}
	a := list(p)
	if len(a) < 1500 || !slices.Equal(a, list(p)) {
		t.Errorf("seed %d: %d copies, and others the second time", p.Seed, len(a))
	}
	s, err := complete(t, Plan{Seed: p.Seed, Start: t0.Add(-time.Hour), Rate: p.Rate, For: p.For, Mix: p.Mix, Agents: true, Keys: true}).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	s.StartAt(t0)
	var c Planned
	for i := 0; s.next(&c); i++ {
		if got := c.Due.String() + c.Kind.String() + c.Key + string(c.JSON); got != a[i] {
			t.Fatalf("seed %d: copy %d of the moved plan is\n%s, want\n%s", p.Seed, i, got, a[i])
		}
	}
	p.Seed++
	if slices.Equal(a[:100], list(p)[:100]) {
		t.Error("another seed gave the same copies")
	}
}

// Of every kind there is the part that was chosen, and every copy is what its kind says.
func TestMixIsKept(t *testing.T) {
	p := complete(t, Plan{Seed: rand.Uint64(), Rate: 1000, For: 2 * time.Minute, People: 500, Mix: everyKind, Agents: true})
	counts := map[Kind]float64{}
	sent, moved := map[string]bool{}, 0.0
	last := p.Start
	n := 0.0
	for c := range p.Copies() {
		if c.Due.Before(last) {
			t.Fatalf("seed %d: copy %d is due before the one before it", p.Seed, c.N)
		}
		last = c.Due
		n++
		counts[c.Kind]++
		checkCopy(t, c, sent)
		if age := c.Due.UnixMilli() - c.TS; c.Kind == Ordinary && age > 0 {
			moved++
		}
		sent[c.ID] = true
	}
	want := map[Kind]float64{Crawler: 0.1, Repeated: 0.05, Overdue: 0.03, Malformed: 0.04}
	for kind, part := range want {
		within(t, p.Seed, kind.String(), counts[kind], n*part)
	}
	within(t, p.Seed, "out of order", moved, n*everyKind.OutOfOrder)
	within(t, p.Seed, "all", n, 120_000)
}

func within(t *testing.T, seed uint64, what string, got, want float64) {
	t.Helper()
	// What is held is less at the beginning and does not go out at the end, so there is some slack beside chance.
	if math.Abs(got-want) > 5*math.Sqrt(want)+0.06*want {
		t.Errorf("seed %d: %v copies are %s, want about %.0f", seed, got, what, want)
	}
}

func checkCopy(t *testing.T, c *Planned, sent map[string]bool) {
	t.Helper()
	var e event.Event
	problems, err := e.Decode(c.JSON)
	if bad := err != nil || len(problems) > 0; bad != (c.Kind == Malformed) {
		t.Fatalf("%v copy: %v %v: %s", c.Kind, err, problems, c.JSON)
	}
	if c.Kind == Malformed {
		if c.JSON[0] != '{' || bytes.ContainsAny(c.JSON, "\r\n") {
			t.Fatalf("a malformed copy must still be a line, and begin as an object: %q", c.JSON)
		}
		return
	}
	age := c.Due.UnixMilli() - e.TS
	ok := e.ID == c.ID && e.TS == c.TS && event.IDTime(e.ID) == e.TS && e.UserAgent == c.Agent
	switch c.Kind {
	case Overdue:
		ok = ok && age > event.LatenessMS
	case Repeated:
		ok = ok && sent[c.ID] && age <= heldMost.Milliseconds()+1000
	case Crawler:
		ok = ok && useragent.Parse(e.UserAgent).Bot
	default:
		ok = ok && !sent[c.ID] && !useragent.Parse(e.UserAgent).Bot && age >= 0 && age <= heldMost.Milliseconds()+1000
	}
	if shown := c.Kind == Ordinary && e.Name != event.Engagement; !ok || shown != c.Shown {
		t.Fatalf("%v copy, %d ms old, shown %v: %s", c.Kind, age, c.Shown, c.JSON)
	}
}

// Requests hold all copies of a plan, each once, in order, are no larger than allowed, and are due when their last event is or their first has waited
// long enough.
func TestRequestsHoldEveryCopy(t *testing.T) {
	for _, batch := range []int{1, 7, 100} {
		p := complete(t, Plan{Seed: rand.Uint64(), Rate: 40, For: 20 * time.Second, Batch: batch, Linger: 300 * time.Millisecond, Mix: everyKind, Agents: true})
		var want []string
		for c := range p.Copies() {
			want = append(want, string(c.JSON))
		}
		s, err := p.Prepare()
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, len(want))
		last := p.Start
		rs := newRequests(s)
		for r := rs.pull(); r != nil; r = rs.pull() {
			checkRequest(t, p, r, last)
			last = r.Due
			for _, it := range r.Items {
				if got[it.N] != "" {
					t.Fatalf("batch %d: copy %d is sent twice", batch, it.N)
				}
				got[it.N] = string(r.Body[it.From:it.To])
			}
			rs.recycle(r)
		}
		if !slices.Equal(got, want) {
			t.Errorf("seed %d, batch %d: the requests do not hold the plan", p.Seed, batch)
		}
	}
}

func checkRequest(t *testing.T, p Plan, r *Request, last time.Time) {
	t.Helper()
	first, end := time.Unix(0, r.Items[0].Due), time.Unix(0, r.Items[len(r.Items)-1].Due)
	full := len(r.Items) == p.Batch && r.Due.Equal(end)
	waited := r.Due.Equal(first.Add(p.Linger)) || r.Due.Equal(p.Start.Add(p.For))
	if r.Due.Before(last) || len(r.Items) > p.Batch || !full && !waited || r.Due.Before(end) {
		t.Fatalf("%d events from %v to %v, due %v, after %v", len(r.Items), first, end, r.Due, last)
	}
	if n := strings.Count(string(r.Body), "\n"); n != len(r.Items)-1 {
		t.Fatalf("%d events in %d lines", len(r.Items), n+1)
	}
	for _, it := range r.Items {
		if (it.Kind == Crawler) != (r.Items[0].Kind == Crawler) {
			t.Fatal("a crawler shares a request with people")
		}
	}
}

// The timetable of every profile has as many events as its level says, in each tenth of the run.
func TestTimetables(t *testing.T) {
	const rate, length, parts = 500.0, 100 * time.Second, 10
	seed := rand.Uint64()
	for _, profile := range Profiles {
		var counts [parts]float64
		total := 0.0
		for when := newTimetable(seed, profile, rate, length); ; total++ {
			at, ok := when.next()
			if !ok {
				break
			}
			counts[int(at*parts/length)]++
		}
		for i, got := range counts {
			near(t, seed, string(profile), got, rate*length.Seconds()*integral(profile.level, float64(i)/parts, float64(i+1)/parts))
		}
		if mean := integral(profile.level, 0, 1); math.Abs(mean-profile.Mean()) > 1e-3 {
			t.Errorf("%s has a mean level of %v, not %v", profile, mean, profile.Mean())
		}
		near(t, seed, string(profile), total, rate*length.Seconds()*profile.Mean())
	}
}

func TestPlanIsChecked(t *testing.T) {
	_, err := Plan{Site: "No Site", Profile: "zigzag", Batch: 501, People: -1, Mix: Mix{Bots: 0.9, Late: 0.9, Malformed: -0.1}}.Complete()
	for _, want := range []string{"site", "zigzag", "steady, ramp", "start", "rate", "length", "batch 501", "visitors", "part -0.1", "make"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
}

// The demo brings every kind of copy, and every kind of event, within ten seconds.
func TestDemoIsAlive(t *testing.T) {
	p := Demo("demo", rand.Uint64(), t0)
	names, kinds, countries, sources := map[string]int{}, map[Kind]int{}, map[string]bool{}, map[string]bool{}
	events := 0
	var e event.Event
	for c := range p.Copies() {
		if c.Due.Sub(t0) > 10*time.Second {
			break
		}
		kinds[c.Kind]++
		if c.Kind == Malformed {
			continue
		}
		if problems, err := e.Decode(bytes.Clone(c.JSON)); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		events++
		names[e.Name]++
		countries[e.Country] = true
		sources[e.Referrer] = true
		if e.Vitals.LCP.Set {
			names["vitals"]++
		}
	}
	if events < 60 || names[event.Pageview] < 10 || names[event.Engagement] < 5 || names["vitals"] < 5 || len(countries) < 4 || len(sources) < 5 {
		t.Errorf("seed %d: %d events %v, kinds %v, countries %v, %d referrers", p.Seed, events, names, kinds, countries, len(sources))
	}
}
