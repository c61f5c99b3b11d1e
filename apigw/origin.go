package apigw

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Without access control the only wall around the figures is that they are on this machine, and a browser on it runs the pages of
// strangers. Two doors are shut to them:
//
//   - A page of a stranger's name that is bound to this address after it was loaded ("DNS rebinding") is of our origin to the browser. But
//     its requests carry its name as their Host: where Options.AllowedHosts is set, no others are answered.
//   - A page of another origin can send simple requests. It cannot read the answers, as only POST /v1/events allows that (CORS), but a
//     request alone can change something or cost time. Browsers say where a request comes from: first by Sec-Fetch-Site (Fetch
//     Metadata), older ones by Origin. Whatever is not of our own origin is refused; only POST /v1/events is open to all.
//
// Requests without these headers come from programs, which are not tricked by pages.

// checkHost refuses a request that is addressed to a name which is not ours.
func (s *Server) checkHost(r *http.Request) error {
	if len(s.o.AllowedHosts) == 0 {
		return nil
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	if slices.ContainsFunc(s.o.AllowedHosts, func(name string) bool { return strings.EqualFold(name, host) }) {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return nil // an address is no name that could be bound anew
	}
	return fail(http.StatusForbidden, "host", fmt.Sprintf("this server does not answer to the name %q", host))
}

// checkOrigin refuses what a browser sends on behalf of a page of another origin. An origin is scheme, host and port, so another port of
// this machine ("same-site") is another one too.
func checkOrigin(r *http.Request) error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none": // the page itself, and what a person typed
		return nil
	case "":
		origin := r.Header.Get("Origin")
		if u, err := url.Parse(origin); origin == "" || err == nil && strings.EqualFold(u.Host, r.Host) {
			return nil
		}
	}
	return fail(http.StatusForbidden, "cross_origin", "pages of another origin may only send events, to POST /v1/events")
}
