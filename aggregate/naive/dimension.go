package naive

import (
	"regexp"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

var visitFields = map[query.Dimension]sketch.Field{
	query.VisitSource: sketch.Source, query.VisitReferrer: sketch.Referrer, query.VisitChannel: sketch.Channel,
	query.VisitUTMSource: sketch.UTMSource, query.VisitUTMMedium: sketch.UTMMedium, query.VisitUTMCampaign: sketch.UTMCampaign,
	query.VisitUTMContent: sketch.UTMContent, query.VisitUTMTerm: sketch.UTMTerm,
	query.VisitCountry: sketch.Country, query.VisitRegion: sketch.Region, query.VisitCity: sketch.City,
	query.VisitDevice: sketch.Device, query.VisitBrowser: sketch.Browser, query.VisitBrowserVersion: sketch.BrowserVersion,
	query.VisitOS: sketch.OS, query.VisitOSVersion: sketch.OSVersion, query.VisitLanguage: sketch.Language, query.VisitScreen: sketch.Screen,
}

// values are what a hit of a visit has in a dimension that is no time, as they are shown. Only goals can be none or several.
func (s *History) values(d query.Dimension, h *Hit, v *visit) []string {
	if d == query.EventGoal {
		return s.goals(h)
	}
	return []string{shown(d, value(d, h, v))}
}

func value(d query.Dimension, h *Hit, v *visit) string {
	if key, ok := strings.CutPrefix(string(d), query.PropPrefix); ok {
		for _, p := range h.Props {
			if p.Key == key {
				return p.Value
			}
		}
		return ""
	}
	switch d {
	case query.EventName:
		return h.name()
	case query.EventPage:
		return h.page()
	case query.EventHostname:
		return h.Text[sketch.Hostname]
	case query.EventCurrency:
		return h.Text[sketch.Currency]
	case query.VisitEntryPage:
		return of(v.entry(), sketch.Page)
	case query.VisitExitPage:
		return of(v.exit(), sketch.Page)
	case query.VisitEntryPageHostname:
		return of(v.entry(), sketch.Hostname)
	case query.VisitExitPageHostname:
		return of(v.exit(), sketch.Hostname)
	}
	return v.face().Text[visitFields[d]]
}

func of(h *Hit, f sketch.Field) string {
	if h == nil {
		return ""
	}
	return h.Text[f]
}

// shown is the text of a value in rows and filters: that of an absent one differs.
func shown(d query.Dimension, value string) string {
	switch {
	case value != "":
		return value
	case d == query.VisitSource, d == query.VisitReferrer:
		return "Direct / None"
	case d == query.VisitChannel:
		return "Direct"
	case strings.HasPrefix(string(d), query.PropPrefix):
		return "(none)"
	}
	return "(not set)"
}

// goals are the names of the goals that a hit meets, each once.
func (s *History) goals(h *Hit) (names []string) {
	seen := make(map[string]bool)
	for _, g := range s.rules.Goals {
		met := h.isPageview() && g.Page != "" && s.matches(pagePattern(g.Page), h.page()) || g.Event != "" && h.name() == g.Event
		if met && !seen[g.Name] {
			seen[g.Name] = true
			names = append(names, g.Name)
		}
	}
	return names
}

// pagePattern is a goal's pattern of pages as a regular expression.
func pagePattern(pattern string) string {
	p := regexp.QuoteMeta(pattern)
	p = strings.ReplaceAll(p, `\*\*`, `.*`)
	p = strings.ReplaceAll(p, `\*`, `[^/]*`)
	return `(?s)^` + p + `$`
}
