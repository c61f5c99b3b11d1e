// Package consumer is the function behind the stream: a batch of records in, a verdict out.
//
// A batch goes through a pipe of stages: unpack → decode → site → bots → place → enrich → commit. Each is a plain function that sorts the copies of
// events into those that go on, those that are dropped with a reason, and those that are quarantined with a reason. At the end every copy has exactly one
// outcome in the store. Poison never blocks a shard; what is down for a moment is waited for, inside the invocation's time.
//
// [Handler.Handle] has the signature of a Lambda function for Kinesis. On one machine package consumer/mapping calls it the same way. [Auditor] is the
// independent check: it reads the stream again and looks every copy up.
package consumer
