package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// queried is an answer as a client sees it.
type queried struct {
	Results []map[string]any `json:"results"`
	Meta    map[string]any   `json:"meta"`
	Query   map[string]any   `json:"query"`
}

// query sends a query that must be answered.
func (r *rig) query(body string) queried {
	r.t.Helper()
	return decode[queried](r.t, r.ask(http.MethodPost, "/api/v2/query", body, asJSON))
}

func rows(a queried) string {
	b, _ := json.Marshal(a.Results)
	return string(b)
}

func TestQuery(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop","tz":"Asia/Kathmandu"}`, asJSON) // 5:45 ahead, all year
	minute := r.clock.now().Add(-time.Hour).Truncate(time.Minute)
	at := func(name, url, visitor string, after time.Duration) string {
		return fmt.Sprintf(`{"site":"shop","name":%q,"url":%q,"visitor":%q,"ts":%d}`, name, url, visitor, minute.Add(after).UnixMilli())
	}
	r.ask(http.MethodPost, "/v1/events", strings.Join([]string{
		at("pageview", "/a", "v", 0), at("pageview", "/a", "w", 30*time.Second), at("pageview", "/b", "v", time.Minute), at("buy", "/b", "v", time.Minute),
	}, "\n"))
	r.consume()
	r.settle()
	kathmandu := time.FixedZone("", 20_700)
	first, second := minute.In(kathmandu).Format(time.DateTime), minute.Add(time.Minute).In(kathmandu).Format(time.DateTime)
	span := func(zone *time.Location) string {
		return fmt.Sprintf(`["%s","%s"]`, minute.In(zone).Format(time.RFC3339), minute.Add(10*time.Minute).In(zone).Format(time.RFC3339))
	}
	tests := []struct{ dimensions, metrics, want string }{
		{``, `"visitors","pageviews","events"`, `[{"dimensions":[],"metrics":[2,3,4]}]`},
		{`"time:minute"`, `"events"`, fmt.Sprintf(`[{"dimensions":[%q],"metrics":[2]},{"dimensions":[%q],"metrics":[2]}]`, first, second)},
		{`"event:page"`, `"pageviews","visitors"`, `[{"dimensions":["/a"],"metrics":[2,2]},{"dimensions":["/b"],"metrics":[1,1]}]`},
		{`"event:name"`, `"events"`, `[{"dimensions":["pageview"],"metrics":[3]},{"dimensions":["buy"],"metrics":[1]}]`},
	}
	for _, tt := range tests {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -3*3600)} {
			a := r.query(fmt.Sprintf(`{"site_id":"shop","metrics":[%s],"dimensions":[%s],"date_range":%s}`, tt.metrics, tt.dimensions, span(zone)))
			if rows(a) != tt.want || a.Meta["exact"] != true || a.Meta["sample_fraction"] != 1.0 {
				t.Errorf("by %s: %s %+v, want %s", tt.dimensions, rows(a), a.Meta, tt.want)
			}
			if want := minute.In(kathmandu).Format(time.RFC3339); a.Query["date_range"].([]any)[0] != want || a.Query["site_id"] != "shop" {
				t.Errorf("repeated query %+v, want it from %s", a.Query, want)
			}
		}
	}
	a := r.query(fmt.Sprintf(`{"site_id":"shop","metrics":["events"],"dimensions":["event:page"],"date_range":["%s","%s"]}`,
		minute.Add(-time.Hour).Format(time.RFC3339), minute.Format(time.RFC3339)))
	if rows(a) != "[]" {
		t.Errorf("an empty hour: %s", rows(a))
	}
}

