package apigw

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/apigw/access"
)

// A tile says what the Stats API says.
func TestTile(t *testing.T) {
	r, _ := shop(t)
	for _, c := range []struct{ tile, part, ask string }{
		{"metric=visitors&period=24h", "total", `"metrics":["visitors"],"date_range":"24h"`},
		{"period=24h", "course", `"metrics":["visitors"],"date_range":"24h","dimensions":["time"]`},
		{"metric=bounce_rate&period=day", "total", `"metrics":["bounce_rate"],"date_range":"day"`},
		{"metric=pageviews&by=page&period=7d", "list", `"metrics":["pageviews"],"date_range":"7d","dimensions":["event:page"]`},
		{"by=source", "list", `"metrics":["visitors"],"date_range":"28d","dimensions":["visit:source"]`},
	} {
		got := r.ask(http.MethodGet, "/api/v1/tile?site=shop&"+c.tile, "")
		want := r.ask(http.MethodPost, "/api/v2/query", `{"site_id":"shop",`+c.ask+`}`, asJSON)
		var tile map[string]json.RawMessage
		var a, b struct{ Results json.RawMessage }
		if json.Unmarshal([]byte(got.body), &tile) != nil || json.Unmarshal(tile[c.part], &a) != nil || json.Unmarshal([]byte(want.body), &b) != nil ||
			len(b.Results) < 10 || !sameJSON(string(a.Results), string(b.Results)) {
			t.Errorf("%s: %s\nwant %s", c.tile, got.body, want.body)
		}
	}
	if got := r.ask(http.MethodGet, "/api/v1/tile?site=shop&metric=current_visitors", ""); !strings.Contains(got.body, `"current_visitors":0`) {
		t.Errorf("current visitors: %s", got.body)
	}
	if got := r.ask(http.MethodGet, "/api/v1/tile/key?site=shop", ""); got.status != http.StatusOK || !strings.Contains(got.body, `"key":""`) {
		t.Errorf("a key where none is needed: %d %s", got.status, got.body)
	}
}

func TestBadTiles(t *testing.T) {
	r, _ := shop(t)
	for query, want := range map[string]string{
		"": "required", "site=No": "unknown_site", "site=none": "unknown_site", "site=shop&metric=total_revenue": "bad_tile", "site=shop&period=all": "bad_tile",
		"site=shop&by=visit:user": "bad_tile", "site=shop&by=page&metric=current_visitors": "bad_tile",
	} {
		for _, path := range []string{"/api/v1/tile", "/api/v1/tile/key"} {
			if got := r.ask(http.MethodGet, path+"?"+query, ""); got.status < 400 || !strings.Contains(got.body, `"`+want+`"`) {
				t.Errorf("%s?%s: %d %s, want %s", path, query, got.status, got.body, want)
			}
		}
	}
}

// A tile's key opens that tile and nothing else; the page of tiles is open, since it holds no figures.
func TestGateOfTiles(t *testing.T) {
	secrets := access.New()
	s := newGated(secrets)
	token := secrets.Access[0]
	ask(s, "POST", "/api/v1/sites", token, `{"id":"shop"}`)
	var said struct{ Key string }
	w := ask(s, "GET", "/api/v1/tile/key?site=shop&metric=visits&period=7d", token, "")
	if json.Unmarshal(w.Body.Bytes(), &said) != nil || !strings.HasPrefix(said.Key, "tk_") {
		t.Fatalf("the key: %d %s", w.Code, w.Body)
	}
	for target, want := range map[string]int{
		"/api/v1/tile/key?site=shop":                                                    http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visits&period=7d&key=" + said.Key:                http.StatusOK,
		"/api/v1/tile?site=shop&metric=visits&period=7d":                                http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visits&period=7d&key=tk_wrong":                   http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visits&period=28d&key=" + said.Key:               http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visitors&period=7d&key=" + said.Key:              http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visits&period=7d&by=page&key=" + said.Key:        http.StatusUnauthorized,
		"/api/v1/tile?site=other&metric=visits&period=7d&key=" + said.Key:               http.StatusUnauthorized,
		"/api/v1/tile?site=shop&metric=visits&period=7d&key=" + secrets.SiteKey("shop"): http.StatusUnauthorized,
		"/api/v1/sites?key=" + said.Key:                                                 http.StatusUnauthorized,
		"/_/tile/shop":                                                                  http.StatusOK,
		"/_/assets/js/main.js":                                                          http.StatusOK,
		"/_/pipeline":                                                                   http.StatusUnauthorized,
		"/shop":                                                                         http.StatusUnauthorized,
	} {
		if w := ask(s, "GET", target, "", ""); w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
	for _, bearer := range []string{said.Key, "wrong"} {
		if w := ask(s, "POST", "/api/v2/query", bearer, `{"site_id":"shop","metrics":["visits"],"date_range":"7d"}`); w.Code != http.StatusUnauthorized {
			t.Errorf("a question with %q: %d", bearer, w.Code)
		}
	}
}

// A key outlives one rotation of the signing key, as that of a site does.
func TestTileKeysAfterRotations(t *testing.T) {
	s := access.New()
	key := s.TileKey("shop~visits~7d~")
	for i, want := range []bool{true, true, false} {
		if got := s.IsTileKey(key, "shop~visits~7d~"); got != want {
			t.Errorf("after %d rotations the key is good: %v", i, got)
		}
		if s.IsTileKey(key, "shop~visits~28d~") || s.IsTileKey("", "shop~visits~7d~") {
			t.Error("a key opens another tile")
		}
		s = s.RotateIngest()
	}
}
