package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

// logGoals are what a site that a log was replayed to has for goals.
var logGoals = []query.Goal{{Name: "Read", Page: "/blog/**"}, {Name: "Request", Event: "request"}}

// everyMetric are those that need no goal.
var everyMetric = []query.Metric{
	query.Visitors, query.Visits, query.Pageviews, query.Events, query.ViewsPerVisit, query.BounceRate, query.VisitDuration, query.TimeOnPage,
	query.ScrollDepth, query.ExitRate, query.Percentage, query.AverageRevenue, query.TotalRevenue, query.NewVisitors, query.ReturningVisitors, "lcp_p75",
}

var someMetrics = []query.Metric{query.Visitors, query.Visits, query.Pageviews, query.Events, query.BounceRate, query.VisitDuration}

// logQuestions are asked of a replayed log, each with and without a filter.
var logQuestions = []struct {
	metrics []query.Metric
	by      query.Dimension
}{
	{everyMetric, ""},
	{someMetrics, query.VisitSource}, {someMetrics, query.VisitChannel}, {someMetrics, query.VisitReferrer},
	{someMetrics, query.VisitBrowser}, {someMetrics, query.VisitOS}, {someMetrics, query.VisitDevice},
	{someMetrics, query.VisitCountry},
	{append([]query.Metric{query.TimeOnPage, query.ExitRate}, someMetrics...), query.EventPage},
	{someMetrics, query.VisitEntryPage}, {someMetrics, query.VisitExitPage},
	{someMetrics, query.TimeHour}, {someMetrics, query.TimeMinute},
	{[]query.Metric{query.Visitors, query.Events, query.ConversionRate, query.GroupConversion}, query.EventGoal},
}

// logFilters are none, and one that looks at pages and at visits.
var logFilters = []struct {
	json   string
	filter *query.Filter
}{
	{"[]", nil},
	{
		`[["contains", "event:page", ["/BLOG/", "/tags/"], {"case_sensitive": false}], ["not", ["is", "visit:source", ["Google"]]]]`,
		&query.Filter{Op: query.And, Args: []*query.Filter{
			{Op: query.Contains, Dimension: query.EventPage, Values: []string{"/BLOG/", "/tags/"}, Fold: true},
			{Op: query.Not, Args: []*query.Filter{{Op: query.Is, Dimension: query.VisitSource, Values: []string{"Google"}}}},
		}},
	},
}

// TestEveryFigureOfALogIsTheNaiveOne: what the product answers about a replayed log, with bots and without them, is what an obvious evaluator finds in the
// lines of the file; bots are set apart, each with its reason.
func TestEveryFigureOfALogIsTheNaiveOne(t *testing.T) {
	for name, read := range map[string]func(*testing.T) accessLog{"generated": generatedLog, "real": realLog} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, start := read(t), twoHoursAgo()
			s := startServer(t, t.TempDir())
			for _, bots := range []aggregate.BotRule{aggregate.DropBots, aggregate.CountBots} {
				site := string(bots)
				s.mustRun(t, "site", "add", site, "--bots", site, "--tz", "Asia/Kolkata")
				s.mustRun(t, "site", "set", site, "--goal", "Read=/blog/**", "--goal", "Request=request")
				s.mustRun(t, "replay", "--site", site, "--start", start.Format(time.RFC3339), "--speed", fmt.Sprint(replaySpeed), l.path)
				want := l.naively(site, bots, start)
				s.sameLedger(t, site, want.Ledger(site))
				s.sameFigures(t, site, l.span(start, replaySpeed), want)
			}
			s.stop(t)
		})
	}
}

