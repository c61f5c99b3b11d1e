package pipeline

import "github.com/streamgauge/streamgauge/aggregate"

// View is the answer of GET /api/v1/pipeline. Times are in Unix milliseconds. Rates are those of the last seconds (see rateTicks) or, where it is put together from what other processes
// noted, of the last minute (see Gatherer); percentiles are those of the last five minutes.
type View struct {
	AsOf       int64                `json:"as_of"`
	StartedAt  int64                `json:"started_at"` // since when sums are: when the process began, or an hour ago
	Shards     []Shard              `json:"shards"`
	Door       Door                 `json:"door"`
	Delay      Delay                `json:"delay"`
	Rollup     Rollup               `json:"rollup"`
	Store      Store                `json:"store"`
	Quarantine Quarantine           `json:"quarantine"`
	Ledger     *aggregate.BooksView `json:"ledger"`
	History    []Point              `json:"history"`
	StepMS     int64                `json:"step_ms"` // of the history
	// Missing names the parts that this server cannot know: what stands there has no meaning.
	Missing []string `json:"missing"`
}

// Shard is the consumption of one shard.
type Shard struct {
	Shard         string  `json:"shard"`
	State         State   `json:"state"`
	RecordsPerS   float64 `json:"records_per_s"`
	BytesPerS     float64 `json:"bytes_per_s"`
	IteratorAgeMS int64   `json:"iterator_age_ms"`
	StalledMS     int64   `json:"stalled_ms"`
	BatchP50MS    float64 `json:"batch_p50_ms"`
	BatchP99MS    float64 `json:"batch_p99_ms"`
	Batches       uint64  `json:"batches"` // this and the following since StartedAt
	Retries       uint64  `json:"retries"`
	Bisects       uint64  `json:"bisects"`
	Discarded     uint64  `json:"discarded"`
	LastError     string  `json:"last_error,omitempty"`
}

// State is what a shard's consumer is at.
type State string

// The states.
const (
	Polling State = "polling" // reading, or delivering what was read
	Idle    State = "idle"    // at the tip, or waiting for its parents to be drained
	Failing State = "failing" // the last attempt at anything failed
	Stuck   State = "stuck"   // it has not got on for StuckAfter
	Closed  State = "closed"  // consumed to its end
)

// Door is what comes in.
type Door struct {
	AcceptedPerS float64 `json:"accepted_per_s"`
	InvalidPerS  float64 `json:"invalid_per_s"`
	RetryPerS    float64 `json:"retry_per_s"`
	AckP50MS     float64 `json:"ack_p50_ms"`
	AckP95MS     float64 `json:"ack_p95_ms"`
	AckP99MS     float64 `json:"ack_p99_ms"`
}

// Delay is the time from an event's arrival at the door until its window was committed.
type Delay struct {
	P50MS float64 `json:"p50_ms"`
	P90MS float64 `json:"p90_ms"`
	P95MS float64 `json:"p95_ms"`
	P99MS float64 `json:"p99_ms"`
	Count uint64  `json:"count"`
}

// Rollup is how far the roll-ups are.
type Rollup struct {
	LagMS      int64               `json:"lag_ms"`
	LastPassAt int64               `json:"last_pass_at"`
	Passes     uint64              `json:"passes"`
	Failures   uint64              `json:"failures"`
	Marks      aggregate.RollMarks `json:"marks"`
}

// Store is what this process asks of the store.
type Store struct {
	WritesPerS float64 `json:"writes_per_s"`
	BytesPerS  float64 `json:"bytes_per_s"` // written
	ReadsPerS  float64 `json:"reads_per_s"`
}

// Quarantine is what was put aside.
type Quarantine struct {
	Waiting uint64 `json:"waiting"`
}

// Point is a moment of the history: rates and percentiles of the step before it, and the greatest age of any shard in it. Steps are five seconds of the last ten minutes or, as above, a
// minute of the last hour.
type Point struct {
	T             int64   `json:"t"`
	RecordsPerS   float64 `json:"records_per_s"`
	AcceptedPerS  float64 `json:"accepted_per_s"`
	IteratorAgeMS int64   `json:"iterator_age_ms"`
	// Ack and Delay are those of Door and of Delay; null where no request and no event came.
	Ack   *Percentiles `json:"ack"`
	Delay *Percentiles `json:"delay"`
}

// Percentiles are those of a step of the history, to the microsecond.
type Percentiles struct {
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
	P99MS float64 `json:"p99_ms"`
	Count uint64  `json:"count"`
}
