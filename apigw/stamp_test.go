package apigw

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

func hasID(id string) func(event.Event) bool { return func(e event.Event) bool { return e.ID == id } }

// only returns the one event that is on the stream.
func (r *rig) only() event.Event {
	r.t.Helper()
	events := r.onStream()
	if len(events) != 1 {
		r.t.Fatalf("%d events on the stream, want 1", len(events))
	}
	return events[0]
}

// What only the door may say is the door's, whatever a client sends.
func TestStamp(t *testing.T) {
	const own = `{"site":"shop","name":"n","received_at":1,"ua":"mine","country":"AT","region":"9","city":"Wien","door_visitor":"x","bot":"x"}`
	tests := []struct {
		name, remote, agent string
		trust               bool // TrustAgent
		headers             []string
	}{
		{name: "stamped", remote: "203.0.113.9:1", agent: "browser"},
		{name: "trust is not asked for", remote: "127.0.0.1:1", trust: true, agent: "browser"},
		{name: "trust is not given", remote: "127.0.0.1:1", headers: []string{"X-Streamgauge-Trust: agent"}, agent: "browser"},
		{name: "trust from another machine", remote: "203.0.113.9:1", trust: true, headers: []string{"X-Streamgauge-Trust: agent"}, agent: "browser"},
		{name: "trust in something else", remote: "127.0.0.1:1", trust: true, headers: []string{"X-Streamgauge-Trust: all"}, agent: "browser"},
		{name: "trusted", remote: "127.0.0.1:1", trust: true, headers: []string{"X-Streamgauge-Trust: agent"}, agent: "mine"},
		{name: "trusted, IPv6", remote: "[::1]:1", trust: true, headers: []string{"X-Streamgauge-Trust: agent"}, agent: "mine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, parts{options: func(o *Options) { o.TrustAgent = tt.trust }})
			from := r.clock.now().UnixMilli()
			r.from(tt.remote, own, append(tt.headers, "User-Agent: browser")...)
			e := r.only()
			if e.ReceivedAt < from || e.ReceivedAt > r.clock.now().UnixMilli() {
				t.Errorf("received at %d", e.ReceivedAt)
			}
			if e.UserAgent != tt.agent {
				t.Errorf("user agent %q, want %q", e.UserAgent, tt.agent)
			}
			if e.Country+e.Region+e.City+e.Bot != "" || len(e.DoorVisitor) != 32 || event.IDTime(e.ID) != e.ReceivedAt {
				t.Errorf("event %+v", e)
			}
		})
	}
}

// from posts events from an address.
func (r *rig) from(remote, body string, headers ...string) {
	r.t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.RemoteAddr = remote
		r.server.ServeHTTP(w, req)
	})
	if got := send1(r.t, h, http.MethodPost, "/v1/events", body, headers...); got.status != http.StatusAccepted {
		r.t.Fatalf("answer %d %s", got.status, got.body)
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"browser", 7, "browser"}, {"browser", 6, "browse"}, {"abc€", 6, "abc€"}, {"abc€", 5, "abc"}, {"abc€", 4, "abc"}, {"abc€", 3, "abc"},
		{"a\xffb\x00c", 9, "abc"}, {"€", 2, ""}, {"", 0, ""},
	} {
		if got := clip(tt.in, tt.n); got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// clip against its twin, which tries all prefixes.
func TestClipIsTheLongestPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(0, 20).Draw(t, "n")
		text := strings.ReplaceAll(s, "\x00", "")
		want := ""
		for i := range len(text) + 1 {
			if i <= n && utf8.ValidString(text[:i]) {
				want = text[:i]
			}
		}
		if got := clip(s, n); got != want {
			t.Fatalf("clip(%q, %d) = %q, want %q", s, n, got, want)
		}
	})
}

// A long header is cut, and the consumer can read what comes of it.
func TestLongUserAgent(t *testing.T) {
	r := newRig(t, parts{})
	r.from("192.0.2.1:1", `{"site":"shop","name":"n"}`, "User-Agent: "+strings.Repeat("€", 1000)+"\xff")
	if got := r.only().UserAgent; got != strings.Repeat("€", 666) {
		t.Errorf("user agent of %d bytes", len(got))
	}
}

// doorVisitor posts an event and returns the visitor that the door found for it.
func (r *rig) doorVisitor(site, remote, agent, more string) string {
	r.t.Helper()
	id := fmt.Sprint(len(r.onStream()))
	r.from(remote, fmt.Sprintf(`{"site":%q,"name":"n","id":%q%s}`, site, id, more), "User-Agent: "+agent)
	events := r.onStream()
	return events[slices.IndexFunc(events, hasID(id))].DoorVisitor
}

