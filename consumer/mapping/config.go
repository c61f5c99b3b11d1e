package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/consumer"
)

// Limits of a Config; they are Lambda's.
const (
	MaxBatchSize     = consumer.MaxBatch
	MaxBatchWindow   = 300 * time.Second
	MaxRetryAttempts = 10_000
	MaxParallel      = 10 // batches of one shard at a time
	MinRecordAge     = 60 * time.Second
	MaxRecordAge     = 604_800 * time.Second
	MaxFilters       = 10
	MaxPattern       = 4096    // bytes of one filter
	MaxPayload       = 6 << 20 // bytes of one invocation's event as JSON
)

// Function is what a batch is delivered to. It is called concurrently for different shards. It succeeds with a nil error and
// no batch item failures.
//
// A batch item failure names the sequence number of a record: every record before the lowest one that is named is taken as
// done, and the rest is delivered again. One that names no record of the batch fails the whole batch, as an error and a panic
// do.
//
// ctx ends at the function's time limit. Nobody can stop a function that goes on regardless: the mapping waits for it, and
// takes its answer. The bytes of the records must not be changed: the same ones are delivered again after a failure.
type Function func(ctx context.Context, e events.KinesisEvent) (events.KinesisEventResponse, error)

// Config says what is mapped to what, and how. A zero field takes the default that is named at it.
type Config struct {
	StreamName string // required
	StreamARN  string // required: arn:PARTITION:kinesis:REGION:ACCOUNT:stream/STREAMNAME
	// InvokeIdentityARN is the role that the function's events name. Default: a role of the stream's account.
	InvokeIdentityARN string
	// FunctionARN is what destination records name as the function. Default: one of the stream's account and region.
	FunctionARN string

	Kinesis     Kinesis     // required
	Function    Function    // required
	Checkpoints Checkpoints // required

	// BatchSize is the greatest number of records of a batch, 1 to MaxBatchSize. Default 100.
	BatchSize int
	// BatchWindow is how long records wait for a batch to become full (Lambda's MaximumBatchingWindowInSeconds), counted from
	// when the first of them was read, 0 to MaxBatchWindow. Default 0: a batch is whatever there is.
	BatchWindow time.Duration
	// ParallelizationFactor is how many batches of one shard may be in hand at a time, 1 to MaxParallel. The records of one
	// partition key are never in two of them: their order holds. Default 1.
	ParallelizationFactor int
	// MaximumRetryAttempts is how often a batch is delivered again after its first failure, -1 to MaxRetryAttempts. Nil and
	// -1: for ever.
	MaximumRetryAttempts *int
	// MaximumRecordAge is how old a record may be, since it came into the stream, when it is delivered, MinRecordAge to
	// MaxRecordAge (Lambda's MaximumRecordAgeInSeconds). Zero and negative: any age.
	MaximumRecordAge time.Duration
	// BisectBatchOnFunctionError halves a batch of several records whose invocation failed, instead of delivering it again whole. That
	// does not use up attempts. Records that the function names are no error: there the batch is cut at the lowest of them.
	BisectBatchOnFunctionError bool
	// ReportBatchItemFailures is Lambda's FunctionResponseTypes: without it a function that returns no error has accepted
	// the whole batch, whatever it answers.
	ReportBatchItemFailures bool
	// Filters are patterns of Lambda's event filtering, as JSON: a record is delivered if one of them matches it; what none
	// matches is passed over without a trace. No filters: everything is delivered. At most MaxFilters. See docs/MAPPING.md.
	Filters []string
	// OnDiscard takes what is given up (Lambda's on-failure destination). Required where attempts or ages are bounded. It is called
	// again, with the same Discard, until it returns nil; only then does the checkpoint move past what was given up.
	OnDiscard func(ctx context.Context, d Discard) error
	// FunctionTimeout is the time limit of one invocation. Default 60 s.
	FunctionTimeout time.Duration

	// StartingPosition is where the shards that exist at the first start are read from: TRIM_HORIZON (the default), LATEST or
	// AT_TIMESTAMP. Shards that appear later are read from their beginning.
	StartingPosition types.ShardIteratorType
	// StartingTimestamp is the time of AT_TIMESTAMP.
	StartingTimestamp time.Time

	// PollInterval is the pause before a shard whose tip was reached is read again, where Kinesis is no Waiter. Default 1 s.
	PollInterval time.Duration
	// Gather, where Kinesis is a Waiter, is how long after a read that brought less than a batch the next one is put off, so that a steady trickle
	// makes a batch every so often and not one for each of its records. What comes after a pause that is longer is read at once. Default 0.
	Gather time.Duration
	// BusyGather takes the place of Gather after a read that brought many records, BusyRead or more: of a shard that busy a batch is made less often. Default Gather.
	BusyGather time.Duration
	// ListInterval is the pause between two listings of the shards; a shard's end brings one at once. Default 10 s.
	ListInterval time.Duration
	// DrainTimeout is how long, after the end of Run's context, invocations in hand may go on, and their checkpoints be saved.
	// Default 30 s.
	DrainTimeout time.Duration

	Events Events
}

