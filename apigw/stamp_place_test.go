package apigw

import (
	"net/http"
	"testing"
)

// The place that an event names itself is kept for a client on this machine that asks for it, and for nobody else.
func TestTrustVisitor(t *testing.T) {
	for _, tt := range []struct {
		trust   bool
		header  string
		country string
		agent   string
	}{
		{true, TrustHeader + ": " + TrustVisitor, "NZ", "own"}, {true, TrustHeader + ": " + TrustAgent, "", "own"},
		{true, TrustHeader + ": all", "", "browser"}, {false, TrustHeader + ": " + TrustVisitor, "", "browser"},
	} {
		r := newRig(t, parts{options: func(o *Options) { o.TrustAgent = tt.trust }})
		got := r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n","ua":"own","country":"NZ","region":"NZ-AUK","city":"Auckland"}`, tt.header, "User-Agent: browser")
		events := r.onStream()
		if got.status != http.StatusAccepted || len(events) != 1 {
			t.Fatalf("%s: %s, %d events", tt.header, got.body, len(events))
		}
		e := events[0]
		if e.Country != tt.country || e.UserAgent != tt.agent || (e.City == "Auckland") != (tt.country != "") || (e.Region == "NZ-AUK") != (tt.country != "") {
			t.Errorf("trusted: %v, %q: country %q, region %q, city %q, agent %q", tt.trust, tt.header, e.Country, e.Region, e.City, e.UserAgent)
		}
	}
}
