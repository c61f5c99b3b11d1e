package access

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Cookie is the name of the cookie that keeps a browser logged in.
const Cookie = "streamgauge_access"

// Gate answers who may do what. Its secrets are read again when they are older than their life, so that a rotation elsewhere is heard of.
type Gate struct {
	load func(context.Context) (Secrets, error)
	life time.Duration
	now  func() time.Time

	mu     sync.Mutex // guards what follows, and is held during load: one reads, the others wait for it
	known  Secrets
	loaded time.Time
}

// NewGate returns a gate on secrets that load reads. With a life of zero they are read once, and again after Forget.
func NewGate(load func(context.Context) (Secrets, error), life time.Duration, now func() time.Time) *Gate {
	return &Gate{load: load, life: life, now: now}
}

// Secrets returns the secrets as they were read last. Where they cannot be read again, those known stay valid.
func (g *Gate) Secrets(ctx context.Context) (Secrets, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !g.loaded.IsZero() && (g.life == 0 || now.Sub(g.loaded) < g.life) {
		return g.known, nil
	}
	s, err := g.load(ctx)
	switch {
	case err == nil:
		g.known, g.loaded = s, now
	case g.loaded.IsZero():
		return Secrets{}, fmt.Errorf("read access secrets: %w", err)
	}
	return g.known, nil
}

// Forget makes the next call read the secrets again.
func (g *Gate) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loaded = time.Time{}
}

// Bearer returns the token of an Authorization header, or "".
func Bearer(header string) string {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// AccessToken returns the access token of a request: of its Authorization header, else of the browser's cookie. The query is read by Login alone, so that
// no token stays in an address.
func AccessToken(r *http.Request) string {
	if t := Bearer(r.Header.Get("Authorization")); t != "" {
		return t
	}
	if c, err := r.Cookie(Cookie); err == nil {
		return c.Value
	}
	return ""
}

// SiteKey returns the key that a request brings events with: of its Authorization header, or ?key= for beacons, which cannot set one.
func SiteKey(r *http.Request) string {
	if t := Bearer(r.Header.Get("Authorization")); t != "" {
		return t
	}
	if r.URL.RawQuery == "" {
		return ""
	}
	return r.URL.Query().Get("key")
}

// loginFor is how long a browser stays logged in.
const loginFor = 365 * 24 * time.Hour

// Login answers a request for a page with ?token=: it gives the browser the cookie and sends it to the same page without the token, which so
// stays in no history. It reports whether it has answered.
func Login(w http.ResponseWriter, r *http.Request, s Secrets) bool {
	if r.URL.RawQuery == "" || r.Method != http.MethodGet {
		return false
	}
	query := r.URL.Query()
	token := query.Get("token")
	if !s.Opens(token) {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: Cookie, Value: token, Path: "/", MaxAge: int(loginFor / time.Second), HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	query.Del("token")
	target := *r.URL
	target.Scheme, target.Host, target.RawQuery = "", "", query.Encode()
	target.Path = "/" + strings.TrimLeft(target.Path, "/\\") // //host would be another server
	target.RawPath = ""
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
	return true
}
