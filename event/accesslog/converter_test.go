package accesslog

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"pgregory.net/rapid"
)

// line is a log line at a time of 17 May 2015, by default a page view.
func line(clock, request, rest string) string {
	return `1.2.3.4 - - [17/May/2015:` + clock + ` +0000] "` + request + `" ` + rest
}

func converter(t testing.TB, o Options) *Converter {
	t.Helper()
	if o.Site == "" {
		o.Site = "demo"
	}
	if o.Start.IsZero() {
		o.Start = time.UnixMilli(1_000_000_000_000)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustEvent(t testing.TB, c *Converter, number int64, text string) event.Event {
	t.Helper()
	e, err := c.Event(number, text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// With OwnTimes every line keeps its own time, whatever came before it.
func TestOwnTimes(t *testing.T) {
	c, err := New(Options{Site: "demo", Speed: 7, OwnTimes: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, clock := range []string{"10:05:03", "10:07:00", "09:00:00"} {
		want := time.Date(2015, 5, 17, 0, 0, 0, 0, time.UTC).Format("2006-01-02T") + clock + "Z"
		e := mustEvent(t, c, 1, line(clock, "GET / HTTP/1.1", "200 1"))
		if got := time.UnixMilli(e.TS).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestEventFields(t *testing.T) {
	text := line("10:05:03", "GET /a?b HTTP/1.1", `200 512 "http://r/" "agent/1.0"`)
	got := mustEvent(t, converter(t, Options{}), 7, text)
	want := event.Event{
		Site: "demo", Name: "pageview", TS: 1_000_000_000_000, URL: "/a?b", Referrer: "http://r/", UserAgent: "agent/1.0",
		// The hashes were computed apart, with Python's hashlib: they must never change, or a repeated replay counts twice.
		ID:      "507150a34fd7f72c3b2b4c51301f016f",
		Visitor: "9bcab898ac69752d953c39ca1dac10b5",
		Props: []event.Prop{
			{Key: "method", Value: "GET"},
			{Key: "status", Value: "200", Kind: event.PropNumber},
			{Key: "bytes", Value: "512", Kind: event.PropNumber},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestUnknownPropsAreLeftOut(t *testing.T) {
	got := mustEvent(t, converter(t, Options{}), 1, line("10:05:03", "-", `- - "-" "-"`))
	want := []event.Prop{{Key: "bytes", Value: "0", Kind: event.PropNumber}}
	if !reflect.DeepEqual(got.Props, want) || got.URL != "" || got.Name != Request {
		t.Errorf("got %+v", got)
	}
}

func TestPageviewOrRequest(t *testing.T) {
	tests := []struct{ request, status, want string }{
		{"GET / HTTP/1.1", "200", event.Pageview},
		{"GET / HTTP/1.1", "206", event.Pageview},
		{"GET / HTTP/1.1", "299", event.Pageview},
		{"GET / HTTP/1.1", "304", event.Pageview},
		{"GET /", "200", event.Pageview},
		{"GET / HTTP/1.1", "199", Request},
		{"GET / HTTP/1.1", "301", Request},
		{"GET / HTTP/1.1", "404", Request},
		{"GET / HTTP/1.1", "500", Request},
		{"GET / HTTP/1.1", "-", Request},
		{"HEAD / HTTP/1.1", "200", Request},
		{"POST / HTTP/1.1", "200", Request},
		{"get / HTTP/1.1", "200", Request},
		{"GET /a.png HTTP/1.1", "200", Request},
		{"-", "200", Request},
	}
	for _, test := range tests {
		e := mustEvent(t, converter(t, Options{}), 1, line("10:05:03", test.request, test.status+" 1"))
		if e.Name != test.want {
			t.Errorf("%s %s: %s, want %s", test.request, test.status, e.Name, test.want)
		}
	}
}

func TestStatic(t *testing.T) {
	extensions := "css js mjs map json xml txt png jpg jpeg gif svg ico webp avif woff woff2 ttf eot mp3 mp4 webm pdf zip gz tgz jar"
	for ext := range strings.FieldsSeq(extensions) {
		for _, target := range []string{"/a." + ext, "/a/b." + ext + "?v=1", "/a.b." + strings.ToUpper(ext)} {
			if !Static(target) {
				t.Errorf("%s is a page", target)
			}
		}
	}
	for _, target := range []string{"", "/", "/js", "/a.js/", "/a.html", "/a.php?f=b.png", "/a.pngx", "/a.", "/a.tar.bz2", "/.png/x"} {
		if Static(target) {
			t.Errorf("%s is static", target)
		}
	}
}

func TestEventTime(t *testing.T) {
	tests := []struct {
		clock string // after a first line at 10:00:00
		speed float64
		want  int64 // milliseconds after the start
	}{
		{"10:00:00", 1, 0},
		{"10:00:01", 0, 1000},
		{"11:00:00", 100, 36_000},
		{"10:00:01", 3, 333},
		{"10:00:02", 3, 667},
		{"10:00:01", 400, 3},
		{"09:59:59", 1, -1000},
		{"09:59:59", 400, -3},
		{"10:00:01", 0.5, 2000},
	}
	for _, test := range tests {
		c := converter(t, Options{Speed: test.speed})
		mustEvent(t, c, 1, line("10:00:00", "GET / HTTP/1.1", "200 1"))
		e := mustEvent(t, c, 2, line(test.clock, "GET / HTTP/1.1", "200 1"))
		if got := e.TS - 1_000_000_000_000; got != test.want {
			t.Errorf("%s at speed %v: %d ms, want %d", test.clock, test.speed, got, test.want)
		}
	}
}

func TestMalformedLineDoesNotFixTheStart(t *testing.T) {
	c := converter(t, Options{})
	if _, err := c.Event(1, line("09:00:00", "GET / HTTP/1.1", `200 1 "unclosed`)); err == nil {
		t.Fatal("no error")
	}
	e := mustEvent(t, c, 2, line("10:00:00", "GET / HTTP/1.1", "200 1"))
	if e.TS != 1_000_000_000_000 {
		t.Errorf("ts %d", e.TS)
	}
}

func TestTimeBeyondTheLimitsIsAnError(t *testing.T) {
	for _, clock := range []string{"23:59:59", "00:00:00"} {
		c := converter(t, Options{Speed: 1e-12})
		mustEvent(t, c, 1, line("12:00:00", "GET / HTTP/1.1", "200 1"))
		if e, err := c.Event(2, line(clock, "GET / HTTP/1.1", "200 1")); err == nil {
			t.Errorf("%s became %d", clock, e.TS)
		}
	}
}

func TestIDs(t *testing.T) {
	text := line("10:00:00", "GET / HTTP/1.1", "200 1")
	id := func(o Options, number int64, text string) string {
		return mustEvent(t, converter(t, o), number, text).ID
	}
	base := id(Options{}, 1, text)
	if again := id(Options{Speed: 7}, 1, text); again != base {
		t.Error("the same line has another id")
	}
	for name, other := range map[string]string{
		"number": id(Options{}, 2, text),
		"text":   id(Options{}, 1, text+" "),
		"start":  id(Options{Start: time.UnixMilli(1_000_000_000_001)}, 1, text),
	} {
		if other == base {
			t.Errorf("another %s has the same id", name)
		}
	}
}

func TestVisitorIsAddressAndUserAgent(t *testing.T) {
	visitor := func(address, agent string) string {
		text := strings.Replace(line("10:00:00", "GET / HTTP/1.1", `200 1 "-" "`+agent+`"`), "1.2.3.4", address, 1)
		v := mustEvent(t, converter(t, Options{}), 1, text).Visitor
		if strings.Contains(v, address) {
			t.Errorf("%q holds the address", v)
		}
		return v
	}
	base := visitor("1.2.3.4", "a")
	if visitor("1.2.3.4", "a") != base {
		t.Error("the same visitor has another hash")
	}
	if visitor("1.2.3.5", "a") == base || visitor("1.2.3.4", "b") == base {
		t.Error("another visitor has the same hash")
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	e := mustEvent(t, converter(t, Options{}), 1, line("10:00:00", "GET /\xe4 HTTP/1.1", "200 1 \"r\xff\" \"a\xff\""))
	if e.URL != "/\uFFFD" || e.Referrer != "r\uFFFD" || e.UserAgent != "a\uFFFD" {
		t.Errorf("got %+v", e)
	}
}

func TestNewRefuses(t *testing.T) {
	now := time.UnixMilli(1)
	for name, o := range map[string]Options{
		"no site":          {Start: now},
		"site":             {Site: "Not A Site", Start: now},
		"no start":         {Site: "demo"},
		"start after 9999": {Site: "demo", Start: time.UnixMilli(event.MaxTimeMS + 1)},
		"negative speed":   {Site: "demo", Start: now, Speed: -1},
		"infinite speed":   {Site: "demo", Start: now, Speed: math.Inf(1)},
		"no number":        {Site: "demo", Start: now, Speed: math.NaN()},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTimesKeepTheirOrder: whatever the speed, two lines keep their order, and their distance to within the rounding.
func TestTimesKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		speed := rapid.Float64Range(0.01, 10_000).Draw(rt, "speed")
		c := converter(t, Options{Speed: speed})
		second := rapid.Int64Range(-1_000_000, 1_000_000)
		a, b := second.Draw(rt, "a"), second.Draw(rt, "b")
		c.first = at
		ta, tb := c.eventTime(at.Add(time.Duration(a)*time.Second)), c.eventTime(at.Add(time.Duration(b)*time.Second))
		if exact := float64(a-b) * 1000 / speed; math.Abs(float64(ta-tb)-exact) > 1 {
			rt.Fatalf("%d s apart became %d ms, want %v", a-b, ta-tb, exact)
		}
		if a < b && ta > tb || a > b && ta < tb {
			rt.Fatalf("order turned: %d, %d became %d, %d", a, b, ta, tb)
		}
	})
}
