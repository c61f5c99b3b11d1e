// Package producer puts events on a Kinesis stream: it batches, packs, and retries only what was refused.
//
// The nouns: an [Item] is one event as JSON with its partition key. A record is what Kinesis stores under one partition key: one
// item, or several joined by newlines (packing is what makes Kinesis cheap). A request is one PutRecords call of many
// records. A lane is the queue of the items of one partition key.
//
// Three promises hold through every retry:
//
//   - every item that was taken gets exactly one result, and a nil error means that the stream acknowledged it;
//   - the items of one partition key are delivered in the order in which they were put: a lane has at most one record in
//     flight, and what comes meanwhile waits and packs together;
//   - what is taken and has no result yet is bounded in bytes ([Options.Buffer]).
//
// A call whose answer was lost is made again, so a record may be stored twice. The consumer recognises the second copy by the
// id of the event. The producer never sends two live copies on purpose.
//
// The package never logs. What it does can be read from [Producer.Stats].
package producer
