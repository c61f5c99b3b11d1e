package query_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

var someGoals = query.Rules{Goals: []query.Goal{{Name: "Signup", Event: "signup"}, {Name: "Blog", Page: "/blog/*"}}}

func valid() query.Query {
	return query.Query{From: start, To: start + 1000, Metrics: []query.Metric{query.Visitors}}
}

// nested is a condition in so many others.
func nested(depth int) *query.Filter {
	f := is(query.EventPage, "/")
	for range depth {
		f = &query.Filter{Op: query.Not, Args: []*query.Filter{f}}
	}
	return f
}

func TestCheckNamesTheFault(t *testing.T) {
	many := make([]*query.Filter, 200)
	for i := range many {
		many[i] = is(query.EventPage, "/")
	}
	for _, c := range []struct {
		name  string
		spoil func(*query.Query)
		says  string // the field, and something of what is allowed
	}{
		{"no metric", func(q *query.Query) { q.Metrics = nil }, "metrics: 0 is not 1 to 16"},
		{"unknown metric", func(q *query.Query) { q.Metrics = append(q.Metrics, "clicks") }, `metrics[1]: "clicks" is not one of visitors`},
		{"metric twice", func(q *query.Query) { q.Metrics = append(q.Metrics, query.Visitors) }, "metrics[1]: \"visitors\" is not a metric that is not asked for already"},
		{"percentile", func(q *query.Query) { q.Metrics[0] = "lcp_p100" }, "VITAL_p1 to VITAL_p99"},
		{"vital", func(q *query.Query) { q.Metrics[0] = "fid_p75" }, "one of lcp, inp, cls, fcp, ttfb"},
		{"conversion of nothing", func(q *query.Query) { q.Metrics[0] = query.ConversionRate }, "event:goal"},
		{"too many dimensions", func(q *query.Query) {
			q.Dimensions = []query.Dimension{query.EventPage, query.EventName, query.EventGoal, query.TimeDay, query.TimeHour}
		}, "dimensions: 5 is not at most 4"},
		{"unknown dimension", func(q *query.Query) { q.Dimensions = []query.Dimension{"visit:sourc"} }, `dimensions[0]: "visit:sourc" is not one of event:name`},
		{"property without a key", func(q *query.Query) { q.Dimensions = []query.Dimension{"event:props:"} }, "event:props:KEY"},
		{"empty span", func(q *query.Query) { q.To = q.From }, "to: "},
		{"before 1970", func(q *query.Query) { q.From = -1 }, "from: -1"},
		{"operator", func(q *query.Query) { q.Filter = &query.Filter{Op: "equals"} }, `filter.op: "equals" is not one of and, or, not`},
		{"no value", func(q *query.Query) { q.Filter = is(query.EventPage) }, "filter.values: 0"},
		{"no argument", func(q *query.Query) { q.Filter = &query.Filter{Op: query.And} }, "filter.args: 0"},
		{"argument of a comparison", func(q *query.Query) {
			q.Filter = is(query.EventPage, "/")
			q.Filter.Args = many[:1]
		}, "filter.args: 1"},
		{"missing argument", func(q *query.Query) { q.Filter = both(nil) }, "filter.args[0]: \"nothing\" is not a condition"},
		{"time in a filter", func(q *query.Query) { q.Filter = is(query.TimeDay, "2026-01-01") }, "filter.dimension"},
		{"too deep", func(q *query.Query) { q.Filter = nested(8) }, "at most 8 deep"},
		{"too many", func(q *query.Query) { q.Filter = both(many...) }, "at most 128 conditions"},
		{"too many values", func(q *query.Query) { q.Filter = is(query.EventPage, make([]string, 2001)...) }, "at most 2000 values"},
		{"pattern", func(q *query.Query) { q.Filter = matches("a(") }, "filter.values[0]: \"a(\" is not a regular expression as RE2 has them: missing closing )"},
		{"long pattern", func(q *query.Query) { q.Filter = matches(strings.Repeat("a", 501)) }, "at most 500 bytes"},
		{"costly pattern", func(q *query.Query) { q.Filter = matches(`(\pL{30}){30}`) }, "10000 are allowed"},
		{"unknown goal", func(q *query.Query) { q.Filter = is(query.EventGoal, "Sale") }, `filter.values[0]: "Sale" is not a goal of the site (one of Signup, Blog)`},
		{"no text", func(q *query.Query) { q.Filter = is(query.EventPage, "\xff") }, "UTF-8"},
		{"order", func(q *query.Query) { q.Order = []query.Order{{By: "visits"}} }, `order[0]: "visits" is not visitors, which are`},
		{"limit", func(q *query.Query) { q.Limit = -1 }, "limit: -1"},
		{"offset", func(q *query.Query) { q.Offset = -1 }, "offset: -1"},
		{"comparison", func(q *query.Query) { q.Compare = "last_week" }, `compare: "last_week" is not one of previous_period, year_over_year`},
	} {
		q := valid()
		c.spoil(&q)
		err := q.Check(someGoals)
		if !errors.Is(err, query.ErrBad) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
		if _, evalErr := query.Eval(&q, someGoals, month(1, 1), query.Extras{}); !errors.Is(evalErr, query.ErrBad) {
			t.Errorf("%s: Eval says %v", c.name, evalErr)
		}
	}
}

