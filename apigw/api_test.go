package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/aggregate"
)

const asJSON = "Content-Type: application/json"

func TestSites(t *testing.T) {
	r := newRig(t, parts{})
	add := func(body string) reply { return r.ask(http.MethodPost, "/api/v1/sites", body, asJSON) }
	got := add(`{"id":"shop","tz":"Europe/Berlin","bots":"count"}`)
	site := decode[siteView](t, got)
	if got.status != http.StatusCreated || site.ID != "shop" || site.TZ != "Europe/Berlin" || site.Bots != aggregate.CountBots || site.Created.IsZero() {
		t.Errorf("added: %d %s", got.status, got.body)
	}
	if site := decode[siteView](t, add(`{"id":"blog"}`)); site.TZ != "UTC" || site.Bots != aggregate.DropBots {
		t.Errorf("defaults: %+v", site)
	}
	bad := []struct {
		body   string
		status int
		code   string
		names  []string // what the message must name
	}{
		{`{"id":"shop"}`, 409, "site_exists", nil},
		{`{"id":"Shop"}`, 400, "bad_site", []string{"id", "a-z"}},
		{`{}`, 400, "bad_site", []string{"id"}},
		{`{"id":"a","tz":"Mars"}`, 400, "bad_site", []string{"zone", "Mars", "Europe/Berlin"}},
		{`{"id":"a","tz":"../../etc/passwd"}`, 400, "bad_site", []string{"zone"}},
		{`{"id":"a","bots":"eat"}`, 400, "bad_site", []string{"bots", "drop", "count"}},
		{`{"id":7}`, 400, "malformed", []string{"id", "a string", "number"}},
		{`{"id":"a","seed":7}`, 400, "malformed", []string{`"seed"`, "id, tz, bots"}},
		{`[]`, 400, "malformed", []string{"the body", "an object", "array"}},
		{`{"id":"a"}{}`, 400, "malformed", []string{"more than one"}},
		{`{"id":"a"}` + strings.Repeat(" ", maxJSON), 413, "body_too_large", []string{"65536"}},
		{`{"id":"a"`, 400, "malformed", []string{"ends"}},
		{`{"id":a}`, 400, "malformed", []string{"offset"}},
		{``, 400, "empty", []string{"empty"}},
		{`{"id":"` + strings.Repeat("a", maxJSON) + `"}`, 413, "body_too_large", []string{"65536"}},
	}
	for _, tt := range bad {
		message := add(tt.body).wantError(t, tt.status, tt.code)
		for _, name := range tt.names {
			if !strings.Contains(message, name) {
				t.Errorf("%.80s: %q does not name %q", tt.body, message, name)
			}
		}
		if strings.Contains(message, "Go ") || strings.Contains(message, "aggregate") {
			t.Errorf("%.80s: %q speaks of Go", tt.body, message)
		}
	}
	if got := r.ask(http.MethodDelete, "/api/v1/sites/blog", ""); got.status != http.StatusNoContent || got.body != "" {
		t.Errorf("removed: %d %s", got.status, got.body)
	}
	for _, id := range []string{"blog", "nobody", "No", "%00", strings.Repeat("a", 2000)} {
		r.ask(http.MethodDelete, "/api/v1/sites/"+id, "").wantError(t, http.StatusNotFound, "unknown_site")
	}
	list := decode[struct{ Sites []map[string]any }](t, r.ask(http.MethodGet, "/api/v1/sites", ""))
	if len(list.Sites) != 1 || list.Sites[0]["id"] != "shop" || len(list.Sites[0]) != 4 {
		t.Errorf("sites %v", list.Sites)
	}
	r.wantFaults(0)
}

// ask sends a query and returns what the answer must hold.
func (r *rig) query(body string) queryAnswer {
	r.t.Helper()
	return decode[queryAnswer](r.t, r.ask(http.MethodPost, "/api/v2/query", body, asJSON))
}

