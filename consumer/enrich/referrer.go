package enrich

import (
	"strings"

	"github.com/streamgauge/streamgauge/event"
)

// appScheme is what browsers on Android send as the referrer when an application opened the page.
const appScheme = "android-app://"

// referrer returns the referring page, as host and path, and its source. A page of the same hostname is none, nor is one on the visitor's own machine or that
// is not on the web.
func (en *Enricher) referrer(url, own string) (text string, from source) {
	if url == "" {
		return "", source{}
	}
	a := event.SplitURL(url)
	switch a.Scheme {
	case "https", "http":
	case "android-app":
		app := url[:len(appScheme)+len(a.Host)]
		return app, *en.sources.of(app, sourceOfHost)
	default:
		return "", source{}
	}
	host := en.hostname(a)
	if host == "" || host == "localhost" || host == strings.TrimPrefix(own, "www.") {
		return "", source{}
	}
	from = *en.sources.of(host, sourceOfHost)
	if !strings.HasSuffix(a.Host, host) {
		return *en.referrers.of(url, referrerText), from
	}
	end := len(a.Scheme) + len("://") + len(a.Host)
	return strings.TrimRight(url[end-len(host):end+len(a.Path)], "/"), from
}

// referrerText is for hosts that are not shown as they stand.
func referrerText(url string) string {
	a := event.SplitURL(url)
	return strings.TrimRight(a.Hostname()+a.Path, "/")
}

// origin decides who sent the visitor, and on which way. What the campaign's tags name goes before the referrer, for it is what somebody wrote on purpose; a click
// id names a source only where nothing else does. That a click was paid for is believed unless the tags name another source.
func (en *Enricher) origin(c *campaign, from source) (name string, w way) {
	switch {
	case c.tag != "":
		t := en.tags.of(c.tag, sourceOfTag)
		from, w.traits = t.source, t.traits
	case from.name == "" && c.click != nil && c.click.source != "":
		from = sourceOfTag(c.click.source).source
	}
	if from.name != "" {
		w.traits |= sent
	}
	if c.click != nil && (c.click.trait != paid || c.tag == "" || c.click.source == from.name) {
		w.traits |= c.click.trait
	}
	if c.medium != "" {
		w.traits |= *en.mediums.of(c.medium, traitsOfMedium)
	}
	if c.name != "" {
		w.traits |= *en.names.of(c.name, traitsOfName)
	}
	w.kind = from.kind
	return from.name, w
}
