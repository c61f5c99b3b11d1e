package meters

import "slices"

// The front door.
var (
	DoorEvents = Meter{Name: "streamgauge_door_events_total", Kind: Counter, Unit: "events", Labels: []string{"status"}, Place: Everywhere,
		Help: "Events that came to the door, by what became of them: accepted (durable on the stream), invalid, retry (could not be written)."}
	DoorInvalid = Meter{Name: "streamgauge_door_invalid_total", Kind: Counter, Unit: "faults", Labels: []string{"code"}, Place: Everywhere,
		Help: "Faults found in events at the door, by code."}
	DoorAck = Meter{Name: "streamgauge_door_ack_duration_seconds", Kind: Histogram, Unit: "seconds", Place: Everywhere, Buckets: buckets(0.0005, 16),
		Help: "From the arrival of a request with events to its answer that they are durable."}
	DoorRefused = Meter{Name: "streamgauge_door_refused_total", Kind: Counter, Unit: "requests", Place: OnAWS,
		Help: "Requests on the direct route to the stream that had no valid token."}
)

// The shards, as the mapping delivers them.
var (
	ShardRecords = Meter{Name: "streamgauge_shard_records_total", Kind: Counter, Unit: "records", Labels: []string{"shard"}, Place: Everywhere,
		Help: "Records that were delivered and are done."}
	ShardBytes = Meter{Name: "streamgauge_shard_bytes_total", Kind: Counter, Unit: "bytes", Labels: []string{"shard"}, Place: Everywhere,
		Help: "Bytes of the records of batches that were delivered, each time that they were."}
	IteratorAge = Meter{Name: "streamgauge_iterator_age_seconds", Kind: Gauge, Unit: "seconds", Labels: []string{"shard"}, Place: Everywhere,
		Help: "How old the newest record is that the shard's consumer is busy with; zero at the tip."}
	ShardStalled = Meter{Name: "streamgauge_shard_stalled_seconds", Kind: Gauge, Unit: "seconds", Labels: []string{"shard"}, Place: Everywhere,
		Help: "How long the shard's consumer has not got on though there is something to do; zero where there is nothing."}
	BatchDuration = Meter{Name: "streamgauge_batch_duration_seconds", Kind: Histogram, Unit: "seconds", Labels: []string{"shard"}, Place: Everywhere, Buckets: buckets(0.0005, 16),
		Help: "How long the consumer took for a batch of records."}
	BatchFailures = Meter{Name: "streamgauge_batch_failures_total", Kind: Counter, Unit: "batches", Labels: []string{"shard", "kind"}, Place: Everywhere,
		Help: "Batches that were not done, by why; they are delivered again until they are, or are given up."}
	BatchRetries = Meter{Name: "streamgauge_batch_retries_total", Kind: Counter, Unit: "batches", Labels: []string{"shard"}, Place: Everywhere,
		Help: "Deliveries of records that had been delivered before."}
	BatchBisects = Meter{Name: "streamgauge_batch_bisects_total", Kind: Counter, Unit: "batches", Labels: []string{"shard"}, Place: Everywhere,
		Help: "Batches that were halved to find the record that the consumer fails on."}
	Discarded = Meter{Name: "streamgauge_discarded_records_total", Kind: Counter, Unit: "records", Labels: []string{"shard"}, Place: Everywhere,
		Help: "Records that were given up, and went to quarantine."}
	ReadFailures = Meter{Name: "streamgauge_shard_read_failures_total", Kind: Counter, Unit: "calls", Place: Everywhere,
		Help: "Calls of the consumer to the stream, and writes of checkpoints, that failed or were throttled; they are tried again."}
)

// The consumer.
var (
	Copies = Meter{Name: "streamgauge_copies_total", Kind: Counter, Unit: "copies", Labels: []string{"site", "outcome"}, Place: InProcess,
		Help: "Copies of events that left the stream, by site and outcome; redelivered ones had their outcome before."}
	EventDelay = Meter{Name: "streamgauge_event_delay_seconds", Kind: Histogram, Unit: "seconds", Place: InProcess, Buckets: buckets(0.004, 18),
		Help: "From the arrival of an event at the door until its window is committed, and so on every page that shows it."}
)

// The books.
var (
	Ledger = Meter{Name: "streamgauge_ledger_events", Kind: Gauge, Unit: "copies", Labels: []string{"outcome"}, Place: Everywhere,
		Help: "The books of all sites and all times, by outcome. It is read from the windows; a redrive moves copies from quarantined to another outcome."}
	LedgerImbalance = Meter{Name: "streamgauge_ledger_imbalance_events", Kind: Gauge, Unit: "copies", Place: Everywhere,
		Help: "By how much received and the sum of the outcomes differ. It is zero, or there is a bug."}
	QuarantineWaiting = Meter{Name: "streamgauge_quarantine_waiting_copies", Kind: Gauge, Unit: "copies", Place: Everywhere,
		Help: "Copies in quarantine that were not brought back, by the books."}
)

