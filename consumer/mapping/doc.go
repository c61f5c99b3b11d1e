// Package mapping is the local event source mapping: it polls the shards of a Kinesis stream and invokes a function with
// batches of their records, as AWS Lambda does for a stream.
//
// The nouns: the coordinator ([Mapping.Run]) lists the shards and starts each when its parents are drained. A shard is read by
// one goroutine. Its reader holds the shard iterator; what was read waits in a buffer; the front of the buffer is cut into a
// batch by number of records, bytes and window; a batch is delivered, again and again with identical records, until the
// function accepts it or its attempts are used up; then the shard's checkpoint moves. So every record is delivered at least
// once, in order within its shard, and the checkpoint is never ahead of what the function accepted.
//
// The package does not coordinate processes: two mappings with the same checkpoints deliver every record twice. It never logs:
// [Events] and [Mapping.Status] say what happens.
package mapping