func rows(a queryAnswer) string {
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
			if rows(a) != tt.want || !a.Meta.Exact || a.Meta.SampleFraction != 1 {
				t.Errorf("by %s: %s %+v, want %s", tt.dimensions, rows(a), a.Meta, tt.want)
			}
			if want := minute.In(kathmandu).Format(time.RFC3339); a.Query.DateRange[0] != want || a.Query.SiteID != "shop" {
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
	tests := []struct {
		body   string
		status int
		code   string
		names  []string
	}{
		{`{"metrics":["events"],` + when + `}`, 400, "bad_query", []string{"site_id"}},
		{`{"site_id":"nobody","metrics":["events"],` + when + `}`, 404, "unknown_site", []string{"site_id", "nobody"}},
		{`{"site_id":"a\u0000b","metrics":["events"],` + when + `}`, 404, "unknown_site", []string{"site_id"}},
		{with(when), 400, "bad_query", []string{"metrics", "visitors, pageviews, events"}},
		{with(`"metrics":[],` + when), 400, "bad_query", []string{"metrics", "visitors, pageviews, events"}},
		{with(`"metrics":["bounces"],` + when), 400, "bad_query", []string{"metrics", "bounces", "visitors, pageviews, events"}},
		{with(`"metrics":["events","events"],` + when), 400, "bad_query", []string{"metrics", "events", "twice"}},
		{with(`"metrics":["a","b","c","d","d"],` + when), 400, "bad_query", []string{"metrics", "visitors, pageviews, events"}},
		{with(`"metrics":"events",` + when), 400, "malformed", []string{"metrics", "an array", "string"}},
		{with(`"metrics":[7],` + when), 400, "malformed", []string{"metrics", "a string", "number"}},
		{with(`"metrics":["events"]`), 400, "bad_query", []string{"date_range", "two times"}},
		{with(`"metrics":["events"],"date_range":"7d"`), 400, "malformed", []string{"date_range", "an array"}},
		{with(`"metrics":["events"],"date_range":["2026-01-01","2026-01-02"]`), 400, "bad_query", []string{"date_range", "2026-01-01", "zone"}},
		{with(`"metrics":["events"],"date_range":["2026-01-01T00:00:00","2026-01-02T00:00:00"]`), 400, "bad_query", []string{"date_range", "zone"}},
		{with(`"metrics":["events"],"date_range":["2026-01-02T00:00:00Z","2026-01-01T00:00:00Z"]`), 400, "bad_query", []string{"date_range", "before"}},
		{with(`"metrics":["events"],"date_range":["1969-01-02T00:00:00Z","2026-01-01T00:00:00Z"]`), 400, "bad_query", []string{"date_range", "1970"}},
		{with(`"metrics":["events"],"dimensions":["visit:country"],` + when), 400, "bad_query", []string{"dimensions", "time:minute, event:page, event:name"}},
		{with(`"metrics":["events"],"dimensions":[""],` + when), 400, "bad_query", []string{"dimensions", "time:minute, event:page, event:name"}},
		{with(`"metrics":["events"],"dimensions":["event:page","event:name"],` + when), 400, "bad_query", []string{"dimensions", "one"}},
		{with(`"metrics":["events"],"filters":[],` + when), 400, "malformed", []string{"filters", "site_id, metrics, date_range, dimensions"}},
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

func TestLedger(t *testing.T) {
	r := newRig(t, parts{})
	old := r.clock.now().Add(-2 * time.Hour).Truncate(time.Minute)
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(
		`[{"site":"shop","name":"n","id":"1"},{"site":"shop","name":"n","id":"1"},{"site":"shop","name":"n","ts":1},{"site":"blog","name":"n"},
		{"site":"shop","name":"n","ts":%d},{"site":"shop","name":"n","ts":4102444800000,"id":"future"}]`, old.UnixMilli()))
	if l := r.books("shop"); l.Accepted != 5 || l.InTransit != 5 || l.Received != 0 {
		t.Errorf("before anything is counted: %+v", l)
	}
	r.consume()
	r.settle()
	l := r.books("shop")
	if l.Accepted != 5 || l.Received != 5 || l.Counted != 3 || l.Duplicate != 1 || l.Late != 1 || l.InTransit != 0 || !l.Balanced {
		t.Errorf("the books of the site: %+v", l)
	}
	if l := r.books(""); l.Received != 6 || l.Counted != 4 {
		t.Errorf("the books of all sites: %+v", l)
	}
	iso := func(at time.Time) string { return strings.ReplaceAll(at.Format(time.RFC3339), "+", "%2B") }
	zone := time.FixedZone("", 7200)
	for span, counted := range map[string]uint64{
		"&from=" + iso(old) + "&to=" + iso(old.Add(time.Minute)):                   1,
		"&from=" + iso(old.In(zone)) + "&to=" + iso(old.Add(time.Minute).In(zone)): 1,
		"&from=" + iso(old.Add(time.Minute)):                                       2,
		"&to=" + iso(old):                                                          0,
	} {
		got := r.ask(http.MethodGet, "/api/v1/ledger?site=shop"+span, "")
		if l := decode[aggregate.BooksView](t, got); l.Counted != counted || !l.Balanced {
			t.Errorf("%s: %s, want %d counted", span, got.body, counted)
		}
	}
	for query, code := range map[string]string{
		"from=yesterday": "bad_time", "to=2026-01-01": "bad_time", "from=1969-01-01T00:00:00Z": "bad_time",
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "bad_time", "to=1970-01-01T00:00:00Z": "bad_time",
	} {
		name, _, _ := strings.Cut(query, "=")
		message := r.ask(http.MethodGet, "/api/v1/ledger?"+query, "").wantError(t, http.StatusBadRequest, code)
		if !strings.Contains(message, name) && !strings.Contains(message, "to") {
			t.Errorf("%s: %q", query, message)
		}
	}
	for _, id := range []string{"nobody", "%00", "No"} {
		r.ask(http.MethodGet, "/api/v1/ledger?site="+id, "").wantError(t, http.StatusNotFound, "unknown_site")
	}
	r.wantFaults(0)
}

func TestQuarantine(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n"}`)
	for i, data := range []string{"no JSON \x00\xff", "{", `{"site":"shop","name":7}`, `{"site":"shop"}`, `{"site":"shop","name":""}`} {
		in := &kinesis.PutRecordInput{StreamName: aws.String(streamName), PartitionKey: aws.String(fmt.Sprint(i)), Data: []byte(data)}
		if _, err := r.broker.Client().PutRecord(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	r.consume()
	r.settle()
	type page struct {
		Items []keptView
		Next  string
	}
	seen := map[string]keptView{}
	for cursor := "start"; cursor != ""; {
		query := "/api/v1/dlq?limit=2"
		if cursor != "start" {
			query += "&cursor=" + cursor
		}
		p := decode[page](t, r.ask(http.MethodGet, query, ""))
		for _, it := range p.Items {
			seen[it.Key] = it
		}
		if cursor = p.Next; len(p.Items) == 0 || len(p.Items) > 2 {
			t.Fatalf("a page of %d", len(p.Items))
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 on the pages", len(seen))
	}
	if p := decode[page](t, r.ask(http.MethodGet, "/api/v1/dlq?site=shop", "")); len(p.Items) != 3 || p.Next != "" {
		t.Errorf("of the site: %+v", p)
	}
	if got := r.ask(http.MethodGet, "/api/v1/dlq?site=other", ""); got.body != `{"items":[],"next":""}` {
		t.Errorf("of another site: %s", got.body)
	}
	texts := 0
	for key, it := range seen {
		one := decode[struct {
			keptView
			Data []byte
			Text *string
		}](t, r.ask(http.MethodGet, "/api/v1/dlq/"+key, ""))
		if one.keptView != it || len(one.Data) != it.Bytes || it.Reason == "" || it.Shard == "" || it.SequenceNumber == "" {
			t.Errorf("shown as %+v, listed as %+v", one, it)
		}
		if one.Text != nil {
			texts++
		}
	}
	if texts != 4 {
		t.Errorf("%d shown as text, want 4", texts)
	}
	for _, limit := range []string{"0", "-1", "1001", "many"} {
		r.ask(http.MethodGet, "/api/v1/dlq?limit="+limit, "").wantError(t, http.StatusBadRequest, "bad_limit")
	}
	for _, cursor := range []string{"%00", strings.Repeat("x", 65)} {
		r.ask(http.MethodGet, "/api/v1/dlq?cursor="+cursor, "").wantError(t, http.StatusBadRequest, "bad_cursor")
	}
	for _, key := range []string{"nothing", "%00", strings.Repeat("x", 1000)} {
		r.ask(http.MethodGet, "/api/v1/dlq/"+key, "").wantError(t, http.StatusNotFound, "not_found")
	}
	r.wantFaults(0)
}

func TestAudit(t *testing.T) {
	var asked []string
	r := newRig(t, parts{options: func(o *Options) {
		o.Audit = func(_ context.Context, site string) (any, error) {
			if asked = append(asked, site); len(asked) > 2 {
				return nil, errors.New("secret")
			}
			return map[string]bool{"agrees": true}, nil
		}
	}})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	for _, query := range []string{"?site=shop", ""} {
		if got := r.ask(http.MethodPost, "/api/v1/audit"+query, ""); got.body != `{"agrees":true}` {
			t.Errorf("audit%s: %s", query, got.body)
		}
	}
	r.ask(http.MethodPost, "/api/v1/audit?site=nobody", "").wantError(t, http.StatusNotFound, "unknown_site")
	if len(asked) != 2 || asked[0] != "shop" || asked[1] != "" {
		t.Errorf("asked for %q", asked)
	}
	got := r.ask(http.MethodPost, "/api/v1/audit", "")
	if got.wantError(t, http.StatusInternalServerError, "internal"); strings.Contains(got.body, "secret") {
		t.Errorf("the answer tells of our insides: %s", got.body)
	}
	r.wantFaults(1)
}
