package apigw

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/apigw/access"
)

const wantsList = "Accept: application/json"

func inspecting(o *Options) { o.Inspect = true }

// inspectedList asks for the plain list.
func (r *rig) inspectedList(query string) (list []inspected) {
	r.t.Helper()
	a := r.ask(http.MethodGet, "/api/v1/inspect"+query, "", wantsList)
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != http.StatusOK {
		r.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return list
}

func TestInspect(t *testing.T) {
	r := newRig(t, parts{options: inspecting})
	if list := r.inspectedList(""); len(list) != 0 {
		t.Errorf("before anything came: %+v", list)
	}
	const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	const good = `{"site":"shop","name":"pageview","url":"https://shop.example/tea?ip=203.0.113.7","props":{"token":"hush","from":"2001:db8::17"}}`
	r.ask(http.MethodPost, "/v1/events", good, "User-Agent: "+agent)
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"","url":7}`)
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop",`)
	r.ask(http.MethodPost, "/v1/events", `{"site":"other","name":"buy"}`)
	list := r.inspectedList("")
	if len(list) != 4 {
		t.Fatalf("%d are shown: %+v", len(list), list)
	}
	one := list[0]
	if one.Site != "shop" || one.Status != "accepted" || one.Name != "pageview" || one.UA != agent || one.At == 0 || one.Protocol != "events" || len(one.Errors) != 0 {
		t.Errorf("an accepted one is shown as %+v", one)
	}
	for _, never := range []string{"203.0", "db8", "hush"} {
		if strings.Contains(one.Event+one.URL, never) {
			t.Errorf("%s is shown: %+v", never, one)
		}
	}
	if two := list[1]; two.Status != "invalid" || two.Site != "shop" || len(two.Errors) != 2 || two.Event != `{"site":"shop","name":"","url":7}` {
		t.Errorf("an invalid one is shown as %+v", two)
	}
	if three := list[2]; three.Status != "invalid" || len(three.Errors) != 1 || three.Errors[0].Code != "malformed" || three.Event != `{"site":"shop",` {
		t.Errorf("what is no JSON is shown as %+v", three)
	}
	for i, e := range list {
		if i > 0 && e.ID <= list[i-1].ID {
			t.Errorf("ids do not grow: %+v", list)
		}
	}
	if list := r.inspectedList("?site=other"); len(list) != 1 || list[0].Name != "buy" {
		t.Errorf("of one site: %+v", list)
	}
	r.ask(http.MethodGet, "/api/v1/inspect?site=nobody", "", wantsList).wantError(t, http.StatusNotFound, "unknown_site")
	without := newRig(t, parts{})
	without.ask(http.MethodPost, "/v1/events", visit)
	without.ask(http.MethodGet, "/api/v1/inspect", "", wantsList).wantError(t, http.StatusNotImplemented, "no_inspector")
}

// An event that could not be written is shown as one to be sent again; the key that came with a request never is.
func TestInspectHidesKeys(t *testing.T) {
	secrets := access.Secrets{Access: []string{"access-token-of-this-server"}, Ingest: []access.SigningKey{[]byte("a signing key of thirty-two bytes")}}
	r := newRig(t, parts{options: func(o *Options) {
		o.Inspect = true
		o.Gate = access.NewGate(func(context.Context) (access.Secrets, error) { return secrets, nil }, time.Minute, time.Now)
	}})
	key := secrets.SiteKey("shop")
	r.ask(http.MethodPost, "/v1/events?key="+key, fmt.Sprintf(`{"site":"shop","name":"buy","props":{"note":"by %s"}}`, key))
	r.ask(http.MethodPost, "/v1/events?key="+key, fmt.Sprintf(`{"site":"shop","name":7,"props":{"%s":[]}}`, key))
	r.ask(http.MethodPost, "/v1/events", visit).wantError(t, http.StatusUnauthorized, "unauthorized")
	a := r.ask(http.MethodGet, "/api/v1/inspect", "", wantsList, "Authorization: Bearer access-token-of-this-server")
	if strings.Contains(a.body, key) || !strings.Contains(a.body, "by [key]") || strings.Count(a.body, `"protocol"`) != 3 {
		t.Errorf("shown: %s", a.body)
	}
	r.ask(http.MethodGet, "/api/v1/inspect", "", wantsList).wantError(t, http.StatusUnauthorized, "unauthorized")
}

