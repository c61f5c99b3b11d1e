// Package stream is a Kinesis for one machine: durable, in one process, with the API of Kinesis Data Streams.
//
// [Open] takes a data folder and returns a [Broker]. The broker has two faces, and both say the same: [Broker.Client]
// has the methods of the AWS SDK's *kinesis.Client and returns the SDK's types and errors without a network between, and
// [Broker.ServeHTTP] speaks the wire protocol, so that any Kinesis client works against it. [Broker.Control] lets a test
// observe, answer, delay or fail calls on either.
//
// What a put has acknowledged is on disk, and what a reader sees is on disk. Sequence numbers have the layout of AWS and
// rise strictly in a shard and from a shard to its children, over restarts and clocks that step back. docs/KINESIS.md draws the files.
//
// One process owns a data folder.
package stream
