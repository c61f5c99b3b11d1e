package naive

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// Plain derives a hit from what an event says by itself, without any table: it knows no sources, no channels and no browsers.
func Plain(e *event.Event) sketch.Hit {
	h := sketch.Hit{
		Revenue: e.Revenue.Micros, EngagedMS: e.EngagedMS, Scroll: uint8(e.Scroll), Persistent: e.Visitor != "",
		Text: [sketch.NumFields]string{
			sketch.Name: e.Name, sketch.Page: event.PageOf(e.URL), sketch.Country: e.Country, sketch.Region: e.Region, sketch.City: e.City,
			sketch.Language: e.Lang, sketch.Currency: e.Revenue.Currency,
		},
	}
	if u, err := url.Parse(e.URL); err == nil {
		h.Text[sketch.Hostname] = u.Hostname()
	}
	for _, p := range e.Props {
		h.Props = append(h.Props, sketch.Prop{Key: p.Key, Value: p.Value})
	}
	slices.SortFunc(h.Props, func(a, b sketch.Prop) int { return cmp.Compare(a.Key, b.Key) })
	return h
}
