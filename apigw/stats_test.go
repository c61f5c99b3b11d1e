package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// shop is a site with some visits of this hour.
func shop(t *testing.T) (*rig, time.Time) {
	r := newRig(t, parts{})
	r.clock.backToNoon()
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop","goals":[{"name":"Purchase","event":"buy"},{"name":"Docs","page":"/docs/**"}]}`, asJSON)
	at := r.clock.now().Add(-time.Hour).Truncate(time.Minute)
	var lines []string
	add := func(after time.Duration, visitor, name, url, more string) {
		lines = append(lines, fmt.Sprintf(`{"site":"shop","name":%q,"url":%q,"visitor":%q,"ts":%d%s}`, name, url, visitor, at.Add(after).UnixMilli(), more))
	}
	add(0, "ann", "pageview", "https://shop.example/", `,"referrer":"https://www.google.com/"`)
	add(10*time.Second, "ann", "pageview", "https://shop.example/docs/tea", "")
	add(20*time.Second, "ann", "buy", "https://shop.example/docs/tea", `,"revenue":{"amount":"1234.5","currency":"EUR"},"props":{"size":"L"}`)
	add(30*time.Second, "bob", "pageview", "https://shop.example/", "")
	add(40*time.Second, "cat", "pageview", "https://shop.example/docs/tea", `,"referrer":"https://www.google.com/","vitals":{"lcp":1000}`)
	r.ask(http.MethodPost, "/v1/events", strings.Join(lines, "\n"))
	r.consume()
	r.settle()
	return r, at
}

func TestStatsAPI(t *testing.T) {
	r, at := shop(t)
	span := fmt.Sprintf(`"date_range":["%s","%s"]`, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339))
	for _, c := range []struct{ ask, want string }{
		{`"metrics":["visitors","visits","bounce_rate","visit_duration","views_per_visit"]`, `[{"dimensions":[],"metrics":[3,3,67,7,1.33]}]`},
		{`"metrics":["visits"],"dimensions":["visit:source"]`, `[{"dimensions":["Google"],"metrics":[2]},{"dimensions":["Direct / None"],"metrics":[1]}]`},
		{`"metrics":["visitors"],"dimensions":["event:goal"],"order_by":[["event:goal","asc"]]`, `[{"dimensions":["Docs"],"metrics":[2]},{"dimensions":["Purchase"],"metrics":[1]}]`},
		{`"metrics":["conversion_rate"],"filters":[["is","event:goal",["Purchase"]]]`, `[{"dimensions":[],"metrics":[33.3]}]`},
		{`"metrics":["total_revenue"]`, `[{"dimensions":[],"metrics":[{"value":1234.5,"currency":"EUR","short":"€1.2K","long":"€1,234.50"}]}]`},
		{`"metrics":["events"],"dimensions":["event:props:size"]`, `[{"dimensions":["(none)"],"metrics":[4]},{"dimensions":["L"],"metrics":[1]}]`},
		{`"metrics":["visitors"],"dimensions":["visit:country_name"]`, `[{"dimensions":["(not set)"],"metrics":[3]}]`},
		{`"metrics":["visitors"],"filters":[["contains","visit:country_name",["not SET"],{"case_sensitive":false}]]`, `[{"dimensions":[],"metrics":[3]}]`},
		{`"metrics":["visitors"],"filters":[["is","visit:country_name",["Germany"]]]`, `[{"dimensions":[],"metrics":[0]}]`},
		{`"metrics":["pageviews"],"filters":[["or",[["is","event:page",["/"]],["matches","event:page",["^/docs"]]]],["not",["is","visit:source",["Google"]]]]`, `[{"dimensions":[],"metrics":[1]}]`},
		{`"metrics":["pageviews"],"dimensions":["event:page"],"pagination":{"limit":1,"offset":1},"include":{"total_rows":true}`, `[{"dimensions":["/docs/tea"],"metrics":[2]}]`},
		{`"metrics":["visitors"],"include":{"comparisons":{"mode":"previous_period"}}`,
			`[{"dimensions":[],"metrics":[3],"comparison":{"dimensions":[],"metrics":[0],"change":[100]}}]`},
		{`"metrics":["visitors"],"include":{"comparisons":{"mode":"previous_period","to_date":true}}`,
			`[{"dimensions":[],"metrics":[3],"comparison":{"dimensions":[],"metrics":[0],"change":[100]}}]`},
	} {
		got := r.ask(http.MethodPost, "/api/v2/query", `{"site_id":"shop",`+span+`,`+c.ask+`}`, asJSON)
		var a struct{ Results json.RawMessage }
		if err := json.Unmarshal([]byte(got.body), &a); err != nil || !sameJSON(string(a.Results), c.want) {
			t.Errorf("%s: %s %v\nwant %s", c.ask, got.body, err, c.want)
		}
	}
}

func TestRangesByName(t *testing.T) {
	r, _ := shop(t)
	today := r.clock.now().UTC().Format(time.DateOnly)
	for _, name := range []string{"day", "24h", "7d", "28d", "30d", "91d", "month", "6mo", "12mo", "year", "all"} {
		a := r.query(fmt.Sprintf(`{"site_id":"shop","metrics":["visitors"],"date_range":%q}`, name))
		if len(a.Results) != 1 || fmt.Sprint(a.Results[0]["metrics"]) != "[3]" {
			t.Errorf("%s: %+v", name, a.Results)
		}
	}
	a := r.query(fmt.Sprintf(`{"site_id":"shop","metrics":["visitors"],"date_range":[%q,%q],"dimensions":["time:hour"],"include":{"time_labels":true}}`, today, today))
	if labels := a.Meta["time_labels"].([]any); len(labels) != 24 || labels[0] != today+" 00:00:00" {
		t.Errorf("labels %v", labels)
	}
}

func TestMetaTellsHowFresh(t *testing.T) {
	r, at := shop(t)
	ask := fmt.Sprintf(`{"site_id":"shop","metrics":["visitors"],"date_range":["%s","%s"]}`, at.Format(time.RFC3339), r.clock.now().Add(30*time.Second).Format(time.RFC3339))
	before := r.query(ask)
	if n := before.Meta["incomplete_windows"].(float64); n < 3 || n > 5 {
		t.Errorf("incomplete windows %v, want those of the next half minute", n)
	}
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","visitor":"late","ts":%d}`, at.UnixMilli()))
	r.consume()
	r.settle()
	after := r.query(ask)
	if after.Meta["revision"].(float64) <= before.Meta["revision"].(float64) {
		t.Errorf("revision %v, before the late event %v", after.Meta["revision"], before.Meta["revision"])
	}
	if again := r.query(ask); again.Meta["revision"] != after.Meta["revision"] {
		t.Errorf("revision %v, and %v when nothing came", again.Meta["revision"], after.Meta["revision"])
	}
}

func TestQueryAsCSV(t *testing.T) {
	r, at := shop(t)
	q := fmt.Sprintf(`{"site_id":"shop","metrics":["visitors","total_revenue"],"dimensions":["event:page"],"date_range":["%s","%s"]}`,
		at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339))
	got := r.ask(http.MethodGet, "/api/v2/query.csv?query="+url.QueryEscape(q), "")
	if want := "event:page,visitors,total_revenue\n/,2,\n/docs/tea,2,\"€1,234.50\""; got.body != want {
		t.Errorf("%q, want %q", got.body, want)
	}
	compared := strings.Replace(q, `"dimensions"`, `"include":{"comparisons":{"mode":"previous_period"}},"dimensions"`, 1)
	got = r.ask(http.MethodGet, "/api/v2/query.csv?query="+url.QueryEscape(compared), "")
	const head = "event:page,visitors,visitors before,visitors change %,total_revenue,total_revenue before,total_revenue change %\n"
	if want := head + "/,2,0,100,,,\n/docs/tea,2,0,100,\"€1,234.50\",,"; got.body != want {
		t.Errorf("compared: %q, want %q", got.body, want)
	}
	if posted := r.ask(http.MethodPost, "/api/v2/query.csv", compared, asJSON); posted.body != got.body {
		t.Errorf("posted: %q, by a link %q", posted.body, got.body)
	}
	r.ask(http.MethodPost, "/api/v2/query.csv", "7", asJSON).wantError(t, 400, "malformed")
	r.ask(http.MethodGet, "/api/v2/query.csv", "").wantError(t, 400, "required")
	r.ask(http.MethodGet, "/api/v2/query.csv?query=7", "").wantError(t, 400, "malformed")
}

func TestFunnelRetentionJourney(t *testing.T) {
	r, at := shop(t)
	span := fmt.Sprintf(`"site_id":"shop","date_range":["%s","%s"]`, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339))
	for _, c := range []struct{ path, body, field, want string }{
		{"funnel", `"steps":[["is","event:page",["/"]],["is","event:goal",["Purchase"]]]`, "steps",
			`[{"visitors":{"value":2},"rate":{"value":100},"step_rate":{"value":100}},{"visitors":{"value":1},"rate":{"value":50},"step_rate":{"value":50}}]`},
		{"funnel", `"within_s":5,"steps":[["is","event:page",["/"]],["is","event:goal",["Purchase"]]]`, "steps",
			`[{"visitors":{"value":2},"rate":{"value":100},"step_rate":{"value":100}},{"visitors":{"value":0},"rate":{"value":0},"step_rate":{"value":0}}]`},
		{"retention", `"unit":"day"`, "cohorts", fmt.Sprintf(`[{"start":%q,"visitors":[{"value":3}]}]`, at.Format(time.DateOnly))},
		{"journey", `"page":"/"`, "results", `[{"page":"(exit)","pageviews":{"value":1}},{"page":"/docs/tea","pageviews":{"value":1}}]`},
		{"journey", `"page":"/docs/tea","direction":"previous"`, "results", `[{"page":"(entry)","pageviews":{"value":1}},{"page":"/","pageviews":{"value":1}}]`},
	} {
		got := r.ask(http.MethodPost, "/api/v2/"+c.path, `{`+span+`,`+c.body+`}`, asJSON)
		var a map[string]json.RawMessage
		if err := json.Unmarshal([]byte(got.body), &a); err != nil || !sameJSON(string(a[c.field]), c.want) {
			t.Errorf("%s %s: %s %v\nwant %s", c.path, c.body, got.body, err, c.want)
		}
	}
	for _, c := range []struct{ path, body, names string }{
		{"funnel", `"steps":[["is","event:page",["/"]]]`, "steps"},
		{"funnel", `"within_s":-1,"steps":[]`, "within_s"},
		{"retention", `"unit":"year"`, "day and week"},
		{"journey", `"page":""`, "page"},
		{"journey", `"page":"/","direction":"up"`, "next and previous"},
		{"journey", `"page":"/","pagination":{"limit":-3}`, "limit"},
	} {
		message := r.ask(http.MethodPost, "/api/v2/"+c.path, `{`+span+`,`+c.body+`}`, asJSON).wantError(t, 400, "bad_query")
		if !strings.Contains(message, c.names) {
			t.Errorf("%s %s: %q does not name %q", c.path, c.body, message, c.names)
		}
	}
}

func TestChangeASite(t *testing.T) {
	r, _ := shop(t)
	got := r.ask(http.MethodPatch, "/api/v1/sites/shop", `{"visit_gap_s":900,"bounce":"pageviews","keep":{"minutes":20}}`, asJSON)
	for _, want := range []string{`"visit_gap_s":900`, `"bounce":"pageviews"`, `"minutes":20`, `"name":"Docs"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s has no %s", got.body, want)
		}
	}
	for body, want := range map[string]string{
		`{"visit_gap_s":5}`: "60 to 86400", `{"bounce":"never"}`: "interaction", `{"bots":"eat"}`: "drop and count", `{"keep":{"minutes":-1}}`: "minutes",
		`{"goals":[{"name":"a","event":"x"},{"name":"a","event":"y"}]}`: "twice", `{"goals":[{"name":"a"}]}`: "goals", `{"keep":{"minutes":500}}`: "no less than",
	} {
		if message := r.ask(http.MethodPatch, "/api/v1/sites/shop", body, asJSON).wantError(t, 400, "bad_site"); !strings.Contains(message, want) {
			t.Errorf("%s: %q does not name %q", body, message, want)
		}
	}
	r.ask(http.MethodPatch, "/api/v1/sites/nobody", `{"visit_gap_s":900}`, asJSON).wantError(t, 404, "unknown_site")
	r.ask(http.MethodPatch, "/api/v1/sites/shop", `{"tz":"UTC"}`, asJSON).wantError(t, 400, "malformed")
}

func TestRealtimeVisitors(t *testing.T) {
	r, _ := shop(t)
	if got := r.ask(http.MethodGet, "/api/v1/stats/realtime/visitors?site_id=shop", ""); strings.TrimSpace(got.body) != "0" {
		t.Errorf("%s", got.body)
	}
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","visitor":"v","ts":%d}`, r.clock.now().Add(-time.Minute).UnixMilli()))
	r.consume()
	r.settle()
	if got := r.ask(http.MethodGet, "/api/v1/stats/realtime/visitors?site_id=shop", ""); strings.TrimSpace(got.body) != "1" {
		t.Errorf("%s", got.body)
	}
}

// Everything was from 1970 on: its labels ended in 1997, for there are no more than 10,000, and it was too long to be compared or for cohorts.
func TestAllBeginsWhereTheHistoryDoes(t *testing.T) {
	r, at := shop(t)
	day := at.UTC().Truncate(24 * time.Hour)
	a := r.query(`{"site_id":"shop","metrics":["visitors"],"date_range":"all","dimensions":["time:day"],"include":{"time_labels":true,"comparisons":{"mode":"previous_period"}}}`)
	labels := a.Meta["time_labels"].([]any)
	if len(a.Results) != 1 || len(labels) > 2 || labels[0] != day.Format(time.DateOnly) {
		t.Errorf("labels %v, rows %v", labels, a.Results)
	}
	if got := r.ask(http.MethodPost, "/api/v2/retention", `{"site_id":"shop","date_range":"all","unit":"day"}`, asJSON); got.status != http.StatusOK {
		t.Errorf("cohorts of everything: %d %s", got.status, got.body)
	}
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"new"}`, asJSON)
	if a := r.query(`{"site_id":"new","metrics":["visitors"],"date_range":"all"}`); fmt.Sprint(a.Results[0]["metrics"]) != "[0]" {
		t.Errorf("a site without history: %v", a.Results)
	}
}

// A day whose midnight the clocks leave out was asked for from 23:00 of the day before.
func TestADayWithoutMidnightBeginsWithItsFirstHour(t *testing.T) {
	r := newRig(t, parts{})
	for zone, want := range map[string]string{
		"America/Santiago": `["2026-09-06T01:00:00-03:00","2026-09-07T00:00:00-03:00"]`,
		"UTC":              `["2026-09-06T00:00:00Z","2026-09-07T00:00:00Z"]`,
	} {
		id := strings.ToLower(strings.ReplaceAll(zone, "/", "-"))
		r.ask(http.MethodPost, "/api/v1/sites", fmt.Sprintf(`{"id":%q,"tz":%q}`, id, zone), asJSON)
		got := r.ask(http.MethodPost, "/api/v2/query", fmt.Sprintf(`{"site_id":%q,"metrics":["visits"],"date_range":["2026-09-06","2026-09-06"]}`, id), asJSON)
		var a struct {
			Query struct {
				Range json.RawMessage `json:"date_range"`
			}
		}
		if err := json.Unmarshal([]byte(got.body), &a); err != nil || string(a.Query.Range) != want {
			t.Errorf("%s: %s, %v; want %s", zone, got.body, err, want)
		}
	}
}

// A question without a site was an error of the server's, one with times beyond the years had no such field, and another named a part of Go.
func TestBadQuestionsAreToldWhatIsAllowed(t *testing.T) {
	r, _ := shop(t)
	if got := r.ask(http.MethodGet, "/api/v1/stats/realtime/visitors", ""); got.status != http.StatusBadRequest || !strings.Contains(got.body, "site_id") {
		t.Errorf("no site: %d %s", got.status, got.body)
	}
	for _, c := range []struct{ path, more, want string }{
		{"query", `"metrics":["visitors"],"filters":{}`, "filters must be an array"},
		{"query", `"metrics":["visitors"],"filters":[["is","visit:country_name",["Nowhereland"]]]`, "Nowhereland"},
		{"funnel", `"within_s":18446744674,"steps":[["is","event:page",["/"]],["is","event:page",["/"]]]`, "within_s: 18446744674: allowed are"},
	} {
		got := r.ask(http.MethodPost, "/api/v2/"+c.path, `{"site_id":"shop","date_range":"7d",`+c.more+`}`, asJSON)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, c.want) || strings.Contains(got.body, "Scope") {
			t.Errorf("%s: %d %s; want %s", c.more, got.status, got.body, c.want)
		}
	}
}
