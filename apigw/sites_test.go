package apigw

import (
	"net/http"
	"strings"
	"testing"

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
		{`{"id":"shop"}`, 409, "site_exists", []string{`"shop"`}}, // it did not say which
		{`{"id":"Shop"}`, 400, "bad_site", []string{"id", "a-z"}},
		{`{}`, 400, "bad_site", []string{"id"}},
		{`{"id":"a","tz":"Mars"}`, 400, "bad_site", []string{"zone", "Mars", "Europe/Berlin"}},
		{`{"id":"a","tz":"../../etc/passwd"}`, 400, "bad_site", []string{"zone"}},
		{`{"id":"a","bots":"eat"}`, 400, "bad_site", []string{"bots", "drop", "count"}},
		{`{"id":7}`, 400, "malformed", []string{"id", "a string", "number"}},
		{`{"id":"a","seed":7}`, 400, "malformed", []string{`"seed"`, "id, tz, bots"}},
		{`{"id":"a","alerts":[{"limit":3}]}`, 400, "malformed", []string{`"limit"`, "rise_percent, fall_percent"}},
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
