package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

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
