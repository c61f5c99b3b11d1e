package apigw

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/apigw/access"
)

// tileKeys is a gated server with a site, and what a client does with keys of its tiles.
type tileKeys struct {
	t       *testing.T
	s       *Server
	secrets access.Secrets
}

func newTileKeys(t *testing.T) *tileKeys {
	secrets := access.New()
	k := &tileKeys{t, newGated(secrets), secrets}
	k.do("POST", "/api/v1/sites", `{"id":"shop"}`)
	return k
}

func (k *tileKeys) do(method, target, body string) (int, string) {
	w := ask(k.s, method, target, k.secrets.Access[0], body)
	return w.Code, w.Body.String()
}

// make returns the key of a tile of the site.
func (k *tileKeys) make(question string) string {
	k.t.Helper()
	var said struct{ Key string }
	if code, body := k.do("GET", "/api/v1/tile/key?site=shop&"+question, ""); code != http.StatusOK || json.Unmarshal([]byte(body), &said) != nil || said.Key == "" {
		k.t.Fatalf("the key of %s: %d %s", question, code, body)
	}
	return said.Key
}

// opens asks for a tile as a stranger does.
func (k *tileKeys) opens(question, key string) (int, string) {
	w := ask(k.s, "GET", "/api/v1/tile?site=shop&"+question+"&key="+key, "", "")
	return w.Code, w.Body.String()
}

func (k *tileKeys) end(key string) (int, string) {
	return k.do("DELETE", "/api/v1/tile/key?site=shop&key="+key, "")
}

// A key that is ended opens nothing from then on, says so, and is listed; keys of other tiles, and the next key of the same, are not touched by it.
func TestTileKeyIsEndedAlone(t *testing.T) {
	k := newTileKeys(t)
	const question, other = "metric=visits&period=7d&by=page", "metric=visits&period=7d"
	first, untouched := k.make(question), k.make(other)
	for range 2 { // again changes nothing
		if code, body := k.end(first); code != http.StatusOK || !strings.Contains(body, `"metric":"visits","period":"7d","by":"page"`) {
			t.Fatalf("end: %d %s", code, body)
		}
	}
	if code, body := k.opens(question, first); code != http.StatusUnauthorized || !strings.Contains(body, `"code":"expired","message":"This tile was ended on `) {
		t.Errorf("the key that was ended: %d %s", code, body)
	}
	if code, body := k.opens(other, untouched); code != http.StatusOK {
		t.Errorf("the key of another tile: %d %s", code, body)
	}
	second := k.make(question)
	if code, body := k.opens(question, second); code != http.StatusOK || second == first {
		t.Errorf("the next key %s after %s: %d %s", second, first, code, body)
	}
	k.end(second)
	third := k.make(question)
	for key, want := range map[string]int{first: http.StatusUnauthorized, second: http.StatusUnauthorized, third: http.StatusOK} {
		if code, body := k.opens(question, key); code != want {
			t.Errorf("%s: %d %s", key, code, body)
		}
	}
	if code, body := k.do("GET", "/api/v1/tile/ended?site=shop", ""); code != http.StatusOK || strings.Count(body, `"key"`) != 2 || !strings.Contains(body, first) || !strings.Contains(body, second) {
		t.Errorf("the list: %d %s", code, body)
	}
}

// A key that was ended is not good again when it is written in another way, or when its site is removed and added again.
func TestEndedTileKeyStaysEnded(t *testing.T) {
	k := newTileKeys(t)
	const question = "metric=visits&period=7d"
	k.end(k.make(question))
	second := k.make(question)
	if !strings.HasSuffix(second, "~1") {
		t.Fatalf("the second key is %s", second)
	}
	k.end(second)
	for _, key := range []string{strings.Replace(second, "~1", "~01", 1), strings.Replace(second, "~1", "~+1", 1), strings.Replace(second, "~1", "~2", 1), strings.Replace(second, "~1", "~0", 1), strings.TrimSuffix(second, "~1"), second + "~1", second + "~"} {
		if code, body := k.opens(question, strings.ReplaceAll(key, "+", "%2B")); code != http.StatusUnauthorized || !strings.Contains(body, `"unauthorized"`) {
			t.Errorf("%s: %d %s", key, code, body)
		}
	}
	k.do("DELETE", "/api/v1/sites/shop", "")
	k.do("POST", "/api/v1/sites", `{"id":"shop"}`)
	if code, body := k.opens(question, second); code != http.StatusUnauthorized {
		t.Errorf("after the site came back: %d %s", code, body)
	}
}

// What opens nothing in any case is not kept among the ended keys.
func TestEndedTileKeysAreForgottenWithTheirSignature(t *testing.T) {
	k := newTileKeys(t)
	k.end(k.make("metric=visits"))
	for range 2 {
		k.secrets = k.secrets.RotateIngest()
	}
	rotated := k.secrets
	k.s.o.Gate = access.NewGate(func(context.Context) (access.Secrets, error) { return rotated, nil }, 0, time.Now)
	latest := k.make("metric=pageviews")
	k.end(latest)
	if _, body := k.do("GET", "/api/v1/tile/ended?site=shop", ""); strings.Count(body, `"key"`) != 1 || !strings.Contains(body, latest) {
		t.Errorf("the list: %s", body)
	}
}

func TestBadEndsOfTileKeys(t *testing.T) {
	k := newTileKeys(t)
	key := k.make("metric=visits")
	k.do("POST", "/api/v1/sites", `{"id":"blog"}`)
	for target, want := range map[string]string{
		"?key=" + key: "required", "?site=shop": "required", "?site=none&key=" + key: "unknown_site", "?site=shop&key=tk_nothing": "unknown_key", "?site=blog&key=" + key: "unknown_key",
	} {
		if code, body := k.do("DELETE", "/api/v1/tile/key"+target, ""); code < 400 || !strings.Contains(body, `"`+want+`"`) {
			t.Errorf("%s: %d %s, want %s", target, code, body, want)
		}
	}
	if w := ask(k.s, "DELETE", "/api/v1/tile/key?site=shop&key="+key, "", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", w.Code)
	}
	r, _ := shop(t)
	if got := r.ask(http.MethodDelete, "/api/v1/tile/key?site=shop&key="+key, ""); got.status != http.StatusConflict || !strings.Contains(got.body, "no_access_control") {
		t.Errorf("where there is no access control: %d %s", got.status, got.body)
	}
}