// naively adds the lines of the log to the naive evaluator, as events of a site.
func (l accessLog) naively(site string, bots aggregate.BotRule, start time.Time) *naive.Evaluator {
	v, enricher := naive.New(), enrich.New(enrich.Options{})
	v.Derive = func(e *event.Event) (h sketch.Hit) {
		enricher.Hit(&h, e, 0)
		return h
	}
	for i, line := range l.events {
		at := l.at(line, start, replaySpeed).UnixMilli()
		c := &naive.Copy{Position: aggregate.Position{SequenceNumber: fmt.Sprint(i)}, Event: event.Event{
			Site: site, Name: line.name, ID: fmt.Sprint(i), TS: at, ReceivedAt: at,
			URL: line.target, Referrer: line.referrer, Visitor: line.visitor, UserAgent: line.agent,
		}}
		if reason := enricher.Bot(&c.Event); reason != "" && bots == aggregate.DropBots {
			c.Outcome, c.Reason = aggregate.Bot, reason
		}
		v.Add(c)
	}
	return v
}

func (s *server) sameLedger(t *testing.T, site string, want aggregate.Ledger) {
	t.Helper()
	got := s.awaitReceived(t, site, int64(want.Received))
	if uint64(got.Counted) != want.Counted || uint64(got.Bot) != want.Bot || !got.Balanced {
		t.Errorf("books of %s: %+v, want %d counted and %d bots", site, got, want.Counted, want.Bot)
	}
	reasons := make(map[string]int64)
	for reason, n := range want.Reasons {
		reasons[reason] = int64(n)
	}
	if !maps.Equal(got.Reasons, reasons) {
		t.Errorf("reasons of %s: %v, want %v", site, got.Reasons, reasons)
	}
}

func (s *server) sameFigures(t *testing.T, site string, sp span, want *naive.Evaluator) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	history := want.History(site, query.Rules{Zone: zone, Goals: logGoals})
	for _, ask := range logQuestions {
		for _, f := range logFilters {
			q := query.Query{Metrics: ask.metrics, From: sp.from.UnixMilli(), To: sp.to.UnixMilli(), Filter: f.filter}
			if ask.by != "" {
				q.Dimensions = []query.Dimension{ask.by}
			}
			if got, want := s.rowsOf(t, site, sp, q, f.json), naiveRows(q, history.Query(q)); !slices.Equal(got, want) {
				t.Errorf("%s by %q where %s: %s", site, ask.by, f.json, firstDifference(got, want))
			}
		}
	}
}

// rowsOf asks the server, and writes each row of the answer as a line.
func (s *server) rowsOf(t *testing.T, site string, sp span, q query.Query, filters string) []string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"site_id": site, "metrics": q.Metrics, "dimensions": append([]query.Dimension{}, q.Dimensions...), "filters": json.RawMessage(filters),
		"date_range": []string{sp.from.Format(time.RFC3339), sp.to.Format(time.RFC3339)},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := s.do(t, request{path: "/api/v2/query", body: body, media: "application/json"})
	if a.status != http.StatusOK {
		t.Fatalf("query %s: %d %s", body, a.status, a.body)
	}
	answer := decode[struct {
		Results []struct {
			Dimensions []string
			Metrics    []json.RawMessage
		}
		Meta struct{ Exact bool }
	}](t, a.body)
	if !answer.Meta.Exact {
		t.Errorf("the answer to %s is not exact", body)
	}
	lines := []string{}
	for _, r := range answer.Results {
		lines = append(lines, fmt.Sprintf("%q %s", r.Dimensions, r.Metrics))
	}
	return lines
}

// naiveRows writes each row of the naive evaluator's answer in the same way.
func naiveRows(q query.Query, res query.Result) []string {
	lines := []string{}
	for _, r := range res.Rows {
		keys := []string{}
		for _, k := range r.Keys {
			keys = append(keys, k.Text)
		}
		var values []string
		for i, v := range r.Values {
			text := "null"
			if v = q.Metrics[i].Round(v); !v.Null {
				number, _ := json.Marshal(v.X) // of a number that is finite
				text = string(number)
			}
			values = append(values, text)
		}
		lines = append(lines, fmt.Sprintf("%q [%s]", keys, strings.Join(values, " ")))
	}
	return lines
}

// firstDifference shows the first row that is not what it should be.
func firstDifference(got, want []string) string {
	line := func(rows []string, i int) string {
		if i < len(rows) {
			return rows[i]
		}
		return "no more rows"
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	return fmt.Sprintf("row %d of %d: %s, want %s of %d", i, len(got), line(got, i), line(want, i), len(want))
}
