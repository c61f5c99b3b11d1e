package mapping

import "time"

// Events are callbacks that report what the mapping does; nil ones are skipped. They are called concurrently for different
// shards and batches, on the goroutines that do the work, so they must be quick.
type Events struct {
	// Invoked is called after every invocation of the function.
	Invoked func(Invocation)
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
}

// Invocation reports one invocation of the function.
type Invocation struct {
	ShardID string
	Records int // size of the batch
	Done    int // how many of them, from the first, need not be delivered again
	// Attempt is 1 for the first delivery of these records as a batch of their own. A throttled invocation has the number of the
	// one that follows it.
	Attempt  int
	Duration time.Duration
	// IteratorAge is how long ago the last record of the batch came into the stream when the invocation began. It is Lambda's metric
	// of this name.
	IteratorAge time.Duration
	Err         error // why not all records are done
}

func (e Events) withDefaults() Events {
	if e.Invoked == nil {
		e.Invoked = func(Invocation) {}
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
	return e
}
