package apigw

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

func mustProxy(t *testing.T, name string) *Proxy {
	t.Helper()
	p, err := ProxyOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProxies(t *testing.T) {
	for _, c := range []struct {
		proxy   string
		headers []string
		address string
		place   Place
	}{
		{"cloudfront", []string{"CloudFront-Viewer-Address: 198.51.100.10:46532"}, "198.51.100.10", Place{}},
		{"cloudfront", []string{"CloudFront-Viewer-Address: 2001:db8::a:46532"}, "2001:db8::a", Place{}},
		{"cloudfront", []string{"CloudFront-Viewer-Country: AT", "CloudFront-Viewer-Country-Region: 9", "CloudFront-Viewer-City: Wien"}, "192.0.2.1", Place{"AT", "AT-9", "Wien"}},
		{"cloudfront", []string{"CloudFront-Viewer-Country: DE", "CloudFront-Viewer-City: M%C3%BCnchen"}, "192.0.2.1", Place{"DE", "", "München"}},
		{"cloudflare", []string{"CF-Connecting-IP: 198.51.100.10", "CF-IPCountry: US", "CF-Region-Code: CA", "CF-IPCity: San Francisco"}, "198.51.100.10", Place{"US", "US-CA", "San Francisco"}},
		{"cloudflare", []string{"CF-IPCountry: XX"}, "192.0.2.1", Place{}},
		{"cloudflare", []string{"CF-IPCountry: T1", "CF-IPCity: Onion"}, "192.0.2.1", Place{}},
		{"vercel", []string{"X-Vercel-Forwarded-For: 198.51.100.10", "X-Vercel-IP-Country: BR", "X-Vercel-IP-Country-Region: SP", "X-Vercel-IP-City: S%C3%A3o%20Paulo"}, "198.51.100.10", Place{"BR", "BR-SP", "São Paulo"}},
		{"appengine", []string{"X-Appengine-User-IP: 2001:db8::1", "X-Appengine-Country: US", "X-Appengine-Region: ca", "X-Appengine-City: ?"}, "2001:db8::1", Place{"US", "US-CA", ""}},
		{"appengine", []string{"X-Appengine-Country: ZZ"}, "192.0.2.1", Place{}},
		{"forwarded", []string{"X-Forwarded-For: 203.0.113.66, 198.51.100.10"}, "198.51.100.10", Place{}},
		{"forwarded", []string{"X-Forwarded-For: 203.0.113.66", "X-Forwarded-For: 198.51.100.10"}, "198.51.100.10", Place{}},
		{"forwarded", []string{"X-Forwarded-For: [2001:db8::1]:443"}, "2001:db8::1", Place{}},
		{"forwarded", []string{"CF-IPCountry: AT", "CF-Connecting-IP: 203.0.113.66", "CloudFront-Viewer-Country: AT"}, "192.0.2.1", Place{}},
		{"cloudfront", []string{"CF-IPCountry: AT", "X-Forwarded-For: 203.0.113.66"}, "192.0.2.1", Place{}},
		{"cloudfront", nil, "192.0.2.1", Place{}},
		{"", []string{"CF-IPCountry: AT", "CloudFront-Viewer-Country: AT", "X-Forwarded-For: 203.0.113.66", "X-Appengine-Country: AT"}, "192.0.2.1", Place{}},
	} {
		s := newDiscarding()
		if c.proxy != "" {
			s.o.Proxy = mustProxy(t, c.proxy)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.RemoteAddr = "192.0.2.1:4711"
		setHeaders(req, c.headers)
		if got := s.clientOf(req); got.address != c.address || got.place != c.place {
			t.Errorf("%s %q: %+v, want %s %+v", c.proxy, c.headers, got, c.address, c.place)
		}
	}
	if _, err := ProxyOf("squid"); err == nil || !strings.Contains(err.Error(), "allowed are cloudfront, ") {
		t.Errorf("a proxy that nobody knows: %v", err)
	}
}

// atlas knows where one network is.
type atlas struct {
	network netip.Prefix
	place   Place
}

func (a atlas) Of(address netip.Addr) Place {
	if a.network.Contains(address) {
		return a.place
	}
	return Place{}
}

// Where a visitor is stands on the event; the address stands nowhere.
func TestPlacesOfEvents(t *testing.T) {
	vienna := Place{"AT", "AT-9", "Vienna"}
	places := atlas{netip.MustParsePrefix("198.51.100.0/24"), vienna}
	const one = `{"site":"shop","name":"n","id":"1","country":"US","city":"Nowhere"}`
	for name, c := range map[string]struct {
		remote  string
		proxy   string
		headers []string
		want    Place
	}{
		"known":                        {"198.51.100.7:1", "", nil, vienna},
		"known, as IPv6 writes it":     {"[::ffff:198.51.100.7]:1", "", nil, vienna},
		"not known":                    {"203.0.113.7:1", "", nil, Place{}},
		"of whoever is at the proxy":   {"127.0.0.1:1", "forwarded", []string{"X-Forwarded-For: 198.51.100.7"}, vienna},
		"the proxy knows better":       {"198.51.100.7:1", "cloudflare", []string{"CF-IPCountry: FR"}, Place{Country: "FR"}},
		"the proxy does not know":      {"198.51.100.7:1", "cloudflare", []string{"CF-IPCountry: XX"}, vienna},
		"what a client says of itself": {"203.0.113.7:1", "", []string{"X-Forwarded-For: 198.51.100.7", "CF-IPCountry: FR"}, Place{}},
		"no address":                   {"somebody", "", nil, Place{}},
		"of others, replayed":          {"127.0.0.1:1", "cloudflare", []string{"X-Streamgauge-Trust: agent", "CF-IPCountry: FR"}, Place{}},
	} {
		r := newRig(t, parts{options: func(o *Options) {
			o.Places, o.TrustAgent = places, true
			if c.proxy != "" {
				o.Proxy = mustProxy(t, c.proxy)
			}
		}})
		r.from(c.remote, one, append(c.headers, "User-Agent: browser")...)
		e := r.only()
		if got := (Place{e.Country, e.Region, e.City}); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		for _, record := range r.records() {
			if strings.Contains(string(record), "198.51.100") {
				t.Errorf("%s: the address is written: %s", name, record)
			}
		}
	}
}

// Behind a proxy the cookieless visitors are those behind it, and nobody from outside is taken for this machine.
func TestVisitorsBehindAProxy(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.Proxy, o.TrustAgent = mustProxy(t, "forwarded"), true }})
	r.clock.toNoon()
	for i, forwarded := range []string{"198.51.100.7", "198.51.100.8", "198.51.100.7"} {
		r.from("127.0.0.1:1", `{"site":"shop","name":"n","ua":"mine"}`,
			"X-Forwarded-For: "+forwarded, "User-Agent: browser", "X-Streamgauge-Trust: agent")
		if n := len(r.onStream()); n != i+1 {
			t.Fatalf("%d events", n)
		}
	}
	visitors := map[string]int{}
	for _, e := range r.onStream() {
		visitors[e.DoorVisitor]++
		if e.UserAgent != "browser" {
			t.Errorf("user agent %q", e.UserAgent)
		}
	}
	if len(visitors) != 2 {
		t.Errorf("visitors %v, want two", visitors)
	}
}

// A place that is longer than an event may hold is cut, not refused.
func TestLongPlaces(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.Proxy = mustProxy(t, "cloudflare") }})
	long := strings.Repeat("x", 3*event.MaxShort)
	r.from("192.0.2.1:1", `{"site":"shop","name":"n"}`, "CF-IPCountry: AT", "CF-IPCity: "+long, "CF-Region-Code: "+long)
	if e := r.only(); len(e.City) != event.MaxShort || len(e.Region) != event.MaxShort {
		t.Errorf("city of %d bytes, region of %d", len(e.City), len(e.Region))
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("198.51.100.10:46532", "M%C3%BCnchen")
	f.Add("2001:db8::a:46532, [::1]:2", "%zz")
	f.Fuzz(func(t *testing.T, address, place string) {
		h := http.Header{"Cloudfront-Viewer-Address": {address}, "Cloudfront-Viewer-Country": {place}, "Cloudfront-Viewer-City": {place}, "Cloudfront-Viewer-Country-Region": {place}}
		p := &proxies[0]
		p.clientAddress(h)
		if at := p.place(h); len(at.City) > event.MaxShort || len(at.Region) > event.MaxShort || len(at.Country) > 2 {
			t.Errorf("%q: %+v", place, at)
		}
	})
}
