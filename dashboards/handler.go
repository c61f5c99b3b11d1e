package dashboards

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// assetRoot is where the assets are, below the root of the page. No site id begins with "_", so that an address "/{site}" never meets it.
const assetRoot = "_/assets/"

// siteID is the form of a site's id: what else is asked for at the root is not there.
var siteID = lazily(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// siteList is what a request's client may know of the sites, under this key of its context.
type siteList struct{}

// Handler serves the page at "/", "/{site}" and the addresses of its other views below "/_/", and its assets below "/_/assets/". It answers GET and
// HEAD, everything else there is 404 or 405. Whether a site exists is not asked here. It is safe for concurrent use; files are joined, pages made, and both
// compressed, on their first use: most processes that may show the page never do.
//
// sites is asked for the list of sites that the client may see, as GET /api/v1/sites answers it, by pages that begin with it; it may be nil, or
// answer nothing. It is JSON in which "<" is escaped.
func Handler() func(w http.ResponseWriter, r *http.Request, sites func() []byte) {
	a := sync.OnceValue(func() *assets { return newAssets(readAll()) })
	mux := http.NewServeMux()
	for _, v := range views {
		shown := servePage(sync.OnceValue(func() *page { return newPage(a(), v) }))
		for _, pattern := range v.patterns {
			mux.HandleFunc("GET "+pattern, shown)
		}
	}
	mux.HandleFunc("GET /"+assetRoot, func(w http.ResponseWriter, r *http.Request) { a().serve(w, r) })
	withHeaders := withHeaders(mux)
	return func(w http.ResponseWriter, r *http.Request, sites func() []byte) {
		withHeaders.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteList{}, sites)))
	}
}

// servePage answers with the page of a view. Nothing is made for an address that is not there.
func servePage(of func() *page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.PathValue("site"); site != "" && !siteID().MatchString(site) {
			http.NotFound(w, r)
			return
		}
		p := of()
		w.Header().Set("Content-Security-Policy", p.policy)
		w.Header().Set("Cache-Control", "no-cache") // keep it, but ask whether it is still the newest
		var known []byte
		if sites, _ := r.Context().Value(siteList{}).(func() []byte); p.bySites && sites != nil {
			known = sites()
		}
		p.with(known).serve(w, r)
	}
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	asset, ok := a.byAddress[strings.TrimPrefix(r.URL.Path, "/"+assetRoot)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	asset.serve(w, r)
}

func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", assetPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
