package meters

import "strings"

// Kind is the kind of a family, as Prometheus has them.
type Kind string

// The kinds.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram" // native and classic at once
	Summary   Kind = "summary"   // sum and count
)

// Place is where a meter is shown.
type Place string

// The places.
const (
	Everywhere Place = "up"               // "streamgauge up", however its consumer runs
	InProcess  Place = "up, in process"   // but not with --lambda: its consumer is another process
	OnDynamoDB Place = "up on DynamoDB"   // with --lambda
	OnAWS      Place = "Lambda functions" // CloudWatch alone
)

// Meter is one family of metrics.
type Meter struct {
	Name   string
	Kind   Kind
	Help   string
	Unit   string // what one is
	Labels []string
	Place  Place
	// Buckets are the upper bounds of the classic histogram; the native one is beside it.
	Buckets []float64
}

// NativeFactor is how much wider each bucket of a native histogram is than the one before it, at most.
const NativeFactor = 1.1

// MaxSites is how many sites the label "site" tells apart in one process, the first that it meets. All others are Other.
const MaxSites = 20

// Other is the value of the label "site" of all sites beyond MaxSites.
const Other = "other"

// Bounds says of every label what its values are, and how many there can be.
var Bounds = map[string]string{
	"code":    "the code of a fault in an event, of the few that docs/EVENTS.md names",
	"feed":    "live or inspect",
	"kind":    "failed (the function), unfinished (in time), throttled (what it depends on is down)",
	"level":   "minute, quarter, day",
	"outcome": "counted, duplicate, bot, late, quarantined, redelivered; of the ledger also accepted, received, in_transit; of messages sent, failed, given_up",
	"shard":   "the shards of the stream that it lists now; their number is chosen when it is made",
	"site":    "the first 20 sites that the process meets; all others are \"other\"",
	"status":  "accepted, invalid, retry",
	"stream":  "the stream of the producer",
	"version": "of the program",
}

// buckets returns n bounds, each twice the one before.
func buckets(first float64, n int) []float64 {
	b := make([]float64, n)
	for i := range b {
		b[i] = first
		first *= 2
	}
	return b
}

// FamilyOf returns the family that a name in an expression belongs to: a histogram or summary is asked for by its parts.
func FamilyOf(name string) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if family, ok := strings.CutSuffix(name, suffix); ok {
			if m, known := Find(family); known && (m.Kind == Histogram || m.Kind == Summary) {
				return family
			}
		}
	}
	return name
}

// Find returns a meter by its name.
func Find(name string) (Meter, bool) {
	for _, m := range All() {
		if m.Name == name {
			return m, true
		}
	}
	return Meter{}, false
}

// Runbook is where alerts send people. Each alert adds the heading.
const Runbook = "https://github.com/streamgauge/streamgauge/blob/main/docs/RUNBOOK.md"
