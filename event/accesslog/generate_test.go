package accesslog

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// The log of testdata is for every test that wants one without ../shared/data: the whole-product tests read it too.
const (
	generatedLog   = "testdata/generated.log"
	generatedSeed  = 20150517
	generatedLines = 1500
)

var update = flag.Bool("update", false, "write testdata/generated.log anew")

// generated is a line and what is known of it from its making.
type generated struct {
	text string
	line Line
	bad  bool
}

// generate makes a log: pages and assets of a site, few visitors with many requests, now and then a line out of order, and
// every oddity of real logs. About one line in a hundred is malformed.
func generate(seed uint64, n int) []generated {
	g := generator{rand: rand.New(rand.NewPCG(seed, 0)), now: at}
	lines := make([]generated, n)
	for i := range lines {
		lines[i] = g.next()
	}
	return lines
}

type generator struct {
	rand *rand.Rand
	now  time.Time
}

func (g *generator) next() generated {
	g.now = g.now.Add(time.Duration(g.rand.IntN(60)-10) * time.Second)
	visitor := g.rand.IntN(1 + g.rand.IntN(120))
	l := Line{
		Address:   g.address(visitor),
		Time:      g.now,
		Method:    g.method(),
		Target:    g.target(),
		Status:    pick(g, 200, 200, 200, 200, 200, 206, 301, 304, 403, 404, 500),
		Bytes:     int64(g.rand.IntN(1 << 18)),
		Referrer:  pick(g, "", "", "http://www.example.com/", `http://search.example/?q=\"a b\"`, `http://\xe4\xe5/`),
		UserAgent: g.agent(visitor),
	}
	if g.rand.IntN(20) == 0 {
		l.Bytes = 0
	}
	out := generated{text: g.format(l), line: l}
	if g.rand.IntN(100) == 0 {
		out.text, out.bad = g.spoil(out.text), true
	}
	return out
}

func pick[T any](g *generator, from ...T) T { return from[g.rand.IntN(len(from))] }

func (g *generator) address(visitor int) string {
	if visitor%7 == 0 {
		return fmt.Sprintf("2001:db8::%x", visitor+1)
	}
	return fmt.Sprintf("192.0.2.%d", visitor)
}

func (g *generator) agent(visitor int) string {
	agents := []string{
		"", "curl/8.5.0", "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://www.example.com/bot.html)",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
		`odd \"quoted\" agent \\`,
	}
	return agents[visitor%len(agents)]
}

func (g *generator) method() string {
	if g.rand.IntN(10) > 0 {
		return "GET"
	}
	return pick(g, "HEAD", "POST", "OPTIONS", "PROPFIND")
}

func (g *generator) target() string {
	n := g.rand.IntN(1 + g.rand.IntN(40)) // few pages have most of the views
	return pick(g, "/", fmt.Sprintf("/blog/post-%d", n), fmt.Sprintf("/blog/post-%d?page=%d", n, g.rand.IntN(3)),
		fmt.Sprintf("/docs/%d/", n), fmt.Sprintf("/img/%d.png", n), fmt.Sprintf("/app.js?v=%d", n), "/STYLE.CSS",
		"/with space", `/quote\"d`, "/feed.xml")
}

// format writes the line as a server would, with "-" for what is empty, a zone of its own, and sometimes fields behind.
func (g *generator) format(l Line) string {
	zone := time.FixedZone("", pick(g, 0, 0, 0, 2, -7)*3600)
	bytes := "-"
	if l.Bytes != 0 {
		bytes = fmt.Sprint(l.Bytes)
	}
	protocol := pick(g, " HTTP/1.1", " HTTP/1.1", " HTTP/1.1", " HTTP/2.0", " HTTP/1.0")
	return fmt.Sprintf(`%s - %s [%s] "%s %s%s" %d %s "%s" "%s"%s`, l.Address, pick(g, "-", "-", "frank", "Jane Q. Public"),
		l.Time.In(zone).Format(timeLayout), l.Method, l.Target, protocol, l.Status, bytes,
		hyphen(l.Referrer), hyphen(l.UserAgent), pick(g, "", "", "", ` "10.0.0.7"`, ` 0.004 -`))
}

func hyphen(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// spoil breaks a line off where the user agent begins, takes its time away, or replaces all of it.
func (g *generator) spoil(text string) string {
	return pick(g, text[:strings.Index(text, `" "`)+3], strings.Replace(text, "[", "", 1), "kernel: out of memory", `{"site":`)
}

func TestGeneratedLogIsWhatTheSeedMakes(t *testing.T) {
	var want bytes.Buffer
	for _, g := range generate(generatedSeed, generatedLines) {
		fmt.Fprintln(&want, g.text)
	}
	if *update {
		if err := os.WriteFile(generatedLog, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(generatedLog)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what seed %d makes: run the test with -update", generatedLog, generatedSeed)
	}
}

// TestGeneratedLines parses what was formatted, from many seeds.
func TestGeneratedLines(t *testing.T) {
	for seed := range uint64(20) {
		for i, g := range generate(seed, 500) {
			got, err := Parse(g.text, Auto)
			if g.bad {
				if err == nil {
					t.Errorf("seed %d, line %d: no error for %q", seed, i+1, g.text)
				}
				continue
			}
			if !got.Time.Equal(g.line.Time) {
				t.Errorf("seed %d, line %d: time %v, want %v", seed, i+1, got.Time, g.line.Time)
			}
			got.Time = g.line.Time
			if err != nil || got != g.line {
				t.Fatalf("seed %d, line %d: %q\ngot  %+v, %v\nwant %+v", seed, i+1, g.text, got, err, g.line)
			}
		}
	}
}