func TestCookielessVisitor(t *testing.T) {
	r := newRig(t, parts{})
	r.clock.toNoon()
	one := r.doorVisitor("shop", "192.0.2.1:5", "browser", "")
	for name, v := range map[string]string{
		"another port":    r.doorVisitor("shop", "192.0.2.1:6", "browser", ""),
		"with a session":  r.doorVisitor("shop", "192.0.2.1:6", "browser", `,"session":"s"`),
		"a time in 1970":  r.doorVisitor("shop", "192.0.2.1:6", "browser", `,"ts":86400000`),
		"a time in 2100":  r.doorVisitor("shop", "192.0.2.1:6", "browser", `,"ts":4102444800000`),
		"of one's saying": r.doorVisitor("shop", "192.0.2.1:6", "browser", `,"door_visitor":"x"`),
	} {
		if v != one || len(v) != 32 {
			t.Errorf("%s: visitor %q, want %q", name, v, one)
		}
	}
	others := map[string]string{
		"another address": r.doorVisitor("shop", "192.0.2.2:5", "browser", ""),
		"another agent":   r.doorVisitor("shop", "192.0.2.1:5", "browser2", ""),
		"another site":    r.doorVisitor("blog", "192.0.2.1:5", "browser", ""),
		"a moved bound":   r.doorVisitor("shop", "192.0.2.1:5", "", ""),
	}
	if got := r.doorVisitor("shop", "192.0.2.1:5", "browser", `,"visitor":"v"`); got != "" {
		t.Errorf("beside the client's own visitor: %q", got)
	}
	r.clock.forward(24 * time.Hour)
	others["another day"] = r.doorVisitor("shop", "192.0.2.1:5", "browser", "")
	seen := map[string]string{one: "the first"}
	for name, v := range others {
		if before, again := seen[v]; again || len(v) != 32 {
			t.Errorf("%s: visitor %q, as %s", name, v, before)
		}
		seen[v] = name
	}
	if n := len(r.salts()); n != 3 {
		t.Errorf("%d salts, want one each for shop and blog, and one for shop's next day", n)
	}
}

// Events of one request from one visitor share the hash; another agent or site among them does not.
func TestVisitorsOfOneRequest(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.TrustAgent = true }})
	var lines []string
	for i, who := range []string{"shop a", "shop a", "shop b", "shop a", "blog a", "blog a", "shop "} {
		site, agent, _ := strings.Cut(who, " ")
		lines = append(lines, fmt.Sprintf(`{"site":%q,"name":"n","id":"%d","ua":%q}`, site, i, agent))
	}
	r.from("127.0.0.1:1", strings.Join(lines, "\n"), "X-Streamgauge-Trust: agent", "User-Agent: replay")
	visitors, whose := map[string]string{}, map[string]string{}
	for _, e := range r.onStream() {
		who := e.Site + " " + e.UserAgent
		if v, ok := visitors[who]; ok && v != e.DoorVisitor {
			t.Errorf("two visitors for %q", who)
		}
		if other, ok := whose[e.DoorVisitor]; ok && other != who {
			t.Errorf("one visitor for %q and %q", who, other)
		}
		visitors[who], whose[e.DoorVisitor] = e.DoorVisitor, who
	}
	if len(visitors) != 4 {
		t.Errorf("visitors %v", visitors)
	}
}

// An event without an id is given one. Sent again with it, later and from elsewhere, it is found in the same window and cell.
func TestAssignedIDSentAgain(t *testing.T) {
	r := newRig(t, parts{})
	a := decode[eventsAnswer](t, r.ask(http.MethodPost, "/v1/events?ids=1", `{"site":"shop","name":"n","url":"/p"}`))
	again := fmt.Sprintf(`{"site":"shop","name":"n","url":"/p","id":%q}`, a.Results[0].ID)
	r.clock.forward(2 * time.Minute)
	r.from("198.51.100.7:1", again, "User-Agent: another")
	events := r.onStream()
	if len(events) != 2 || events[0].Key() != events[1].Key() || events[0].Place(events[0].ReceivedAt) != events[1].Place(events[1].ReceivedAt) {
		t.Fatalf("copies %+v", events)
	}
	r.consume()
	r.settle()
	if l := r.books("shop"); l.Counted != 1 || l.Duplicate != 1 || !l.Balanced {
		t.Errorf("books %+v", l)
	}
}

func (r *rig) books(site string) aggregate.BooksView {
	r.t.Helper()
	return decode[aggregate.BooksView](r.t, r.ask(http.MethodGet, "/api/v1/ledger?site="+site, ""))
}