func matches(pattern string) *query.Filter {
	return &query.Filter{Op: query.Matches, Dimension: query.EventPage, Values: []string{pattern}}
}

func TestCheckTellsAllFaultsAtOnce(t *testing.T) {
	q := query.Query{From: 5, To: 1, Metrics: []query.Metric{"a", "b"}, Limit: -1}
	var faults query.Faults
	if err := q.Check(query.Rules{}); !errors.As(err, &faults) || len(faults) != 4 {
		t.Fatalf("got %v", err)
	}
	if faults[1].Field != "metrics[0]" || faults[1].Value != `"a"` || !strings.Contains(faults[1].Want, "bounce_rate") {
		t.Errorf("got %+v", faults[1])
	}
}

func TestCheckLetsThrough(t *testing.T) {
	q := valid()
	q.Metrics = []query.Metric{query.Visitors, query.ConversionRate, "lcp_p1", "ttfb_p99"}
	q.Dimensions = []query.Dimension{"event:props:a:b", query.VisitScreen, query.Time10s}
	q.Filter = both(is(query.EventGoal, "Blog"), nested(6))
	q.Order = []query.Order{{By: "lcp_p1"}, {By: "time:10s", Desc: true}}
	if err := q.Check(someGoals); err != nil {
		t.Error(err)
	}
}

func TestRulesAreChecked(t *testing.T) {
	for says, r := range map[string]query.Rules{
		"gap: ":           {Gap: -time.Second},
		`bounce: "never"`: {Bounce: "never"},
		"goals[0].name":   {Goals: []query.Goal{{Event: "a"}}},
		"goals[0]: \"G\"": {Goals: []query.Goal{{Name: "G"}}},
		"goals[1]: \"H\"": {Goals: []query.Goal{{Name: "G", Page: "/"}, {Name: "H", Event: "a", Page: "/"}}},
		"goals[0].page":   {Goals: []query.Goal{{Name: "G", Page: "/\xff"}}},
		"goals[0].event":  {Goals: []query.Goal{{Name: "G", Event: "engagement"}}},
		"at most 200":     {Goals: make([]query.Goal, 201)},
	} {
		if err := r.Check(); !errors.Is(err, query.ErrBad) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v", says, err)
		}
	}
	if err := (query.Rules{}).Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestOtherQuestionsAreChecked(t *testing.T) {
	span := func(days int64) (int64, int64) { return start, start + days*86400_000 }
	from, to := span(1)
	page := is(query.EventPage, "/")
	_, far := span(401)
	for says, err := range map[string]error{
		"steps: 1":             (&query.Funnel{From: from, To: to, Steps: []*query.Filter{page}}).Check(query.Rules{}),
		"steps[1]: ":           (&query.Funnel{From: from, To: to, Steps: []*query.Filter{page, nil}}).Check(query.Rules{}),
		"steps[0].values":      (&query.Funnel{From: from, To: to, Steps: []*query.Filter{is(query.EventPage), page}}).Check(query.Rules{}),
		"within: ":             (&query.Funnel{From: from, To: to, Steps: []*query.Filter{page, page}, Within: -1}).Check(query.Rules{}),
		"unit: \"time:month\"": (&query.Retention{From: from, To: to, Unit: query.TimeMonth}).Check(query.Rules{}),
		"less than 400":        (&query.Retention{From: from, To: far, Unit: query.TimeDay}).Check(query.Rules{}),
		"page: ":               (&query.Journey{From: from, To: to}).Check(query.Rules{}),
		"limit: ":              (&query.Journey{From: from, To: to, Page: "/", Limit: -1}).Check(query.Rules{}),
	} {
		if !errors.Is(err, query.ErrBad) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v", says, err)
		}
	}
}
