package producer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Limits of the Kinesis API: see PutRecords in the API reference of Kinesis Data Streams. Of a record and of a
// request, the bytes are those of the data and of the partition keys, before base64.
const (
	MaxRequestRecords  = 500
	MaxRequestBytes    = 10 << 20
	MaxItemBytes       = 1 << 20 // one record of a stream with the default record size
	MaxPartitionKeyLen = 256     // in Unicode code points
)

// FullPolicy says what a call does when there is no room in the buffer.
type FullPolicy uint8

const (
	// Block waits for room until the context of the call ends.
	Block FullPolicy = iota
	// Fail returns ErrFull at once.
	Fail
)

// Options are the knobs of a Producer. The zero value of a field stands for its default.
type Options struct {
	// MaxRecords and MaxBytes bound one request. Defaults: 500 and 5 MiB (which every SDK and stand-in takes).
	MaxRecords int
	MaxBytes   int
	// MaxRecordBytes bounds what packing makes, key included. An item that is larger by itself still goes, alone in its
	// record. Default 128 KiB, at most 1 MiB.
	MaxRecordBytes int
	// Linger is how long a request waits for company while it is not full. Zero, the default, sends as soon as fewer requests are in
	// flight than there may be: requests then grow by themselves with the load.
	Linger time.Duration
	// Concurrency is how many requests are in flight at most. Up to there the producer finds the number by itself, for each shard where
	// shards are predicted: from 4, half of it when the stream throttles, one more where there is more to send than fits. Default 16.
	Concurrency int
	// SmallInFlight is how many requests may be in flight (to a shard, where shards are predicted) when one is sent that is not full: with 1, what comes
	// while one is under way goes together in the next, as with Nagle's algorithm. Default Concurrency.
	SmallInFlight int
	// Shards, if given, tells which shard a partition key falls into, so that each shard has requests of its own: one that throttles then
	// holds up no other. Give a Linger with it, or requests are small. The client is a Shards.
	Shards ListShardsAPI
	// Aggregation makes records in the format of the Kinesis Producer Library. Default NoAggregation.
	Aggregation Aggregation
	// Compressor, if given, makes records smaller; package producer/zstd has one. The consumer of this product reads it. It cannot be
	// combined with Aggregation. MaxRecordBytes and MaxBytes bound what there is before it.
	Compressor Compressor
	// Buffer bounds, in bytes, what is taken and not yet resolved, with a fixed overhead for each item. Default 64 MiB.
	Buffer int64
	// OnFull says what happens when the buffer has no room. Default Block.
	OnFull FullPolicy

	// MaxAttempts and RetryFor bound the attempts of one record; the second counts from the start of the first attempt. An attempt that
	// would begin later is not made. Defaults 10 and 30 s.
	MaxAttempts int
	RetryFor    time.Duration
	// Before attempt n+1 the producer waits a random time between zero and min(BackoffCap, BackoffBase·2^(n-1)) ("full
	// jitter"). Defaults 50 ms and 2 s.
	BackoffBase time.Duration
	BackoffCap  time.Duration
	// CallTimeout bounds one PutRecords call. Default 10 s.
	CallTimeout time.Duration
	// Rand draws the jitter, and the ids of events that have none, from [0, 1). It is called by one goroutine at a time. Default
	// math/rand/v2.
	Rand func() float64
	// Clock is the time. Default the machine's.
	Clock Clock

	// SpoolDir, if given, is a folder in which every item is kept from when it is taken until it has its result, so that a restart sends
	// what the last run could not. One producer uses a folder at a time. An item is taken when the disk has it.
	SpoolDir string
	// SpoolBytes bounds the files in the folder; at least twice Buffer. Default four times Buffer.
	SpoolBytes int64
	// SpoolNoSync leaves it to the system when the files reach the disk: items then survive the end of the process but not of the
	// machine.
	SpoolNoSync bool
	// OnReplayed is called with the result of every item of an earlier run, on the goroutine of the request.
	OnReplayed func(Item, Result)
}

// Aggregation says whether records are made in the format of the Kinesis Producer Library, for consumers that expect it. A record of one
// item stays as it is, as with that library.
type Aggregation uint8

const (
	// NoAggregation joins the items of one key with newlines.
	NoAggregation Aggregation = iota
	// AggregateKeys makes each item of a key a user record.
	AggregateKeys
	// AggregateShards lets the keys of one shard share a record too. It needs Shards. See ErrMisplaced for what a reshard does to it.
	AggregateShards
)

func (o Options) withDefaults() Options {
	fill(&o.MaxRecords, MaxRequestRecords)
	fill(&o.MaxBytes, 5<<20)
	fill(&o.MaxRecordBytes, min(128<<10, o.MaxBytes))
	fill(&o.Concurrency, 16)
	fill(&o.SmallInFlight, o.Concurrency)
	fill(&o.Buffer, 64<<20)
	fill(&o.MaxAttempts, 10)
	fill(&o.RetryFor, 30*time.Second)
	fill(&o.BackoffBase, 50*time.Millisecond)
	fill(&o.BackoffCap, max(2*time.Second, o.BackoffBase))
	fill(&o.CallTimeout, 10*time.Second)
	fill(&o.SpoolBytes, 4*o.Buffer)
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Clock == nil {
		o.Clock = wallClock{}
	}
	return o
}

func fill[T int | int64 | time.Duration](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// validate checks options whose defaults are filled in, and names everything that is wrong with them.
func (o Options) validate() error {
	return errors.Join(
		within("MaxRecords", o.MaxRecords, 1, MaxRequestRecords),
		within("MaxBytes", o.MaxBytes, 1, MaxRequestBytes),
		within("MaxRecordBytes", o.MaxRecordBytes, 1, min(MaxItemBytes, o.MaxBytes)),
		within("Concurrency", o.Concurrency, 1, 1000),
		within("SmallInFlight", o.SmallInFlight, 1, o.Concurrency),
		within("Buffer", o.Buffer, int64(o.maxItem()+itemOverhead), 1<<40),
		within("OnFull", int(o.OnFull), int(Block), int(Fail)),
		within("MaxAttempts", o.MaxAttempts, 1, 1_000_000),
		within("Linger", o.Linger, 0, time.Hour),
		within("RetryFor", o.RetryFor, 1, 365*24*time.Hour),
		within("BackoffBase", o.BackoffBase, 1, time.Hour),
		within("BackoffCap", o.BackoffCap, o.BackoffBase, time.Hour),
		within("CallTimeout", o.CallTimeout, 1, time.Hour),
		within("SpoolBytes", o.SpoolBytes, 2*o.Buffer, 1<<44),
		within("Aggregation", int(o.Aggregation), int(NoAggregation), int(AggregateShards)),
		o.together(),
	)
}

// together names the options that do not go with one another.
func (o Options) together() error {
	switch {
	case o.Aggregation == AggregateShards && o.Shards == nil:
		return errors.New("producer: option Aggregation is AggregateShards, which needs Shards")
	case o.Aggregation != NoAggregation && o.Compressor != nil:
		return errors.New("producer: option Compressor cannot be combined with Aggregation: what reads aggregated records does not expect it")
	}
	return nil
}

func within[T int | int64 | time.Duration](name string, v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("producer: option %s is %v, not within %v..%v", name, v, low, high)
	}
	return nil
}

// maxItem is the most bytes, key included, that one item may have.
func (o Options) maxItem() int { return min(MaxItemBytes, o.MaxBytes) }
