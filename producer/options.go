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
	// Linger is how long a request waits for company while it is not full. Zero, the default, sends as soon as fewer than
	// Concurrency requests are in flight: requests then grow by themselves with the load.
	Linger time.Duration
	// Concurrency is how many requests are in flight at most. Default 4.
	Concurrency int
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
	// Rand draws the jitter from [0, 1). It is called by one goroutine at a time. Default math/rand/v2.
	Rand func() float64
}

func (o Options) withDefaults() Options {
	fill(&o.MaxRecords, MaxRequestRecords)
	fill(&o.MaxBytes, 5<<20)
	fill(&o.MaxRecordBytes, min(128<<10, o.MaxBytes))
	fill(&o.Concurrency, 4)
	fill(&o.Buffer, 64<<20)
	fill(&o.MaxAttempts, 10)
	fill(&o.RetryFor, 30*time.Second)
	fill(&o.BackoffBase, 50*time.Millisecond)
	fill(&o.BackoffCap, max(2*time.Second, o.BackoffBase))
	fill(&o.CallTimeout, 10*time.Second)
	if o.Rand == nil {
		o.Rand = rand.Float64
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
		within("Buffer", o.Buffer, int64(o.maxItem()+itemOverhead), 1<<40),
		within("OnFull", int(o.OnFull), int(Block), int(Fail)),
		within("MaxAttempts", o.MaxAttempts, 1, 1_000_000),
		within("Linger", o.Linger, 0, time.Hour),
		within("RetryFor", o.RetryFor, 1, 365*24*time.Hour),
		within("BackoffBase", o.BackoffBase, 1, time.Hour),
		within("BackoffCap", o.BackoffCap, o.BackoffBase, time.Hour),
		within("CallTimeout", o.CallTimeout, 1, time.Hour),
	)
}

func within[T int | int64 | time.Duration](name string, v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("producer: option %s is %v, not within %v..%v", name, v, low, high)
	}
	return nil
}

// maxItem is the most bytes, key included, that one item may have.
func (o Options) maxItem() int { return min(MaxItemBytes, o.MaxBytes) }
