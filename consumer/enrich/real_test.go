package enrich

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event/accesslog"
)

// realLog lies beside the project's root.
const realLog = "../../../shared/data/apache_combined.log"

func realLines(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(realLog)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no ../shared/data/apache_combined.log beside the project: the real log is not tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// combined takes a line of the log apart, sharing nothing with the parser: referrer and user agent.
var combined = regexp.MustCompile(`^\S+ .*\[.+\] ".*" \d+ \S+ "(.*)" "(.*)"$`)

// grep counts the texts that the first expression matches, and the second does not.
func grep(texts []string, is, isNot string) (n int) {
	yes, no := regexp.MustCompile(is), regexp.MustCompile(isNot)
	for _, text := range texts {
		if yes.MatchString(text) && (isNot == "" || !no.MatchString(text)) {
			n++
		}
	}
	return n
}

// A real log's lines, all 9,999 that are well formed, against counts by expressions that share nothing with the enricher.
func TestRealLog(t *testing.T) {
	lines := realLines(t)
	c, err := accesslog.New(accesslog.Options{Site: "semicomplete.com", Start: time.Unix(1_750_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	en, h := New(Options{}), new(sketch.Hit)
	bots, fields := map[string]int{}, [sketch.NumFields]map[string]int{}
	for f := range fields {
		fields[f] = map[string]int{}
	}
	for i, line := range lines {
		e, err := c.Event(int64(i+1), line)
		if err != nil {
			continue
		}
		bots[en.Bot(&e)]++
		en.Hit(h, &e, e.TS)
		for f, text := range h.Text {
			fields[f][text]++
		}
	}
	tagged := 0
	for _, line := range lines {
		if request, _, _ := strings.Cut(line, ` HTTP/`); strings.Contains(request, "utm_source=feedburner") {
			tagged++
		}
	}
	var referrers, agents []string
	for _, line := range lines {
		if m := combined.FindStringSubmatch(line); m != nil {
			referrers, agents = append(referrers, m[1]), append(agents, m[2])
		}
	}
	for _, want := range []struct {
		what string
		got  int
		want int
	}{
		{"Chrome", fields[sketch.Browser]["Chrome"], grep(agents, `Chrome/|CriOS/`, `Chromium/|Iron/|OPR/`)},
		{"Chromium", fields[sketch.Browser]["Chromium"], grep(agents, `Chromium/`, ``)},
		{"Firefox", fields[sketch.Browser]["Firefox"], grep(agents, `Firefox/`, ``)},
		{"Internet Explorer", fields[sketch.Browser]["Internet Explorer"], grep(agents, `MSIE \d|Trident/7`, `\) Opera`) + 1},
		{"Windows", fields[sketch.OS]["Windows"], grep(agents, `Windows (NT|9|x86|Mobile|Phone)|Windows server`, ``)},
		{"version 7", fields[sketch.OSVersion]["7"], grep(agents, `Windows NT 6\.1`, ``)},
		{"Ubuntu", fields[sketch.OS]["Ubuntu"], grep(agents, `Ubuntu`, `Android`)},
		{"Android", fields[sketch.OS]["Android"], grep(agents, `Android`, `^Instagram`)},
		{"tablets", fields[sketch.Device]["Tablet"], grep(agents, `iPad|Tablet;|Android.*Chrome/`, `Android.*Mobile`)},

		{"Google", fields[sketch.Source]["Google"], grep(referrers, `^https?://([^/]*\.)?google\.[^/]*(/|$)`, `://(mail|docs|translate|plus|groups)\.google\.`)},
		{"DuckDuckGo", fields[sketch.Source]["DuckDuckGo"], grep(referrers, `^https?://([^/]*\.)?duckduckgo\.com/`, ``)},
		{"Stack Overflow", fields[sketch.Source]["Stack Overflow"], grep(referrers, `^https?://stackoverflow\.com/`, ``)},
		{"Bing", fields[sketch.Source]["Bing"], grep(referrers, `^https?://([^/]*\.)?bing\.com/`, ``)},
		{"Wikipedia", fields[sketch.Source]["Wikipedia"], grep(referrers, `^https?://[^/]*\.wikipedia\.org`, ``)},
		{"FeedBurner", fields[sketch.Source]["FeedBurner"], tagged},

		{"crawlers", bots["crawler"], grep(agents, `(?i)bot|slurp|spider|crawl|https?://|ia_archiver|ezooms|google favicon|nutch|validator|xenu|portscout|indy library`,
			`(?i)feed|rss|facebookexternalhit|twitterbot|^(ruby|java|python|curl|wget|http_request2|chef)|livejournal|liferea|embedly|bingpreview|flipboardproxy|theoldreader|simplepie`)},
		{"feed readers", bots["feed"], grep(agents, `(?i)feed|rss/|tiny tiny rss|livejournal|liferea|reeder|simplepie|theoldreader|flipboardrss`, ``)},
		{"tools", bots["tool"], grep(agents, `(?i)^(ruby|java|python|curl|wget|http_request2|chef|lwp|perl|php|fetch )`, ``)},
		{"previews", bots["preview"], grep(agents, `facebookexternalhit|Twitterbot|BingPreview|FlipboardProxy|GoogleImageProxy|Embedly`, ``)},
		{"headless", bots["headless"], grep(agents, `PhantomJS`, ``)},
	} {
		if want.got != want.want {
			t.Errorf("%s: %d lines, an expression finds %d", want.what, want.got, want.want)
		}
	}
	for f, name := range map[sketch.Field]string{sketch.Browser: "browsers", sketch.OS: "systems", sketch.Source: "sources", sketch.Channel: "channels", sketch.Device: "devices"} {
		t.Logf("%s: %v", name, top(fields[f]))
	}
	t.Logf("bots: %v", top(bots))
	if len(fields[sketch.Country]) != 1 || len(fields[sketch.Browser]) > 60 {
		t.Errorf("%d countries, %d browsers", len(fields[sketch.Country]), len(fields[sketch.Browser]))
	}
}

// top returns the most frequent of a count.
func top(count map[string]int) (rows []string) {
	keys := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return count[b] - count[a] })
	for _, k := range keys[:min(len(keys), 25)] {
		rows = append(rows, fmt.Sprintf("%s %d", k, count[k]))
	}
	return rows
}