// What stands in a user agent is shown as what stands elsewhere: without addresses and keys, of events and of requests that were none.
func TestInspectHidesWhatUserAgentsSay(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.Inspect = true }})
	const agent = "User-Agent: probe of 203.0.113.7"
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"buy","visitor":"ann"}`, agent)
	r.ask(http.MethodPost, "/v1/events", `[`, agent)
	a := r.ask(http.MethodGet, "/api/v1/inspect", "", wantsList)
	if strings.Contains(a.body, "203.0.113.7") || strings.Count(a.body, `probe of [address]`) != 2 {
		t.Errorf("shown: %s", a.body)
	}
}

// Of a busy site two a second are kept, and its flood does not drive out what another sent; of one that is watched more is.
func TestInspectIsASelection(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	p := newInspector(func() time.Time { return now })
	offer := func(site string, accepted bool, n int) (taken int) {
		for range n {
			if p.wants(site, accepted, now.UnixMilli()) {
				p.add(&inspected{Site: site, At: now.UnixMilli()})
				taken++
			}
		}
		return taken
	}
	offer("quiet", true, 1)
	for range 300 {
		now = now.Add(time.Second)
		if n := offer("busy", true, 100); n != 2 {
			t.Fatalf("%d of a busy site were taken in a second", n)
		}
		if n := offer("busy", false, 50); n != 10 {
			t.Fatalf("%d bad ones were taken in a second", n)
		}
	}
	if n := len(p.list("", 0)); n != inspectAll {
		t.Errorf("%d are kept", n)
	}
	if n := len(p.list("quiet", 0)); n != 1 {
		t.Errorf("%d of a quiet site are kept", n)
	}
	now = now.Add(time.Second)
	w, kept := p.join("busy", 0)
	if len(kept) != inspectAll {
		t.Errorf("who comes is shown %d", len(kept))
	}
	if n := offer("busy", true, 1000); n != inspectRates[true].all {
		t.Errorf("%d of a watched site were taken", n)
	}
	now = now.Add(time.Second)
	offer("busy", true, 1000)
	if len(w.events) != watchBacklog || len(p.watches) != 0 {
		t.Errorf("a reader that does not read is %d behind, %d watch", len(w.events), len(p.watches))
	}
	now = now.Add(time.Second)
	if offer("busy", true, 2*inspectLooks); p.closed.Load() != now.Unix() || p.wants("quiet", true, now.UnixMilli()) {
		t.Error("a busy door looks at every event")
	}
	for i := range 3 * inspectSites {
		now = now.Add(time.Second)
		offer(fmt.Sprint("site-", i), true, 1)
	}
	if len(p.sites) > inspectSites {
		t.Errorf("%d sites are kept apart", len(p.sites))
	}
	p.ask("shop")
	now = now.Add(2 * watchedFor)
	if offer("busy", true, 1); p.watched.Load() != nil {
		t.Error("who asked once watches for ever")
	}
}

// Who watches is shown what comes in, after a break what came meanwhile, and the end of the server.
func TestInspectStream(t *testing.T) {
	r := newRig(t, parts{options: inspecting})
	r.web.Config.RegisterOnShutdown(r.server.EndStreams)
	r.ask(http.MethodPost, "/v1/events", visit)
	open := func(last string) (*bufio.Scanner, func()) {
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.web.URL+"/api/v1/inspect?site=shop", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Last-Event-ID", last)
		res, err := r.web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { leave(); res.Body.Close() })
		if res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%s %v", res.Status, res.Header)
		}
		return bufio.NewScanner(res.Body), leave
	}
	next := func(lines *bufio.Scanner) (id string, e inspected) {
		t.Helper()
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = v
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					t.Fatal(err)
				}
				return id, e
			}
		}
		return "", e
	}
	lines, leave := open("")
	id, first := next(lines)
	if id != fmt.Sprint(first.ID) || first.Status != "accepted" {
		t.Errorf("first %s %+v", id, first)
	}
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop"}`)
	id, second := next(lines)
	if second.Status != "invalid" || second.ID <= first.ID {
		t.Errorf("then %+v", second)
	}
	leave()
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"meanwhile"}`)
	r.ask(http.MethodPost, "/v1/events", `{"site":"elsewhere","name":"x"}`)
	lines, _ = open(id)
	if _, e := next(lines); e.Name != "meanwhile" {
		t.Errorf("back after a break: %+v", e)
	}
	if err := r.web.Config.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id, e := next(lines); id != "" || lines.Err() != nil {
		t.Errorf("after the end: %+v, %v", e, lines.Err())
	}
}

// Of as many as may be that goes of which nothing came for the longest time, and of fewer none.
func TestForgetOldest(t *testing.T) {
	heard := map[string]int64{"a": 3, "b": 1, "c": 2}
	same := func(v int64) int64 { return v }
	forgetOldest(heard, 4, same)
	if len(heard) != 3 {
		t.Errorf("there was room, and %v are left", heard)
	}
	forgetOldest(heard, 3, same)
	if _, there := heard["b"]; there || len(heard) != 2 {
		t.Errorf("%v are left", heard)
	}
}
