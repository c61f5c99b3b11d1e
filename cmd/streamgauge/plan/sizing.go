package plan

import (
	"math"

	"github.com/streamgauge/streamgauge/aggregate"
)

// Sizing is what the traffic needs, whichever way it comes in.
type Sizing struct {
	Shards          int     `json:"shards"`
	Cells           int     `json:"cells"`
	Parallelization int     `json:"parallelization"` // invocations of a shard at a time
	Consumers       int     `json:"consume_concurrency"`
	Invocations     float64 `json:"consume_invocations_a_second"`
	BatchEvents     float64 `json:"events_a_batch"`
	WriteUnits      float64 `json:"write_units_a_second"`
	PeakWriteUnits  float64 `json:"write_units_a_second_at_peak"`
	ReadUnits       float64 `json:"read_units_a_second"`
	AgeMean         float64 `json:"iterator_age_mean_s"`
	AgePeak         float64 `json:"iterator_age_peak_s"`

	batchSeconds float64 // duration of an invocation of consume
	table        tableUse
}

// fill is how much of a shard, and of a consumer's time, the peak may use: keys do not spread evenly.
const fill = 0.8

const (
	shardBytes   = 1 << 20 // a second
	shardRecords = 1000    // a second
	// maxPayload is what Lambda takes in an invocation, less the base64 that records are in.
	maxPayload = 6 << 20 * 3 / 4
	windowS    = 10 // of event time: a log's
)

func (r *reckoner) size(t Traffic, shards int) Sizing {
	s, peak := Sizing{Shards: shards, Cells: aggregate.CellsFor(shards)}, t.atPeak()
	at := r.consuming(t, s)
	worst := r.consuming(peak, s)
	busy := worst.batches * worst.duration / float64(s.Shards)
	s.Parallelization = max(1, int(math.Ceil(busy/fill)))
	s.Consumers = s.Shards * s.Parallelization
	s.Invocations, s.BatchEvents, s.batchSeconds = at.batches, t.Rate/at.batches, at.duration
	s.table = r.table(t, at)
	s.WriteUnits, s.ReadUnits = s.table.writes(), s.table.reads()
	s.PeakWriteUnits = r.table(peak, worst).writes()
	// A shard is polled once a second, and its batch is waited for.
	s.AgeMean = max(t.Window, 1)/2 + at.duration
	s.AgePeak = max(t.Window, 1) + worst.duration
	return s
}

func shardsFor(peak Traffic) int {
	bytes := peak.records() * peak.record() / shardBytes
	records := peak.records() / shardRecords
	return max(1, int(math.Ceil(max(bytes, records)/fill)))
}

// consuming is how batches come.
type consuming struct {
	batches  float64 // a second, of all shards
	deltas   float64 // a batch
	cursors  float64 // writes a second of how far the shards were counted
	duration float64 // seconds
}

func (r *reckoner) consuming(t Traffic, s Sizing) (c consuming) {
	shards := float64(s.Shards)
	c.batches = max(shards/max(t.Window, 1), t.records()/float64(r.stack.BatchSize), t.Rate*float64(t.Bytes+1)/maxPayload)
	c.batches = min(c.batches, t.records())
	c.cursors = min(c.batches, shards) // each once a second, at most
	events := t.Rate / c.batches
	c.deltas = min(events, float64(t.Sites)*overlaps(s)*(1+max(t.Window, 1)/windowS))
	calls := r.m.deltaRequests.at(events / c.deltas)
	// Logs are committed beside each other; the calls of one are made one after the other.
	c.duration = r.stack.duration("consume", r.m.batchCPU.at(events), calls*r.prices.Latencies["dynamodb_call"]*math.Ceil(c.deltas/parallelLogs))
	return c
}

// parallelLogs is how many logs a commit appends to at a time (aggregate.Options).
const parallelLogs = 16

// overlaps is how many cells the batch of a shard touches: both cut the same hash space evenly.
func overlaps(s Sizing) float64 {
	return float64(s.Cells+s.Shards-gcd(s.Cells, s.Shards)) / float64(s.Shards)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// tableUse is what is used of the table in a second, and how many bytes lie in it in the end.
type tableUse struct {
	consumerWrites, consumerReads float64
	rollWrites, rollReads         float64
	rollRequests                  float64
	pageReads                     float64
	pageRequests                  float64 // of one question
	stored                        float64 // GB
}

func (u tableUse) writes() float64 { return u.consumerWrites + u.rollWrites }
func (u tableUse) reads() float64  { return u.consumerReads + u.rollReads + u.pageReads }

// How long the table keeps what is written, in days: docs/DESIGN.md, section 4.
const (
	deltaDays   = 11.0
	minuteDays  = 14.0
	quarterDays = 400.0
)

func (r *reckoner) table(t Traffic, c consuming) (u tableUse) {
	m, sites := r.m, float64(t.Sites)
	events, deltas := t.Rate/c.batches/c.deltas, c.batches*c.deltas
	u.consumerWrites, u.consumerReads = deltas*m.deltaWrites.at(events), deltas*m.deltaReads.at(events)
	u.consumerWrites += c.cursors
	u.stored = deltas * m.deltaBytes.at(events) * deltaDays * 86_400 / 1e9

	// A quarter is the roll-up of as many events as 15 minutes have, and a day of as many as 1440; each is made from those below it.
	perSite := t.Rate / sites
	u.rollReads, u.rollRequests = sites*m.rollReads.at(perSite), sites*m.rollRequests.at(perSite)
	for _, minutes := range []float64{1, 15, 1440} {
		units, size := sites*m.rollWrites.at(min(minutes*perSite, m.rollWrites.last()))/minutes, sites*m.rollBytes.at(min(minutes*perSite, m.rollBytes.last()))/minutes
		u.rollWrites += units
		u.rollReads += units / 4 // read once by what is above it, 4 KB a unit
		switch minutes {
		case 1:
			u.stored += size * minuteDays * 86_400 / 1e9
		default:
			u.stored += size * quarterDays * 86_400 / 1e9
		}
	}
	watched := t.Watch * 3600 / t.seconds() // of all time
	u.pageReads = m.page(events, deltas/sites) * watched
	u.pageRequests = m.liveRequests.at(events) * pollSeconds
	return u
}

func (c curve) last() float64 { return c[len(c)-1].x }