func TestBadQueries(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	const when = `"date_range":["2026-01-01T00:00:00Z","2026-01-02T00:00:00+01:00"]`
	with := func(more string) string { return `{"site_id":"shop",` + more + `}` }
	filter := func(f string) string { return with(`"metrics":["events"],"filters":[` + f + `],` + when) }
	tests := []struct {
		body   string
		status int
		code   string
		names  []string
	}{
		{`{"metrics":["events"],` + when + `}`, 400, "bad_query", []string{"site_id"}},
		{`{"site_id":"nobody","metrics":["events"],` + when + `}`, 404, "unknown_site", []string{"site_id", "nobody"}},
		{`{"site_id":"a\u0000b","metrics":["events"],` + when + `}`, 404, "unknown_site", []string{"site_id"}},
		{with(when), 400, "bad_query", []string{"metrics", "1 to 16"}},
		{with(`"metrics":[],` + when), 400, "bad_query", []string{"metrics", "1 to 16"}},
		{with(`"metrics":["bounces"],` + when), 400, "bad_query", []string{"metrics", "bounces", "visitors", "bounce_rate"}},
		{with(`"metrics":["events","events"],` + when), 400, "bad_query", []string{"metrics", "events", "already"}},
		{with(`"metrics":"events",` + when), 400, "malformed", []string{"metrics", "an array", "string"}},
		{with(`"metrics":[7],` + when), 400, "malformed", []string{"metrics", "a string", "number"}},
		{with(`"metrics":["events"]`), 400, "bad_query", []string{"date_range", "missing", "7d"}},
		{with(`"metrics":["events"],"date_range":"8d"`), 400, "bad_query", []string{"date_range", "8d", "7d"}},
		{with(`"metrics":["events"],"date_range":["2026-01-01"]`), 400, "bad_query", []string{"date_range", "two dates"}},
		{with(`"metrics":["events"],"date_range":["2026-01-01","2026-13-02"]`), 400, "bad_query", []string{"date_range", "2026-13-02"}},
		{with(`"metrics":["events"],"date_range":["2026-01-01T00:00:00","2026-01-02T00:00:00"]`), 400, "bad_query", []string{"date_range", "zone"}},
		{with(`"metrics":["events"],"date_range":["2026-01-02T00:00:00Z","2026-01-01T00:00:00Z"]`), 400, "bad_query", []string{"date_range", "before"}},
		{with(`"metrics":["events"],"date_range":["1969-01-02T00:00:00Z","2026-01-01T00:00:00Z"]`), 400, "bad_query", []string{"date_range", "1969-01-02", "1970"}},
		{with(`"metrics":["events"],"dimensions":["visit:colour"],` + when), 400, "bad_query", []string{"dimensions", "visit:colour", "visit:country"}},
		{with(`"metrics":["events"],"dimensions":[""],` + when), 400, "bad_query", []string{"dimensions", "visit:country"}},
		{with(`"metrics":["events"],"filter":[],` + when), 400, "malformed", []string{"filter", "filters"}},
		{with(`"metrics":["events"],"pagination":{"limit":-1},` + when), 400, "bad_query", []string{"limit", "-1"}},
		{with(`"metrics":["events"],"pagination":{"limit":"a"},` + when), 400, "malformed", []string{"limit", "whole number"}},
		{with(`"metrics":["events"],"order_by":["events"],` + when), 400, "bad_query", []string{"order_by", "desc"}},
		{with(`"metrics":["events"],"order_by":[["visitors","asc"]],` + when), 400, "bad_query", []string{"order", "visitors"}},
		{with(`"metrics":["events"],"include":{"comparisons":{"mode":"always"}},` + when), 400, "bad_query", []string{"always", "previous_period"}},
		{with(`"metrics":["conversion_rate"],` + when), 400, "bad_query", []string{"conversion_rate", "goal"}},
		{filter(`7`), 400, "bad_query", []string{"filters", "7"}},
		{filter(`["is","visit:country"]`), 400, "bad_query", []string{"filters", "visit:country", "parts"}},
		{filter(`["equals","visit:country",["DE"]]`), 400, "bad_query", []string{"filters", "equals", "is_not"}},
		{filter(`["is","visit:country","DE"]`), 400, "bad_query", []string{"filters", "list"}},
		{filter(`["is","visit:planet",["Earth"]]`), 400, "bad_query", []string{"filter", "visit:planet"}},
		{filter(`["matches","event:page",["("]]`), 400, "bad_query", []string{"filter", "regular expression"}},
		{filter(`["matches","visit:country_name",["("]]`), 400, "bad_query", []string{"filter", "regular expression"}},
		{filter(`["is","visit:country",["DE"],{"case":1}]`), 400, "bad_query", []string{"filters", "case_sensitive"}},
		{filter(strings.Repeat(`["not",`, 30) + `["is","visit:country",["DE"]]` + strings.Repeat(`]`, 30)), 400, "bad_query", []string{"filter", "deep"}},
	}
	for _, tt := range tests {
		message := r.ask(http.MethodPost, "/api/v2/query", tt.body, asJSON).wantError(t, tt.status, tt.code)
		for _, name := range tt.names {
			if !strings.Contains(message, name) {
				t.Errorf("%s: %q does not name %q", tt.body, message, name)
			}
		}
	}
	r.wantFaults(0)
}
