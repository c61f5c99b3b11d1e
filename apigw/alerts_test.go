package apigw

import (
	"net/http"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

func TestAlertRules(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	set := func(body string) reply { return r.ask(http.MethodPatch, "/api/v1/sites/shop", body, asJSON) }
	for body, names := range map[string][]string{
		`{"alerts":[{"name":"a","kind":"treshold"}]}`:                                      {"alerts[0]", "kind", "threshold, change, silence and errors"},
		`{"alerts":[{"name":"a","kind":"threshold","metric":"bounce_rate","over":1}]}`:     {"metric", "visitors, pageviews, events"},
		`{"alerts":[{"name":"a","kind":"silence","minutes":99}]}`:                          {"minutes 99", "1 to 60"},
		`{"webhooks":["ftp://a"]}`:                                                         {"webhooks[0]", "http"},
		`{"webhooks":["http://user:pw@a/"]}`:                                               {"webhooks[0]", "without a user"},
		`{"webhooks":["http://a","http://b","http://c","http://d","http://e","http://f"]}`: {"webhooks", "at most 5"},
		`{"webhook_secret":"short"}`:                                                       {"webhook_secret", "16 to 200"},
	} {
		message := set(body).wantError(t, http.StatusBadRequest, "bad_site")
		for _, name := range names {
			if !strings.Contains(message, name) {
				t.Errorf("%s: %q does not name %q", body, message, name)
			}
		}
	}
	got := set(`{"alerts":[{"name":"Quiet nights","kind":"silence"}],"webhooks":["http://127.0.0.1:1/x"],"webhook_secret":"sixteen bytes or more"}`)
	if got.status != http.StatusOK || strings.Contains(got.body, "sixteen bytes") || !strings.Contains(got.body, `"id":"quiet-nights"`) {
		t.Fatalf("set: %d %s", got.status, got.body)
	}
	if got := r.ask(http.MethodGet, "/api/v1/sites/shop/webhook-secret", ""); strings.TrimSpace(got.body) != `{"secret":"sixteen bytes or more"}` {
		t.Errorf("secret: %s", got.body)
	}
	list := decode[struct {
		Rules  []map[string]any
		Events []map[string]any
	}](t, r.ask(http.MethodGet, "/api/v1/alerts?site=shop", ""))
	if len(list.Rules) != 1 || list.Rules[0]["state"] != "unknown" || list.Rules[0]["kind"] != "silence" || list.Events == nil {
		t.Errorf("alerts %+v", list)
	}
	r.ask(http.MethodGet, "/api/v1/alerts", "").wantError(t, http.StatusBadRequest, "required")
	r.ask(http.MethodGet, "/api/v1/alerts?site=none", "").wantError(t, http.StatusNotFound, "unknown_site")
	r.ask(http.MethodGet, "/api/v1/alerts?site=shop&from=x", "").wantError(t, http.StatusBadRequest, "bad_time")
	r.ask(http.MethodGet, "/api/v1/alerts?site=shop&from=5&to=5", "").wantError(t, http.StatusBadRequest, "bad_time")
	r.ask(http.MethodPost, "/api/v1/alerts/test?site=shop", "").wantError(t, http.StatusNotImplemented, "no_webhooks")
	set(`{"alerts":[],"webhooks":[]}`)
	if site, err := r.sites.Get(t.Context(), "shop"); err != nil || len(site.Alerts) != 0 || len(site.Webhooks) != 0 {
		t.Errorf("cleared: %+v, %v", site, err)
	}
	r.wantFaults(0)
}

// Events that the door refuses are accounted to the site that they name, if there is one.
func TestInvalidIsAccounted(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":""},{"site":"nobody","name":""},{"site":"shop","name":"pageview","url":7}]`, asJSON)
	if err := r.accounts.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if accounts := storedAccounts(t, r, "shop") + storedAccounts(t, r, "nobody"); !strings.HasPrefix(accounts, `shop{"invalid":2,"faults":[{"field":"name","reason":"required","n":1,`) || strings.Contains(accounts, "nobody") {
		t.Errorf("accounts %s", accounts)
	}
}

func storedAccounts(t *testing.T, r *rig, site string) (accounts string) {
	t.Helper()
	for it, err := range r.store.Scan(t.Context(), store.Range{Partition: "A#" + site}) {
		if err != nil {
			t.Fatal(err)
		}
		accounts += site + string(it.Value)
	}
	return accounts
}
