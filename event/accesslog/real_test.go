package accesslog

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event"
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

// seen is what a log holds, counted by name and url, and its visitors and ids.
type seen struct {
	count    map[[2]string]int
	visitors map[string]bool
	ids      map[string]bool
}

func newSeen() seen {
	return seen{count: map[[2]string]int{}, visitors: map[string]bool{}, ids: map[string]bool{}}
}

func TestRealLog(t *testing.T) {
	lines := realLines(t)
	c, got := converter(t, Options{Speed: 100}), newSeen()
	for i, text := range lines {
		e, err := c.Event(int64(i+1), text)
		if i+1 == 8899 {
			if err == nil || err.Error() != "the quote of the user agent is not closed" {
				t.Errorf("line 8899: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		got.count[[2]string{e.Name, e.URL}]++
		got.visitors[e.Visitor] = true
		got.ids[e.ID] = true
	}
	if len(got.ids) != 9999 {
		t.Errorf("%d ids, want 9999", len(got.ids))
	}
	want := naive(lines)
	if !maps.Equal(got.count, want.count) || len(got.visitors) != len(want.visitors) {
		t.Errorf("%d visitors, want %d; counts by page are equal: %v",
			len(got.visitors), len(want.visitors), maps.Equal(got.count, want.count))
	}
}

// naive reads the log as one would with a regular expression, sharing nothing with the parser.
func naive(lines []string) seen {
	combined := regexp.MustCompile(`^(\S+) .*\[.+\] "(\S+) (\S+) [^"]*" (\d+) (\S+) "(.*)" "(.*)"$`)
	static := regexp.MustCompile(`\.(css|js|mjs|map|json|xml|txt|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp[34]|webm|pdf|zip|t?gz|jar)(\?|$)`)
	s := newSeen()
	for _, text := range lines {
		m := combined.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		path, _, _ := strings.Cut(m[3], "?")
		name := Request
		if m[2] == "GET" && (m[4][0] == '2' || m[4] == "304") && !static.MatchString(path) {
			name = event.Pageview
		}
		s.count[[2]string{name, m[3]}]++
		s.visitors[m[1]+" "+m[7]] = true
	}
	return s
}
