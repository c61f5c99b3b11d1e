package apigw

import (
	"io"
	"net/http"
	"testing"
)

// A name that a stranger can bind to this machine is not answered, whatever is asked.
func TestHosts(t *testing.T) {
	s := newDiscarding()
	page := func(w http.ResponseWriter, _ *http.Request, _ func() []byte) { _, _ = io.WriteString(w, "page") }
	tests := []struct {
		host      string
		anywhere  bool // without AllowedHosts
		localhost bool // with "localhost"
	}{
		{"localhost", true, true}, {"localhost:8080", true, true}, {"LocalHost:1", true, true},
		{"127.0.0.1", true, true}, {"127.0.0.1:8080", true, true}, {"127.9.9.9:8080", true, true},
		{"[::1]", true, true}, {"[::1]:8080", true, true}, {"[::ffff:127.0.0.1]:8080", true, true},
		{"evil.example", true, false}, {"evil.example:8080", true, false}, {"localhost.evil.example", true, false},
		{"127.0.0.1.evil.example:8080", true, false}, {"evil.example#localhost", true, false}, {"localhost@evil.example", true, false},
		{"192.168.1.5:8080", true, false}, {"0.0.0.0:8080", true, false}, {"[::]:8080", true, false}, {"2130706433", true, false},
		{"", true, false},
	}
	for _, allowed := range [][]string{nil, {"localhost"}} {
		s.o.AllowedHosts, s.o.Page = allowed, page
		server := New(s.o)
		for _, tt := range tests {
			want := tt.anywhere
			if allowed != nil {
				want = tt.localhost
			}
			for _, path := range []string{"/healthz", "/", "/api/v1/sites"} {
				got := send1(t, server, http.MethodGet, path, "", "Host: "+tt.host)
				if ok := got.status == http.StatusOK; ok != want {
					t.Errorf("allowed %q, host %q, %s: answer %d", allowed, tt.host, path, got.status)
				}
				if !want {
					got.wantError(t, http.StatusForbidden, "host")
				}
			}
			got := send1(t, server, http.MethodPost, "/v1/events", `{"site":"shop","name":"n"}`, "Host: "+tt.host)
			if ok := got.status == http.StatusAccepted; ok != want {
				t.Errorf("allowed %q, host %q: events answered %d", allowed, tt.host, got.status)
			}
		}
	}
	s.o.AllowedHosts = []string{"stats.example"}
	if got := send1(t, New(s.o), http.MethodGet, "/healthz", "", "Host: Stats.Example:443"); got.status != http.StatusOK {
		t.Errorf("a configured name: %d", got.status)
	}
}

// Pages of another origin may send events and nothing else.
func TestOrigins(t *testing.T) {
	from := []struct {
		name    string
		headers []string
		own     bool
	}{
		{"a program", nil, true},
		{"the page", []string{"Sec-Fetch-Site: same-origin", "Origin: http://127.0.0.1:8080"}, true},
		{"what was typed", []string{"Sec-Fetch-Site: none"}, true},
		{"the page in an old browser", []string{"Origin: http://127.0.0.1:8080"}, true},
		{"a page of another site", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, false},
		{"its picture", []string{"Sec-Fetch-Site: cross-site"}, false},
		{"another port", []string{"Sec-Fetch-Site: same-site", "Origin: http://127.0.0.1:3000"}, false},
		{"another port in an old browser", []string{"Origin: http://127.0.0.1:3000"}, false},
		{"another site in an old browser", []string{"Origin: https://evil.example"}, false},
		{"a sandbox in an old browser", []string{"Origin: null"}, false},
		{"a new word", []string{"Sec-Fetch-Site: elsewhere"}, false},
	}
	calls := []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/v1/sites", "", 200},
		{"POST", "/api/v1/sites", `{"id":"other"}`, 201},
		{"DELETE", "/api/v1/sites/other", "", 204},
		{"GET", "/api/v1/ledger", "", 200},
		{"GET", "/api/v1/dlq", "", 200},
		{"GET", "/api/v1/dlq/x", "", 404},
		{"GET", "/api/v1/live?site=nobody", "", 404},
		{"POST", "/api/v2/query", `{"site_id":"nobody","metrics":["events"],"date_range":["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z"]}`, 404},
		{"POST", "/api/v1/audit?site=nobody", "", 501},
		{"GET", "/metrics", "", 200},
	}
	s := newDiscarding()
	s.o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s = New(s.o)
	for _, f := range from {
		headers := append(f.headers, "Host: 127.0.0.1:8080", "Content-Type: application/json")
		for _, c := range calls {
			got := send1(t, s, c.method, c.path, c.body, headers...)
			if !f.own {
				got.wantError(t, http.StatusForbidden, "cross_origin")
			} else if got.status != c.status {
				t.Errorf("%s: %s %s: answer %d %s, want %d", f.name, c.method, c.path, got.status, got.body, c.status)
			}
			if got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %s %s may be read by everyone", f.name, c.method, c.path)
			}
		}
		if got := send1(t, s, http.MethodPost, "/v1/events", `{"site":"shop","name":"n"}`, headers...); got.status != http.StatusAccepted {
			t.Errorf("%s: events answered %d %s", f.name, got.status, got.body)
		}
	}
	if got := send1(t, s, http.MethodGet, "/api/v1/sites", ""); got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("a page may take an answer for a script")
	}
}

// What changes something cannot be sent as a form or a text, which browsers send to anyone without asking.
func TestSimpleRequestsChangeNothing(t *testing.T) {
	s := newDiscarding()
	for _, ct := range []string{"", "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain; application/json"} {
		for _, path := range []string{"/api/v1/sites", "/api/v2/query"} {
			send1(t, s, http.MethodPost, path, `{"id":"other"}`, ct).wantError(t, http.StatusUnsupportedMediaType, "media_type")
		}
	}
}
