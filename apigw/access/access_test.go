package access

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestSecretsComeBack(t *testing.T) {
	s := New()
	got, err := Parse(s.Encode())
	if err != nil || got.Access[0] != s.Access[0] || string(got.Ingest[0]) != string(s.Ingest[0]) {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"no JSON": "x", "empty": "{}", "short token": `{"access":["short"],"ingest":["` + strings.Repeat("a", 43) + `"]}`,
		"short key": `{"access":["` + strings.Repeat("a", 43) + `"],"ingest":["abcd"]}`,
		"blank":     `{"access":["` + strings.Repeat("a", 30) + ` b"],"ingest":["` + strings.Repeat("a", 43) + `"]}`,
	} {
		if _, err := Parse([]byte(bad)); err == nil || strings.Contains(err.Error(), "short\"") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpens(t *testing.T) {
	s := New()
	if !s.Opens(s.Access[0]) || s.Opens("") || s.Opens(s.Access[0]+"x") || s.Opens(New().Access[0]) {
		t.Error("tokens are not told apart")
	}
	rotated := s.RotateAccess()
	if rotated.Opens(s.Access[0]) || !rotated.Opens(rotated.Access[0]) || rotated.SiteKey("a") != s.SiteKey("a") {
		t.Error("a rotation of the access token leaves the old one, or changes sites' keys")
	}
}

func TestSiteKeys(t *testing.T) {
	s := New()
	key := s.SiteKey("shop.example")
	for _, c := range []struct {
		key, site string
		want      bool
	}{{key, "shop.example", true}, {key, "shop", false}, {"", "shop.example", false}, {key + "x", "shop.example", false}, {New().SiteKey("shop.example"), "shop.example", false}} {
		if got := s.IsSiteKey(c.key, c.site); got != c.want {
			t.Errorf("%q for %s: %v", c.key, c.site, got)
		}
	}
}

// A key and a token made before a rotation are good after it, and no longer after the next.
func TestTwoKeysAreValid(t *testing.T) {
	s := New()
	key, token := s.SiteKey("a"), s.Sign("a", now.Add(time.Hour))
	for i, want := range []bool{true, true, false} {
		if got := s.IsSiteKey(key, "a"); got != want {
			t.Errorf("after %d rotations the key is good: %v", i, got)
		}
		if _, err := s.Verify(token, now); (err == nil) != want {
			t.Errorf("after %d rotations the token: %v", i, err)
		}
		s = s.RotateIngest()
	}
}

func TestVerify(t *testing.T) {
	s := New()
	token := s.Sign("shop.example", now.Add(time.Minute))
	if site, err := s.Verify(token, now); err != nil || site != "shop.example" {
		t.Errorf("%q, %v", site, err)
	}
	if _, err := s.Verify(token, now.Add(time.Minute)); !errors.Is(err, ErrExpired) {
		t.Errorf("%v, want ErrExpired", err)
	}
	parts := strings.Split(token, "~")
	for name, bad := range map[string]string{
		"empty": "", "no separator": "token", "other site": strings.Replace(token, "shop", "chop", 1),
		"later":        parts[0] + "~" + parts[1] + "~99999999999~" + parts[3],
		"no signature": strings.Join(parts[:3], "~"), "site key": s.SiteKey("shop.example"),
		"signed by another": New().Sign("shop.example", now.Add(time.Minute)), "bad site, well signed": s.Sign("Shop~x", now.Add(time.Minute)),
	} {
		if site, err := s.Verify(bad, now); !errors.Is(err, ErrToken) || site != "" {
			t.Errorf("%s: %q, %v", name, site, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := New()
	f.Add(s.Sign("shop.example", now.Add(time.Minute)))
	f.Add("v1~a~1~")
	good := s.Sign("a", now.Add(time.Minute))
	f.Fuzz(func(t *testing.T, token string) {
		if site, err := s.Verify(token, now); err == nil && token != good && site != "shop.example" {
			t.Errorf("%q was taken for %q", token, site)
		}
	})
}

func TestGate(t *testing.T) {
	first, second := New(), New()
	current, calls, failure, clock := first, 0, error(nil), now
	g := NewGate(func(context.Context) (Secrets, error) { calls++; return current, failure }, time.Minute, func() time.Time { return clock })
	want := func(s Secrets, n int) {
		t.Helper()
		got, err := g.Secrets(t.Context())
		if err != nil || got.Access[0] != s.Access[0] || calls != n {
			t.Errorf("%v after %d reads", err, calls)
		}
	}
	failure = errors.New("down")
	if _, err := g.Secrets(t.Context()); !errors.Is(err, failure) {
		t.Errorf("%v: without any secrets nothing may be open", err)
	}
	failure = nil
	want(first, 2)
	current = second
	want(first, 2)
	g.Forget()
	want(second, 3)
	clock, failure = clock.Add(2*time.Minute), errors.New("down")
	want(second, 4)
}

func TestRequests(t *testing.T) {
	for _, c := range []struct{ header, cookie, target, access, key string }{
		{"Bearer abc", "", "/", "abc", "abc"},
		{"bearer  abc ", "def", "/?key=k", "abc", "abc"},
		{"", "def", "/?key=k&token=t", "def", "k"},
		{"Basic abc", "", "/", "", ""},
		{"Bearer", "", "/", "", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, c.target, nil)
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: Cookie, Value: c.cookie})
		}
		if a, k := AccessToken(r), SiteKey(r); a != c.access || k != c.key {
			t.Errorf("%+v: %q, %q", c, a, k)
		}
	}
}

func TestLogin(t *testing.T) {
	s := New()
	token := s.Access[0]
	for target, want := range map[string]string{
		"/?token=" + token:                   "/",
		"/s/shop?from=1&token=" + token:      "/s/shop?from=1",
		"//evil.example/?token=" + token:     "/evil.example/",
		"/%2f%2fevil.example?token=" + token: "/evil.example",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://host"+target, nil)
		if !Login(w, r, s) || w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s: %d to %q", target, w.Code, w.Header().Get("Location"))
		}
		c := w.Result().Cookies()
		if len(c) != 1 || c[0].Value != token || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode {
			t.Errorf("%s: cookies %v", target, c)
		}
	}
	for _, target := range []string{"/", "/?token=", "/?token=wrong"} {
		if w := httptest.NewRecorder(); Login(w, httptest.NewRequest(http.MethodGet, target, nil), s) || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s logs in", target)
		}
	}
}
