// Package mapping is the local event source mapping: it polls the shards of a Kinesis stream and invokes a function with
// batches of their records, as AWS Lambda does for a stream.
//
// The nouns: the coordinator ([Mapping.Run]) lists the shards and starts each when its parents are drained. A shard is read by
// one goroutine. Its reader holds the shard iterator; what was read and no filter holds back goes to a lane, by the hash of its
// partition key: there are as many lanes as the parallelization factor. What waits in a lane is cut into a batch by number of
// records, bytes and window; a batch is delivered, again and again with identical records, until the function accepts it, or it
// is bisected, or it is given up to the destination ([Discard]); then the shard's checkpoint moves, as far as everything before
// it is done. So every record is delivered at least once, in order within its shard and partition key, and the checkpoint is never
// ahead of what was accepted or given up.
//
// The package does not coordinate processes: two mappings with the same checkpoints deliver every record twice. It never logs:
// [Events] and [Mapping.Status] say what happens. docs/MAPPING.md lists its knobs, and the facts that were recorded with Lambda.
package mapping
