package apigw

import (
	"net/http"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
)

func TestAutomationByHeaders(t *testing.T) {
	const brands = `"HeadlessChrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141"`
	for _, c := range []struct{ name, value, want string }{
		{"Sec-Purpose", "prefetch", "prefetch"},
		{"Sec-Purpose", "prefetch;prerender", "prefetch"},
		{"Sec-Purpose", "Prefetch;anonymous-client-ip", "prefetch"},
		{"Purpose", "prefetch", "prefetch"},
		{"X-Moz", "prefetch", "prefetch"},
		{"X-Purpose", "preview", "preview"},
		{"Purpose", "preview", "preview"},
		{"Sec-CH-UA", brands, "headless"},
		{"Sec-CH-UA", `"Chromium";v="141"`, ""},
		{"X-Purpose", "shopping", ""},
		{"Accept", "prefetch", ""},
	} {
		r := newRig(t, parts{})
		r.from("192.0.2.1:1", `{"site":"shop","name":"n","bot":"crawler"}`, c.name+": "+c.value, "User-Agent: browser")
		if got := r.only().Bot; got != c.want {
			t.Errorf("%s: %s: marked %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

// What is marked is booked with its reason, and counted where the site wants it so; the user agent of a site's own server is no visitor's.
func TestBotsInTheBooks(t *testing.T) {
	r := newRig(t, parts{})
	if _, err := r.sites.Add(t.Context(), aggregate.Site{ID: "open", Bots: aggregate.CountBots}); err != nil {
		t.Fatal(err)
	}
	r.consume()
	for _, site := range []string{"shop", "open"} {
		for _, headers := range [][]string{
			{"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			{"User-Agent: curl/8.5.0"}, {"User-Agent: python-requests/2.31"}, {"User-Agent: "},
			{"User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
			{"User-Agent: browser", "Sec-Purpose: prefetch"},
		} {
			r.from("192.0.2.1:1", `{"site":"`+site+`","name":"pageview"}`, headers...)
		}
	}
	r.settle()
	if l := r.books("shop"); l.Counted != 4 || l.Bot != 2 || l.Reasons["bot: crawler"] != 1 || l.Reasons["bot: prefetch"] != 1 || !l.Balanced {
		t.Errorf("books %+v", l)
	}
	if l := r.books("open"); l.Counted != 6 || l.Bot != 0 || !l.Balanced {
		t.Errorf("books of a site that counts bots %+v", l)
	}
}

// The name of an HTTP library is left out, but kept where the event's own user agent is trusted: there it is who fetched a page.
func TestToolsAreNoVisitors(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.TrustAgent = true }})
	r.from("127.0.0.1:1", `{"site":"shop","name":"n","id":"1","ua":"wget/1.2"}`, "User-Agent: Go-http-client/2.0")
	r.from("127.0.0.1:1", `{"site":"shop","name":"n","id":"2","ua":"wget/1.2"}`, "User-Agent: Go-http-client/2.0", "X-Streamgauge-Trust: agent", "Sec-Purpose: prefetch")
	for _, e := range r.onStream() {
		if want := map[string]string{"1": "", "2": "wget/1.2"}[e.ID]; e.UserAgent != want || e.Bot != "" {
			t.Errorf("event %s: user agent %q, want %q; marked %q", e.ID, e.UserAgent, want, e.Bot)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	s := newDiscarding()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/events", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.RemoteAddr = "192.0.2.1:4711"
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	b.ReportAllocs()
	for b.Loop() {
		s.stampOf(req)
	}
}