func (c Config) withDefaults() Config {
	setDefault(&c.BatchSize, 100)
	setDefault(&c.ParallelizationFactor, 1)
	setDefault(&c.FunctionTimeout, time.Minute)
	setDefault(&c.StartingPosition, types.ShardIteratorTypeTrimHorizon)
	setDefault(&c.PollInterval, time.Second)
	setDefault(&c.BusyGather, c.Gather)
	setDefault(&c.ListInterval, 10*time.Second)
	setDefault(&c.DrainTimeout, 30*time.Second)
	if c.MaximumRetryAttempts == nil {
		c.MaximumRetryAttempts = new(-1)
	}
	if a, err := arn.Parse(c.StreamARN); err == nil {
		setDefault(&c.InvokeIdentityARN, fmt.Sprintf("arn:%s:iam::%s:role/streamgauge-consume", a.Partition, a.AccountID))
		setDefault(&c.FunctionARN, fmt.Sprintf("arn:%s:lambda:%s:%s:function:streamgauge-consume", a.Partition, a.Region, a.AccountID))
	}
	c.Events = c.Events.withDefaults()
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate names everything that is wrong at once.
func (c Config) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Kinesis != nil, "Kinesis is missing")
	check(c.Function != nil, "Function is missing")
	check(c.Checkpoints != nil, "Checkpoints is missing")
	check(c.StreamName != "", "StreamName is missing")
	check(c.arnMatches(), "StreamARN %q is not the ARN of stream %q", c.StreamARN, c.StreamName)
	check(c.BatchSize >= 1 && c.BatchSize <= MaxBatchSize, "BatchSize %d is not in 1..%d", c.BatchSize, MaxBatchSize)
	check(c.BatchWindow >= 0 && c.BatchWindow <= MaxBatchWindow, "BatchWindow %v is not in 0..%v", c.BatchWindow, MaxBatchWindow)
	retries := *c.MaximumRetryAttempts
	check(retries >= -1 && retries <= MaxRetryAttempts, "MaximumRetryAttempts %d is not in -1..%d", retries, MaxRetryAttempts)
	check(retries < 0 || c.OnDiscard != nil, "OnDiscard is missing: MaximumRetryAttempts is bounded")
	check(c.ParallelizationFactor >= 1 && c.ParallelizationFactor <= MaxParallel,
		"ParallelizationFactor %d is not in 1..%d", c.ParallelizationFactor, MaxParallel)
	check(c.MaximumRecordAge <= 0 || c.MaximumRecordAge >= MinRecordAge && c.MaximumRecordAge <= MaxRecordAge,
		"MaximumRecordAge %v is not in %v..%v", c.MaximumRecordAge, MinRecordAge, MaxRecordAge)
	check(c.MaximumRecordAge <= 0 || c.OnDiscard != nil, "OnDiscard is missing: MaximumRecordAge is bounded")
	_, err := compileFilters(c.Filters)
	check(err == nil, "Filters: %w", err)
	check(c.startIsKnown(), "StartingPosition %q is not TRIM_HORIZON, LATEST or AT_TIMESTAMP with a StartingTimestamp", c.StartingPosition)
	check(c.Gather >= 0, "Gather %v is negative", c.Gather)
	check(c.BusyGather >= c.Gather, "BusyGather %v is shorter than Gather %v", c.BusyGather, c.Gather)
	check(min(c.FunctionTimeout, c.PollInterval, c.ListInterval, c.DrainTimeout) > 0, "a timeout or interval is negative")
	return errors.Join(errs...)
}

func (c Config) arnMatches() bool {
	a, err := arn.Parse(c.StreamARN)
	name, ok := strings.CutPrefix(a.Resource, "stream/")
	return err == nil && ok && a.Service == "kinesis" && name == c.StreamName
}

func (c Config) startIsKnown() bool {
	switch c.StartingPosition {
	case types.ShardIteratorTypeTrimHorizon, types.ShardIteratorTypeLatest:
		return c.StartingTimestamp.IsZero()
	case types.ShardIteratorTypeAtTimestamp:
		return !c.StartingTimestamp.IsZero()
	default:
		return false
	}
}

// start is where a shard is read from that exists at the first start, which is now.
func (c Config) start(now time.Time) position {
	if c.StartingPosition == types.ShardIteratorTypeAtTimestamp {
		return atTimestamp(c.StartingTimestamp)
	}
	return position{kind: c.StartingPosition, at: now}
}
