package consumer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/kpl"
)

// A sender with a token of one site gets nothing into another, however it is packed, and fills nobody else's quarantine. Bringing it back is refused for the same reason.
func TestSenderOfOneSite(t *testing.T) {
	own, foreign := pageview("1", "ann", "/", noon), strings.ReplaceAll(pageview("2", "bob", "/", noon), `"demo"`, `"rival"`)
	w := kpl.NewWriter(nil)
	rival := event.Event{Site: "rival", Visitor: "bob"}
	w.Key(rival.PartitionKey())
	w.Record(0, []byte(foreign))
	for name, c := range map[string]struct {
		data, want string // outcomes of demo
		kept       []string
	}{
		"its own":        {own, "1: 1 0 0 0 0", nil},
		"another's":      {foreign, "1: 0 0 0 0 1", []string{"demo foreign_site"}},
		"both":           {own + "\n" + foreign, "2: 1 0 0 0 1", []string{"demo foreign_site"}},
		"aggregated":     {string(w.Finish()), "1: 0 0 0 0 1", []string{"demo foreign_site"}},
		"an invalid one": {`{"site":"rival"}`, "1: 0 0 0 0 1", []string{"demo invalid"}},
		"a broken one":   {`{"site":"rival",`, "1: 0 0 0 0 1", []string{"demo not_json"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			b := newBench(t)
			for _, site := range []string{"demo", "rival"} {
				if _, err := b.sites.Add(t.Context(), aggregate.Site{ID: site}); err != nil {
					t.Fatal(err)
				}
			}
			r := b.record(c.data)
			r.Kinesis.PartitionKey = event.AuthorizedKey("demo", 7)
			b.deliver(r)
			b.deliver(r)
			b.wantOutcomes(name, "demo", c.want)
			b.wantOutcomes(name, "rival", "0: 0 0 0 0 0")
			if got := b.kept(); !slices.Equal(got, c.kept) {
				t.Errorf("in quarantine: %v, want %v", got, c.kept)
			}
			for _, key := range b.keys() {
				if _, err := b.handler.Redrive(t.Context(), key); err == nil {
					t.Errorf("%s was brought back", key)
				}
			}
			b.wantOutcomes(name+", redriven", "rival", "0: 0 0 0 0 0")
		})
	}
}

// Who writes to the stream itself is trusted, whatever the key.
func TestSenderOfAnySite(t *testing.T) {
	b := newBench(t)
	r := b.record(pageview("1", "ann", "/", noon))
	r.Kinesis.PartitionKey = (&event.Event{Site: "rival", Visitor: "bob"}).PartitionKey()
	b.deliver(r)
	b.wantOutcomes("another site's key", "demo", "1: 1 0 0 0 0")
}
