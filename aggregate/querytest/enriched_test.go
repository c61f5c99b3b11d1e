package querytest_test

import (
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

var enricher = enrich.New(enrich.Options{})

// enriched is what a consumer finds out.
var enriched = querytest.Enrichment{Bot: enricher.Bot, Hit: func(e *event.Event) sketch.Hit {
	var h sketch.Hit
	enricher.Hit(&h, e, 0)
	h.Props = slices.Clone(h.Props)
	return h
}}
