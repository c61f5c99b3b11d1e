package apigw

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

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

// A key outlives one rotation of the signing key, as that of a site does, with an end or without.
func TestTileKeysAfterRotations(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for _, end := range []time.Time{{}, now.Add(time.Hour)} {
		s := access.New()
		key := s.TileKey("shop~visits~7d~", end)
		for i, want := range []error{nil, nil, access.ErrTileKey} {
			if _, err := s.CheckTileKey(key, "shop~visits~7d~", now); !errors.Is(err, want) {
				t.Errorf("after %d rotations of %s: %v", i, key, err)
			}
			for _, other := range [][2]string{{key, "shop~visits~28d~"}, {"", "shop~visits~7d~"}, {"tk_.", "shop~visits~7d~"}} {
				if _, err := s.CheckTileKey(other[0], other[1], now); !errors.Is(err, access.ErrTileKey) {
					t.Errorf("%q opens %s: %v", other[0], other[1], err)
				}
			}
			s = s.RotateIngest()
		}
	}
}

// A key opens its tile until its end and not from then on; an end that was written over, added or taken away is that of another key. A key that has none is
// what it was before there were ends.
func TestTileKeysEnd(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	s, err := access.Parse([]byte(`{"access":["aaaaaaaaaaaaaaaaaaaaaaaa"],"ingest":["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if old := s.TileKey("shop~visits~7d~", time.Time{}); old != "tk_pAo6NF7FC4Q1YuB0CEI-YcRH" {
		t.Errorf("a key without an end is %s", old)
	}
	end := now.Add(time.Hour)
	key := s.TileKey("shop~visits~7d~", end)
	for at, want := range map[time.Time]error{now: nil, end.Add(-time.Nanosecond): nil, end: access.ErrExpired, end.AddDate(1, 0, 0): access.ErrExpired} {
		if got, err := s.CheckTileKey(key, "shop~visits~7d~", at); !errors.Is(err, want) || !got.Equal(end) {
			t.Errorf("at %s: end %s, %v", at, got, err)
		}
	}
	stamp, mac, _ := strings.Cut(strings.TrimPrefix(key, "tk_"), ".")
	longer := strconv.FormatInt(end.Unix()+1, 10)
	for _, forged := range []string{"tk_" + mac, "tk_" + longer + "." + mac, "tk_." + mac, "tk_0" + stamp + "." + mac, "tk_" + stamp + ".", strings.Replace(s.TileKey("shop~visits~7d~", time.Time{}), "tk_", "tk_"+longer+".", 1)} {
		if _, err := s.CheckTileKey(forged, "shop~visits~7d~", now); !errors.Is(err, access.ErrTileKey) {
			t.Errorf("%s: %v", forged, err)
		}
	}
}

// The end is asked for with the key; afterwards the tile is refused with a line that says so.
func TestTileKeysEndOverHTTP(t *testing.T) {
	secrets, clock := access.New(), newClock()
	s := newGated(secrets)
	s.o.Now = clock.now
	token := secrets.Access[0]
	ask(s, "POST", "/api/v1/sites", token, `{"id":"shop","tz":"Asia/Tokyo"}`)
	day := clock.now().AddDate(0, 0, 7).In(time.FixedZone("", 9*3600))
	midnight := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location())
	var said struct{ Key, Expires string }
	w := ask(s, "GET", "/api/v1/tile/key?site=shop&expires="+day.Format(time.DateOnly), token, "")
	if json.Unmarshal(w.Body.Bytes(), &said) != nil || said.Expires != midnight.UTC().Format(time.RFC3339) {
		t.Fatalf("%d %s, want the end %s", w.Code, w.Body, midnight)
	}
	target := "/api/v1/tile?site=shop&key=" + said.Key
	clock.forward(midnight.Sub(clock.now()) - time.Second)
	if w := ask(s, "GET", target, "", ""); w.Code != http.StatusOK {
		t.Errorf("a second before the end: %d %s", w.Code, w.Body)
	}
	clock.forward(time.Second)
	if w := ask(s, "GET", target, "", ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `"code":"expired","message":"This tile ended on `+midnight.UTC().Format("2 January 2006, 15:04")+` UTC."`) {
		t.Errorf("at the end: %d %s", w.Code, w.Body)
	}
	for _, bad := range []string{"soon", "7d", "2026-13-01", "2020-01-01", clock.now().UTC().Format(time.RFC3339)} {
		if w := ask(s, "GET", "/api/v1/tile/key?site=shop&expires="+bad, token, ""); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "bad_time") {
			t.Errorf("%s: %d %s", bad, w.Code, w.Body)
		}
	}
}
