package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/mapping"
)

// retries is how often records are delivered again that the function crashes on, alone, before they are quarantined.
const retries = 4

// gather is how far apart small batches of a shard begin. Each costs a synced write of the store, a checkpoint and a delta, whatever it holds: an event was
// measured to take 48 µs of CPU in batches of 25, 31 of 50, 23 of 100 and 15 of 400, and that is CPU which the door then lacks. What comes alone is read at once
// all the same, and a busy live view shows what is new ten times a second.
const gather = 40 * time.Millisecond

// busyGather is how far apart they begin of a shard with hundreds of events a second or more: a live view that is that busy shows what is new ten times a second, and not oftener.
const busyGather = 100 * time.Millisecond

func (n *node) buildConsumer(desc *types.StreamDescriptionSummary) error {
	committer := aggregate.NewCommitter(n.store, n.sites, aggregate.Options{Shards: n.shards, OnCommit: n.live.Committed})
	inProcess, shards := n.environments == nil, newShardMeters(n.registry, n.recorder)
	slices := newSliceMeters(n.registry, n.recorder, inProcess)
	n.handler = consumer.New(n.store, n.sites, committer, consumer.Options{CreateSites: true, Report: func(r consumer.Report) {
		slices.slice(r)
		takeSamples(n.samples, r)
		for site, l := range r.Tally {
			if l.Redelivered > 0 {
				n.accounts.Redelivered(site, l.Redelivered)
			}
		}
	}})
	function, limit, maximum := n.consume, time.Minute, retries
	if !inProcess {
		function, limit, maximum = n.invoke, lambdaTimeout+time.Minute, lambdaRetries // the environment has the limit itself
	}
	var err error
	n.mapping, err = mapping.New(mapping.Config{
		StreamName: streamName, StreamARN: *desc.StreamARN,
		Kinesis: n.broker.SharingClient(), Function: function, FunctionTimeout: limit,
		Checkpoints: consumer.NewCheckpoints(n.store, *desc.StreamARN, *desc.StreamCreationTimestamp),
		BatchSize:   1000, Gather: gather, BusyGather: busyGather, DrainTimeout: drainTimeout, ReportBatchItemFailures: true,
		MaximumRetryAttempts: &maximum, BisectBatchOnFunctionError: true, OnDiscard: n.discard,
		Events: n.mappingEvents(shards),
	})
	n.registry.MustRegister(&nodeCollector{n, shards})
	return err
}

// mappingEvents are what is made of what the mapping tells.
func (n *node) mappingEvents(shards *shardMeters) mapping.Events {
	e := mapping.Events{
		ShardStarted: func(shard, _ string) { shards.started(shard) },
		Invoked: func(i mapping.Invocation) {
			shards.invocation(i)
			if i.Err != nil {
				n.failed(i.Err, "batch failed; it is delivered again")
			}
		},
		Bisected:  shards.bisected,
		Discarded: func(shard string, _ mapping.Condition, records int) { shards.discarded(shard, records) },
		Throttled: func(string) { shards.failures.Inc() },
		Failed: func(shard string, err error) {
			shards.failures.Inc()
			n.failed(fmt.Errorf("shard %s: %w", shard, err), "reading the stream failed; it is tried again")
		},
	}
	n.noteCursors(&e)
	return e
}

// consume is the function in this process. The handler fails only where the store does not answer, never because of what is in a record: so
// its error is a throttle, which is waited out however long it takes, and uses up no attempts. What is left to be an attempt is a panic.
func (n *node) consume(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	verdict, err := n.function(ctx, batch)
	if err != nil {
		err = fmt.Errorf("%w: %w", mapping.ErrThrottled, err)
	}
	return verdict, err
}

// function counts a batch. A test may put something before the handler.
func (n *node) function(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	if n.before != nil {
		n.before(batch)
	}
	return n.handler.Handle(ctx, batch)
}

// discard quarantines what the mapping has given up.
func (n *node) discard(ctx context.Context, d mapping.Discard) error {
	reason, message := consumer.PoisonRetries, fmt.Sprintf("the consumer failed on it %d times: %v", d.Attempts, d.Err)
	if d.Condition == mapping.RecordAgeExceeded {
		reason, message = consumer.PoisonAge, "it grew too old before the consumer was done with it"
	}
	if err := n.handler.Discard(ctx, d.Event, reason, message); err != nil {
		return err
	}
	n.log.Error().Str("shard", d.ShardID).Str("sequence_number", d.FirstSequenceNumber).Int("records", len(d.Event.Records)).Err(d.Err).
		Msg(`given up and quarantined; "streamgauge dlq list" shows it`)
	return nil
}
