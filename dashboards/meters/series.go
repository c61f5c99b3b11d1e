package meters

// Namespace is that of all series in CloudWatch.
const Namespace = "Streamgauge"

// The units of CloudWatch that are used.
const (
	count        = "Count"
	milliseconds = "Milliseconds"
	// Aside is of a value that is in the log line and no metric: each metric is paid for by the month, and no alarm and no dashboard shows this one. Logs Insights
	// finds it.
	Aside = ""
)

// The functions that write series.
const (
	Consume   = "consume"
	Rollup    = "rollup"
	Authorize = "authorize"
)

// Series is a metric of CloudWatch, which functions write in the embedded metric format. Its dimensions are stage and function, and never what visitors or
// sites can choose: each combination is a metric of its own, and paid for.
type Series struct {
	Name      string
	Unit      string
	Of        Meter  // what it is of
	Value     string // of which label's value; empty for all
	Functions []string
	Help      string
}

// The series.
var (
	Records     = Series{"Records", Aside, ShardRecords, "", []string{Consume}, "records of batches"}
	Events      = Series{"Events", Aside, Copies, "", []string{Consume}, "copies of events of batches"}
	Unfinished  = Series{"Unfinished", count, BatchFailures, "", []string{Consume}, "batches that were not finished in time, or failed"}
	Received    = Series{"Received", Aside, Ledger, "received", []string{Consume}, "different copies"}
	Counted     = Series{"Counted", count, Copies, "counted", []string{Consume}, "copies by outcome"}
	Duplicate   = Series{"Duplicate", count, Copies, "duplicate", []string{Consume}, "copies by outcome"}
	Bot         = Series{"Bot", count, Copies, "bot", []string{Consume}, "copies by outcome"}
	Late        = Series{"Late", count, Copies, "late", []string{Consume}, "copies by outcome"}
	Quarantined = Series{"Quarantined", count, Copies, "quarantined", []string{Consume}, "copies by outcome"}
	Redelivered = Series{"Redelivered", Aside, Copies, "redelivered", []string{Consume}, "copies that had their outcome before"}
	Imbalance   = Series{"Imbalance", count, LedgerImbalance, "", []string{Consume}, "by how much received and the outcomes of a batch differ"}
	Age         = Series{"Age", Aside, IteratorAge, "", []string{Consume}, "how old the first record of a batch was"}
	Took        = Series{"Took", Aside, BatchDuration, "", []string{Consume, Rollup}, "how long a batch or a round took"}
	Delay       = Series{"Delay", milliseconds, EventDelay, "", []string{Consume}, "the longest way of an event of a batch from the door to its window"}
	ReadUnits   = Series{"StoreReadUnits", Aside, StoreReadUnits, "", []string{Consume, Rollup}, "read request units of DynamoDB"}
	WriteUnits  = Series{"StoreWriteUnits", Aside, StoreWriteUnits, "", []string{Consume, Rollup}, "write request units of DynamoDB"}
	Throttles   = Series{"StoreThrottles", Aside, StoreThrottles, "", []string{Consume, Rollup}, "calls that DynamoDB refused for the load"}
	Retries     = Series{"StoreRetries", Aside, StoreRetries, "", []string{Consume}, "calls to DynamoDB that were made again"}
	Rounds      = Series{"Rounds", count, RollupPasses, "", []string{Rollup}, "rounds of the roll-up that were done"}
	Sent        = Series{"Sent", Aside, Messages, "sent", []string{Rollup}, "final values and events of alerts that were delivered"}
	Unsent      = Series{"Unsent", Aside, Messages, "failed", []string{Rollup}, "attempts to deliver one that failed"}
	GivenUp     = Series{"GivenUp", count, Messages, "given_up", []string{Rollup}, "final values and events of alerts that were given up"}
	Refused     = Series{"Refused", count, DoorRefused, "", []string{Authorize}, "requests on the direct route without a valid token"}
)

// AllSeries returns every series.
func AllSeries() []Series {
	return []Series{
		Records, Events, Unfinished, Received, Counted, Duplicate, Bot, Late, Quarantined, Redelivered, Imbalance, Age, Took, Delay,
		ReadUnits, WriteUnits, Throttles, Retries, Rounds, Sent, Unsent, GivenUp, Refused,
	}
}
