package mapping

import "context"

// ShardEnd is the checkpoint of a shard that is closed and was consumed to its end: its children may start.
const ShardEnd = "SHARD_END"

// Checkpoints keeps how far each shard was consumed, over restarts. A checkpoint is a short text that the mapping alone gives
// a meaning to: the sequence number of the last record that the function accepted (or that was discarded), ShardEnd, or, for a
// shard that was first seen by a mapping that starts at LATEST and of which nothing was consumed yet, the time of that.
//
// Both methods are called concurrently for different shards, and an error of either is retried. Keep the checkpoints under the
// stream's ARN and creation time: a stream that was deleted and created again has the same shard ids.
type Checkpoints interface {
	// Load returns the checkpoint of a shard; ok is false if there is none.
	Load(ctx context.Context, shardID string) (checkpoint string, ok bool, err error)
	// Save replaces the checkpoint of a shard. A Save that returned an error may have been applied.
	Save(ctx context.Context, shardID, checkpoint string) error
}
