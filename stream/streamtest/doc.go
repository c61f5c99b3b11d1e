// Package streamtest is the conformance suite of the Kinesis API: what AWS publishes about each operation, as tests that
// run on any implementation of it.
//
// An implementation's test is a call of [Run] with a function that returns a client:
//
//	streamtest.Run(t, func(t *testing.T) streamtest.API { return kinesis.New(…) })
//
// The suite makes streams under names of its own and deletes them. It neither waits for hours nor needs a clock, so
// expiry is not in it.
package streamtest
