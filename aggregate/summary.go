package aggregate

import (
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// maxPages bounds the different pages and event names of one summary. What is beyond is counted under otherRow, and the summary is Truncated.
const maxPages = 10_000

// otherRow holds what did not fit. It is no page: pages start with a slash.
const otherRow = "(other)"

// Summary is what is known about a set of counted events: of one delta, of a window, or of a longer time. Merging is commutative and
// associative below maxPages.
type Summary struct {
	Ledger    Ledger
	Names     map[string]uint64 // events by name, engagement among them
	Pages     map[string]uint64 // pageviews by page
	Sample    *sketch.Sample
	Truncated bool // a row of Names or Pages is otherRow
}

// NewSummary returns the summary of nothing.
func NewSummary() *Summary {
	return &Summary{Names: make(map[string]uint64), Pages: make(map[string]uint64), Sample: sketch.NewSample()}
}

// Add counts an event of that name on that page at its event time, for the visitor with that hash. The strings are kept.
func (s *Summary) Add(name, page string, at int64, visitor uint64) {
	s.count(s.Names, name, 1)
	switch name {
	case event.Engagement: // tells about a pageview that was counted already
		return
	case event.Pageview:
		s.count(s.Pages, page, 1)
	}
	s.Sample.Add(visitor, sketch.Hit{At: at, Name: name, Page: page})
}

func (s *Summary) count(rows map[string]uint64, row string, n uint64) {
	if _, known := rows[row]; !known {
		if len(rows) >= maxPages {
			s.Truncated = true
			row = otherRow
		}
	}
	rows[row] += n
}

// Merge adds everything that o counts.
func (s *Summary) Merge(o *Summary) {
	s.Ledger.Merge(o.Ledger)
	for name, n := range o.Names {
		s.count(s.Names, name, n)
	}
	for page, n := range o.Pages {
		s.count(s.Pages, page, n)
	}
	s.Sample.Merge(o.Sample)
	s.Truncated = s.Truncated || o.Truncated
}

// Pageviews returns how many pageviews there were.
func (s *Summary) Pageviews() uint64 { return s.Names[event.Pageview] }

// Events returns how many events there were; engagement tells about a pageview and is none of its own.
func (s *Summary) Events() uint64 {
	var n uint64
	for name, c := range s.Names {
		if name != event.Engagement {
			n += c
		}
	}
	return n
}

// PageOf returns the page of a URL or of a path: the path without query and fragment, at least "/".
func PageOf(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	if i := strings.Index(url, "://"); i >= 0 && !strings.Contains(url[:i], "/") {
		url = url[i+3:]
		slash := strings.IndexByte(url, '/')
		if slash < 0 {
			return "/"
		}
		url = url[slash:]
	}
	if url == "" || url[0] != '/' {
		return "/" + url
	}
	return url
}
