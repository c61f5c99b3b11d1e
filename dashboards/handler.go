package dashboards

import (
	"net/http"
	"strings"
)

// policy allows the page what it needs and nothing else: its own files and its own server. Trusted Types forbid every way
// of turning a string into markup, so that no page name can ever become an element.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// assetRoot is where the assets are, followed by the release. No site id begins with "_", so that an address "/{site}"
// never meets it.
const assetRoot = "/_/assets/"

// Handler serves the page at "/" and its assets below "/_/". It answers GET and HEAD, everything else there is 404 or 405.
// It is safe for concurrent use; files are compressed on their first use.
func Handler() http.Handler {
	current := load()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache") // keep it, but ask whether it is still the newest
		current.page.serve(w, r)
	})
	mux.HandleFunc("GET "+assetRoot, func(w http.ResponseWriter, r *http.Request) {
		asset, ok := current.assets[strings.TrimPrefix(r.URL.Path, assetRoot+current.id+"/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		asset.serve(w, r)
	})
	return withPolicy(mux)
}

func withPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
