package apigw

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// newGated returns a server that needs tokens and keys.
func newGated(secrets access.Secrets) *Server {
	s, clock := storetest.NewMemory(), newClock()
	sites := aggregate.NewSites(s, clock.now)
	return New(Options{
		Putter: discard{make([]error, 500)}, Store: s, Sites: sites, Reader: aggregate.NewReader(s, sites), CreateSites: true,
		Accounts: aggregate.NewAccounts(s, clock.now), Quarantine: aggregate.NewQuarantine(s, clock.now), Now: clock.now,
		Gate: access.NewGate(func(context.Context) (access.Secrets, error) { return secrets, nil }, 0, time.Now),
		Page: func(w http.ResponseWriter, _ *http.Request, sites func() []byte) {
			if sites != nil {
				_, _ = w.Write(sites())
			}
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }),
	})
}

func ask(s *Server, method, target, bearer, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Everything that shows or changes something is behind the access token; what tells that the server lives is not.
func TestGateOfThePageAndTheAPI(t *testing.T) {
	secrets := access.New()
	s := newGated(secrets)
	token, key := secrets.Access[0], secrets.SiteKey("shop")
	for _, c := range []struct{ method, target string }{
		{"GET", "/"}, {"GET", "/anything"}, {"GET", "/metrics"}, {"GET", "/api/v1/sites"}, {"POST", "/api/v1/sites"}, {"POST", "/api/v2/query"},
		{"GET", "/api/v1/ledger"}, {"GET", "/api/v1/dlq"}, {"GET", "/api/v1/dlq/x"}, {"POST", "/api/v1/audit"}, {"DELETE", "/api/v1/sites/shop"},
	} {
		for _, wrong := range []string{"", "wrong", key} {
			if w := ask(s, c.method, c.target, wrong, "{}"); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %q: %d", c.method, c.target, wrong, w.Code)
			}
		}
		if w := ask(s, c.method, c.target, token, "{}"); w.Code == http.StatusUnauthorized {
			t.Errorf("%s %s with the token: %d", c.method, c.target, w.Code)
		}
	}
	// The page begins with what its reader may ask; what is open to all does not.
	if list := ask(s, "GET", "/api/v1/sites", token, "").Body.String(); ask(s, "GET", "/shop", token, "").Body.String() != strings.TrimSpace(list) {
		t.Errorf("the page does not begin with %s", list)
	}
	if w := ask(s, "GET", "/_/tile/shop", "", ""); w.Code != http.StatusOK || w.Body.Len() > 0 {
		t.Errorf("a tile: %d %s", w.Code, w.Body)
	}
	for _, open := range []string{"/healthz", "/readyz"} {
		if w := ask(s, "GET", open, "", ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", open, w.Code)
		}
	}
	w := ask(s, "GET", "/?token="+token, "", "")
	if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		t.Fatalf("log in: %d", w.Code)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("with the cookie: %d", w.Code)
	}
	if w := ask(s, "GET", "/api/v1/live?site=shop", token, ""); w.Code != http.StatusNotFound {
		t.Errorf("the live view of a server without one: %d", w.Code)
	}
}

// An event is taken with its own site's key, in the header or, for beacons, in the address.
func TestGateOfEvents(t *testing.T) {
	secrets := access.New()
	s := newGated(secrets)
	const shop, blog = `{"site":"shop","name":"pageview","id":"1","visitor":"ann"}`, `{"site":"blog","name":"pageview","id":"2","visitor":"ann"}`
	for _, c := range []struct {
		name, target, bearer, body string
		status, accepted, refused  int
	}{
		{"no key", "/v1/events", "", shop, http.StatusUnauthorized, 0, 0},
		{"the key", "/v1/events", secrets.SiteKey("shop"), shop, http.StatusAccepted, 1, 0},
		{"the key of a beacon", "/v1/events?key=" + secrets.SiteKey("shop"), "", shop, http.StatusAccepted, 1, 0},
		{"another site's key", "/v1/events", secrets.SiteKey("blog"), shop, http.StatusAccepted, 0, 1},
		{"two sites, one key", "/v1/events", secrets.SiteKey("blog"), "[" + shop + "," + blog + "]", http.StatusAccepted, 1, 1},
		{"the access token", "/v1/events", secrets.Access[0], "[" + shop + "," + blog + "]", http.StatusAccepted, 2, 0},
	} {
		w := ask(s, "POST", c.target, c.bearer, c.body)
		var got struct {
			Accepted int
			Results  []struct{ Errors []struct{ Code string } }
		}
		if w.Code != c.status || json.Unmarshal(w.Body.Bytes(), &got) != nil || got.Accepted != c.accepted || len(got.Results) != c.refused {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		for _, r := range got.Results {
			if len(r.Errors) != 1 || r.Errors[0].Code != "key" {
				t.Errorf("%s: %s", c.name, w.Body)
			}
		}
	}
	if w := ask(s, "POST", "/v1/events", "", shop); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a page cannot read why its event was refused")
	}
}

// The key of a site, and rotations, are for who has the access token; without a gate no key is needed.
func TestKeysAndRotation(t *testing.T) {
	secrets := access.New()
	s := newGated(secrets)
	if w := ask(s, "GET", "/api/v1/sites/shop/key", secrets.Access[0], ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), secrets.SiteKey("shop")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for target, bearer := range map[string]string{"/api/v1/sites/shop/key": "", "/api/v1/sites/No%20Site/key": secrets.Access[0]} {
		if w := ask(s, "GET", target, bearer, ""); w.Code < 400 || strings.Contains(w.Body.String(), "sk_") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(s, "POST", "/api/v1/access/rotate", secrets.Access[0], `{"what":"access"}`); w.Code != http.StatusNotFound {
		t.Errorf("a server that cannot rotate: %d", w.Code)
	}
	if w := ask(newDiscarding(), "GET", "/api/v1/sites/shop/key", "", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"key":""`) {
		t.Errorf("a server without a gate: %d", w.Code)
	}
}