// The roll-ups.
var (
	RollupLag = Meter{Name: "streamgauge_rollup_lag_seconds", Kind: Gauge, Unit: "seconds", Place: Everywhere,
		Help: "How long ago the last minute closed that is rolled up. 10 to 71 seconds are usual."}
	RollupPasses = Meter{Name: "streamgauge_rollup_passes_total", Kind: Counter, Unit: "rounds", Place: Everywhere,
		Help: "Rounds of the roll-up, with those that failed."}
	RollupFailures = Meter{Name: "streamgauge_rollup_failures_total", Kind: Counter, Unit: "rounds", Place: Everywhere,
		Help: "Rounds of the roll-up that failed; the next one tries again."}
	RollupLastPass = Meter{Name: "streamgauge_rollup_last_pass_timestamp_seconds", Kind: Gauge, Unit: "seconds", Place: Everywhere,
		Help: "When the last round of the roll-up was done, in Unix time."}
	RollupMarks = Meter{Name: "streamgauge_rollup_marks", Kind: Gauge, Unit: "marks", Labels: []string{"level"}, Place: Everywhere,
		Help: "Changes that wait to be taken into the roll-ups of each level."}
)

// Messages are final values and events of alerts that are sent to whoever wants them.
var Messages = Meter{Name: "streamgauge_messages_total", Kind: Counter, Unit: "messages", Labels: []string{"outcome"}, Place: Everywhere,
	Help: "Attempts to deliver a final value or an event of an alert, by outcome: sent, failed (it is tried again), given_up."}

// The store.
var (
	StoreWrites = Meter{Name: "streamgauge_store_writes_total", Kind: Counter, Unit: "calls", Place: Everywhere,
		Help: "Calls of this process that change the store."}
	StoreReads = Meter{Name: "streamgauge_store_reads_total", Kind: Counter, Unit: "calls", Place: Everywhere,
		Help: "Calls of this process that read the store."}
	StoreWrittenBytes = Meter{Name: "streamgauge_store_written_bytes_total", Kind: Counter, Unit: "bytes", Place: Everywhere,
		Help: "Bytes that this process wrote to the store, without keys."}
	StoreReadBytes = Meter{Name: "streamgauge_store_read_bytes_total", Kind: Counter, Unit: "bytes", Place: Everywhere,
		Help: "Bytes that this process read from the store, without keys."}
	StoreFailures = Meter{Name: "streamgauge_store_failures_total", Kind: Counter, Unit: "calls", Place: Everywhere,
		Help: "Calls that the store did not answer; they are tried again."}
	StoreReadUnits = Meter{Name: "streamgauge_store_read_units_total", Kind: Counter, Unit: "units", Place: OnDynamoDB,
		Help: "Read request units of DynamoDB that were consumed."}
	StoreWriteUnits = Meter{Name: "streamgauge_store_write_units_total", Kind: Counter, Unit: "units", Place: OnDynamoDB,
		Help: "Write request units of DynamoDB that were consumed."}
	StoreThrottles = Meter{Name: "streamgauge_store_throttles_total", Kind: Counter, Unit: "calls", Place: OnDynamoDB,
		Help: "Calls that DynamoDB refused for the load."}
	StoreRetries = Meter{Name: "streamgauge_store_retries_total", Kind: Counter, Unit: "calls", Place: OnDynamoDB,
		Help: "Calls to DynamoDB that were made again."}
)

// Who looks, and what runs.
var (
	Clients = Meter{Name: "streamgauge_sse_clients", Kind: Gauge, Unit: "connections", Labels: []string{"feed"}, Place: Everywhere,
		Help: "Connections that server-sent events are pushed to now."}
	Build = Meter{Name: "streamgauge_build_info", Kind: Gauge, Unit: "1", Labels: []string{"version"}, Place: Everywhere,
		Help: "1, with the version of the program."}
)

// All returns every meter, in the order of an event's way.
func All() []Meter {
	return slices.Concat([]Meter{
		DoorEvents, DoorInvalid, DoorAck, DoorRefused,
	}, Producer(), []Meter{
		ShardRecords, ShardBytes, IteratorAge, ShardStalled, BatchDuration, BatchFailures, BatchRetries, BatchBisects, Discarded, ReadFailures,
		Copies, EventDelay,
		Ledger, LedgerImbalance, QuarantineWaiting,
		RollupLag, RollupPasses, RollupFailures, RollupLastPass, RollupMarks, Messages,
		StoreWrites, StoreReads, StoreWrittenBytes, StoreReadBytes, StoreFailures, StoreReadUnits, StoreWriteUnits, StoreThrottles, StoreRetries,
		Clients, Build,
	})
}
