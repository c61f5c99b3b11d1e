package enrich

import (
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/agent"
)

// Options are what an Enricher can be told. The zero value is good.
type Options struct {
	// Remember is about how many user agents, hosts, tags and languages each are kept worked out; 4,096 if zero. What is forgotten is worked out again,
	// to the same result.
	Remember int
}

// Enricher makes hits of events. It may be used concurrently.
type Enricher struct {
	agents    *cache[userAgent]
	sources   *cache[source] // by hostname
	tags      *cache[tagged] // by what names a source in the query
	mediums   *cache[traits] // by utm_medium
	names     *cache[traits] // by utm_campaign
	values    *cache[string] // of the query, decoded
	hosts     *cache[string] // as rows show them
	referrers *cache[string] // as rows show them
	languages *cache[string]
}

// New returns an enricher. It starts nothing.
func New(o Options) *Enricher {
	if o.Remember == 0 {
		o.Remember = 4096
	}
	return &Enricher{
		agents: newCache[userAgent](o.Remember), sources: newCache[source](o.Remember), tags: newCache[tagged](o.Remember),
		mediums: newCache[traits](o.Remember), names: newCache[traits](o.Remember), values: newCache[string](o.Remember),
		hosts: newCache[string](o.Remember), referrers: newCache[string](o.Remember),
		languages: newCache[string](o.Remember),
	}
}

// Hit fills h with what event e says, which is counted at that time in Unix milliseconds. It reuses the capacity of h.Props. Strings of h may alias
// the event's, and are valid as long as those are.
func (en *Enricher) Hit(h *sketch.Hit, e *event.Event, at int64) {
	*h = sketch.Hit{
		At: at, Props: h.Props[:0], EngagedMS: e.EngagedMS, Scroll: uint8(e.Scroll), Persistent: e.Visitor != "" || e.User != "",
	}
	t := &h.Text
	t[sketch.Name] = e.Name
	en.visit(t, e)
	en.audience(t, e)
	if e.Revenue.Currency != "" {
		h.Revenue, t[sketch.Currency] = e.Revenue.Micros, e.Revenue.Currency
	}
	vitals(&h.Vitals, &e.Vitals)
	h.Props = appendProps(h.Props, e.Props)
}

// visit fills in where the visitor is on the site and how he came there.
func (en *Enricher) visit(t *[sketch.NumFields]string, e *event.Event) {
	url := event.SplitURL(e.URL)
	if e.URL != "" || e.Name == event.Pageview {
		t[sketch.Page] = url.Page()
	}
	t[sketch.Hostname] = en.hostname(url)
	var c campaign
	if url.Query != "" {
		c = en.campaign(url.Query)
	}
	t[sketch.UTMSource], t[sketch.UTMMedium], t[sketch.UTMCampaign] = c.source, c.medium, c.name
	t[sketch.UTMContent], t[sketch.UTMTerm] = c.content, c.term
	own := t[sketch.Hostname]
	if own == "" {
		own = e.Site
	}
	text, from := en.referrer(e.Referrer, own)
	t[sketch.Referrer] = text
	source, w := en.origin(&c, from)
	t[sketch.Source], t[sketch.Channel] = source, w.channel()
}

// audience fills in who the visitor is.
func (en *Enricher) audience(t *[sketch.NumFields]string, e *event.Event) {
	if e.UserAgent != "" {
		ua := en.agents.of(e.UserAgent, parseAgent)
		t[sketch.Device], t[sketch.Browser], t[sketch.BrowserVersion] = ua.device, ua.browser, ua.browserVersion
		t[sketch.OS], t[sketch.OSVersion] = ua.os, ua.osVersion
	}
	if e.Lang != "" {
		t[sketch.Language] = *en.languages.of(e.Lang, language)
	}
	t[sketch.Screen] = screenClass(e.Screen)
	t[sketch.Country] = country(e.Country)
	if t[sketch.Country] != "" {
		t[sketch.Region], t[sketch.City] = e.Region, e.City
	}
}

// Bot returns why an event is automation, as package agent names it, or "": because it is marked so, or by its user agent.
func (en *Enricher) Bot(e *event.Event) string {
	if e.Bot != "" {
		return agent.Reason(e.Bot)
	}
	if e.UserAgent == "" {
		return ""
	}
	return en.agents.of(e.UserAgent, parseAgent).bot
}

// hostname returns the host of a page or a referrer as rows show it.
func (en *Enricher) hostname(a event.Address) string {
	if isPlain(a.Host) {
		return strings.TrimPrefix(a.Host, "www.")
	}
	return *en.hosts.of(a.Host, lowerHost)
}

// isPlain reports whether a host is as hostnames are shown, but for "www.".
func isPlain(host string) bool {
	for i := range len(host) {
		if c := host[i]; c == ':' || c == '@' || 'A' <= c && c <= 'Z' || c >= 0x80 {
			return false
		}
	}
	return host == "" || host[len(host)-1] != '.'
}

func lowerHost(host string) string { return event.Address{Host: host}.Hostname() }

func vitals(bins *[sketch.NumVitals]int32, v *event.Vitals) {
	if *v == (event.Vitals{}) {
		return
	}
	for i, one := range [...]event.Vital{sketch.LCP: v.LCP, sketch.INP: v.INP, sketch.CLS: v.CLS, sketch.FCP: v.FCP, sketch.TTFB: v.TTFB} {
		if one.Set {
			bins[i] = sketch.Bin(one.Value)
		}
	}
}

// appendProps appends properties in order of their keys. There are few, and often they come in order. An empty value is as good as none.
func appendProps(to []sketch.Prop, props []event.Prop) []sketch.Prop {
	for i := range props {
		if props[i].Value == "" {
			continue
		}
		p := sketch.Prop{Key: props[i].Key, Value: props[i].Value}
		to = append(to, p)
		at := len(to) - 1
		for ; at > 0 && to[at-1].Key > p.Key; at-- {
			to[at] = to[at-1]
		}
		to[at] = p
	}
	return to
}
