package mapping

import "time"

// Events are callbacks that report what the mapping does; nil ones are skipped. They are called concurrently for different
// shards and batches, on the goroutines that do the work, so they must be quick.
type Events struct {
	// Invoked is called after every invocation of the function.
	Invoked func(Invocation)
	// Bisected is called when a batch whose invocation failed is delivered in two halves.
	Bisected func(shardID string)
	// Discarded is called when records were given up and OnDiscard has taken them.
	Discarded func(shardID string, why Condition, records int)
	// Throttled is called when Kinesis refused a call for its rate. It is tried again after a backoff. shardID is "" for the
	// listing of shards.
	Throttled func(shardID string)
	// Failed is called when anything but the function failed: a read, the listing of shards (shardID is ""), a checkpoint,
	// OnDiscard. It is tried again after a backoff.
	Failed func(shardID string, err error)
	// ShardStarted is called before the first read of a shard by this mapping. checkpoint says from where (see Checkpoints;
	// "TRIM_HORIZON" for a shard's beginning).
	ShardStarted func(shardID, checkpoint string)
	// ShardEnded is called when a closed shard was consumed to its end and that was saved.
	ShardEnded func(shardID string)

	// ShardAdded is called when a shard is found that is not drained, and Passed when it is known that every record that came into it before a time
	// is done: accepted, given up or filtered out. That is the arrival of the last record before which all are, or, where a read at the tip
	// found nothing, the time before that read. Drained is called when a shard is done for good; its children were added before.
	ShardAdded func(shardID string)
	Passed     func(shardID string, before time.Time)
	Drained    func(shardID string)
}

// Invocation reports one invocation of the function.
type Invocation struct {
	ShardID string
	Records int // size of the batch
	Bytes   int // of its records' data
	Done    int // how many of the records, from the first, need not be delivered again
	// Attempt is 1 for the first delivery of these records as a batch of their own. A throttled invocation has the number of the
	// one that follows it.
	Attempt int
	// Again: these records were delivered before, in this batch or in a larger one.
	Again    bool
	Duration time.Duration
	// IteratorAge is how long ago the last record of the batch came into the stream when the invocation began. It is Lambda's metric
	// of this name.
	IteratorAge time.Duration
	Err         error // why not all records are done
	Reported    bool  // the function did not fail: it named records
}

func (e Events) withDefaults() Events {
	if e.Invoked == nil {
		e.Invoked = func(Invocation) {}
	}
	if e.Bisected == nil {
		e.Bisected = func(string) {}
	}
	if e.Discarded == nil {
		e.Discarded = func(string, Condition, int) {}
	}
	if e.Throttled == nil {
		e.Throttled = func(string) {}
	}
	if e.Failed == nil {
		e.Failed = func(string, error) {}
	}
	if e.ShardStarted == nil {
		e.ShardStarted = func(string, string) {}
	}
	if e.ShardEnded == nil {
		e.ShardEnded = func(string) {}
	}
	if e.ShardAdded == nil {
		e.ShardAdded = func(string) {}
	}
	if e.Passed == nil {
		e.Passed = func(string, time.Time) {}
	}
	if e.Drained == nil {
		e.Drained = func(string) {}
	}
	return e
}
