package apigw

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/streamgauge/streamgauge/event"
)

// Proxy is what a proxy in front of the door says of whoever sent a request. Only what it sets itself, whatever a client sends, stands here.
type Proxy struct {
	name                  string
	address               string // the header with the client's address
	country, region, city string // headers too; "" where the proxy does not say it
}

// proxies are those that are known. Where it stands: CloudFront, "Add CloudFront request headers"; Cloudflare, "HTTP headers" and "Add visitor location
// headers"; Vercel, "Request headers"; App Engine, "Request headers and responses". The last stands for nginx, Caddy and the like, which
// append to X-Forwarded-For whom they were called by.
var proxies = [...]Proxy{
	{"cloudfront", "Cloudfront-Viewer-Address", "Cloudfront-Viewer-Country", "Cloudfront-Viewer-Country-Region", "Cloudfront-Viewer-City"},
	{"cloudflare", "Cf-Connecting-Ip", "Cf-Ipcountry", "Cf-Region-Code", "Cf-Ipcity"},
	{"vercel", "X-Vercel-Forwarded-For", "X-Vercel-Ip-Country", "X-Vercel-Ip-Country-Region", "X-Vercel-Ip-City"},
	{"appengine", "X-Appengine-User-Ip", "X-Appengine-Country", "X-Appengine-Region", "X-Appengine-City"},
	{"forwarded", "X-Forwarded-For", "", "", ""},
}

// ProxyOf returns the proxy of that name.
func ProxyOf(name string) (*Proxy, error) {
	var names []string
	for i := range proxies {
		if proxies[i].name == name {
			return &proxies[i], nil
		}
		names = append(names, proxies[i].name)
	}
	return nil, fmt.Errorf("proxy %q is not known; allowed are %s", name, strings.Join(names, ", "))
}

// Place is where a visitor is. What is not known is "".
type Place struct {
	Country string // ISO 3166-1 alpha-2
	Region  string // ISO 3166-2, as "US-CA"
	City    string // in English
}

// Places tells where addresses are; *geo.Database is one.
type Places interface {
	Of(address netip.Addr) Place
}

// client is who sent a request.
type client struct {
	address string // never written anywhere; without a port
	place   Place
}

// clientOf returns who sent a request: what the proxy says, if there is one, and else whoever is at the other end of the connection. A place that the
// proxy names goes before the database's.
func (s *Server) clientOf(r *http.Request) (c client) {
	c.address = withoutPort(r.RemoteAddr)
	if p := s.o.Proxy; p != nil {
		if a := p.clientAddress(r.Header); a != "" {
			c.address = a
		}
		c.place = p.place(r.Header)
	}
	if c.place.Country == "" && s.o.Places != nil {
		if a, err := netip.ParseAddr(c.address); err == nil {
			c.place = s.o.Places.Of(a.Unmap().WithZone(""))
		}
	}
	return c
}

// clientAddress returns the last address of the header, the one that the proxy itself saw.
func (p *Proxy) clientAddress(h http.Header) string {
	values := h.Values(p.address)
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return withoutPort(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]))
}

// withoutPort returns the host of an address. CloudFront writes IPv6 with its port and without brackets; an address alone has as many colons as
// an IPv6, and is left as it is.
func withoutPort(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	if _, err := netip.ParseAddr(address); err != nil {
		if i := strings.LastIndexByte(address, ':'); i > 0 {
			if _, err := netip.ParseAddr(address[:i]); err == nil {
				return address[:i]
			}
		}
	}
	return address
}

// place returns where the proxy says the client is. Codes that stand for nowhere (XX, ZZ), or for a network without a place (T1, A1), are none.
func (p *Proxy) place(h http.Header) (at Place) {
	if p.country == "" {
		return at
	}
	at.Country = strings.ToUpper(h.Get(p.country))
	if len(at.Country) != 2 || !isCapital(at.Country[0]) || !isCapital(at.Country[1]) || at.Country == "XX" || at.Country == "ZZ" {
		return Place{}
	}
	if region := strings.ToUpper(said(h.Get(p.region))); region != "" {
		at.Region = clip(at.Country+"-"+strings.TrimPrefix(region, at.Country+"-"), event.MaxShort)
	}
	at.City = clip(said(h.Get(p.city)), event.MaxShort)
	return at
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// said returns what a header says: CloudFront and Vercel encode what is not ASCII, App Engine says "?" where it does not know.
func said(value string) string {
	if value == "?" {
		return ""
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
