package stream

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// SubscribeToShardEvents is SubscribeToShard: it calls send with one event after the other, and returns nil after five
// minutes, or after the event that says that the shard is closed and has no more. It returns the error of send, that of
// ctx, a *types.ResourceInUseException when another call took the subscription over, and ErrClosed. An event of no
// records comes now and again.
//
// It has another shape than kinesis.Client.SubscribeToShard because the SDK's output cannot be made outside of the SDK:
// its event stream is a field without a setter.
func (c *Client) SubscribeToShardEvents(
	ctx context.Context, in *kinesis.SubscribeToShardInput, send func(*types.SubscribeToShardEvent) error,
) error {
	return c.b.subscribeToShard(ctx, in, func(e *types.SubscribeToShardEvent) error {
		ownData(e.Records)
		return send(e)
	})
}

// subscribeToShard sends events whose data is shared with other readers and must not be changed. A slow send delays nobody
// else. Nothing was sent when it fails for the request's sake.
func (b *Broker) subscribeToShard(
	ctx context.Context, in *kinesis.SubscribeToShardInput, send func(*types.SubscribeToShardEvent) error,
) error {
	sub, err := b.subscribe(ctx, in)
	if err != nil || sub == nil {
		return err
	}
	live, end, err := b.subscriptions.begin(ctx, sub.key)
	if err != nil {
		return err
	}
	defer end()
	for live.Err() == nil && !sub.done {
		event, err := sub.next(b)
		if err != nil {
			return err
		}
		if err := send(event); err != nil {
			return err
		}
		sub.wait(live)
	}
	return endOf(ctx, live)
}

// endOf says why a subscription ended: nil for its age, or the end of its shard.
func endOf(ctx, live context.Context) error {
	cause := context.Cause(live)
	if ctx.Err() == nil && errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}

// subscription is how far one has come.
type subscription struct {
	stream  *dataStream
	key     subscriptionKey
	log     *shardlog.Log
	index   uint64 // of the next record
	arrival int64  // of the record before it, as far as known
	done    bool   // there is no next record
}

// subscribe finds where a subscription begins. It is nil if a hook has handled the call.
func (b *Broker) subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (*subscription, error) {
	if in == nil {
		in = &kinesis.SubscribeToShardInput{}
	}
	if _, err, handled := controlled[kinesis.SubscribeToShardOutput](b, in); handled {
		return nil, err
	}
	if err := checkSubscribeToShard(in); err != nil {
		return nil, err
	}
	var sub *subscription
	err := b.enter(ctx, func() (err error) {
		sub, err = b.startSubscription(in)
		return err
	})
	return sub, err
}

func checkSubscribeToShard(in *kinesis.SubscribeToShardInput) error {
	var v violations
	v.required("consumerARN", in.ConsumerARN != nil)
	v.text("consumerARN", in.ConsumerARN, 1, 2048, consumerPattern)
	v.shard("shardId", in.ShardId)
	v.required("startingPosition", in.StartingPosition != nil)
	if p := in.StartingPosition; p != nil {
		v.required("startingPosition.type", p.Type != "")
		enum(&v, "startingPosition.type", p.Type, p.Type.Values())
		v.text("startingPosition.sequenceNumber", p.SequenceNumber, 0, 1<<20, sequencePattern)
	}
	return v.err()
}

func (b *Broker) startSubscription(in *kinesis.SubscribeToShardInput) (*subscription, error) {
	s, err := b.streamOf(*in.ConsumerARN)
	if err != nil {
		return nil, err
	}
	at := &kinesis.GetShardIteratorInput{
		StreamName: &s.Name, ShardId: in.ShardId, ShardIteratorType: in.StartingPosition.Type,
		StartingSequenceNumber: in.StartingPosition.SequenceNumber, Timestamp: in.StartingPosition.Timestamp,
	}
	sub := &subscription{stream: s}
	err = b.use(s, func(v *version) error {
		c, err := v.consumer(*in.ConsumerARN)
		if err != nil {
			return err
		}
		_, sh, err := b.findShard(at)
		if err != nil {
			return err
		}
		if err := checkStart(at); err != nil {
			return err
		}
		sub.key = subscriptionKey{consumer: v.Consumers[c].arn(s.arn), shard: sh.Number}
		sub.log, sub.arrival = sh.log, sh.CreatedMS
		sub.index, err = b.start(s, sh, at)
		return err
	})
	if err == nil {
		err = dryRun(in.DryRun)
	}
	return sub, err
}

// next reads the next event. At the end of the shard it names the children, and no sequence number to go on from.
func (sub *subscription) next(b *Broker) (event *types.SubscribeToShardEvent, err error) {
	read := func(v *version) error {
		if _, err := v.consumer(sub.key.consumer); err != nil {
			return err
		}
		sh := v.shard(sub.key.shard)
		if sh == nil {
			return b.shardNotFound(shardID(sub.key.shard), sub.stream.Name)
		}
		batch, err := b.read(v, sh, sub.index, maxGetRecords, maxEventBytes)
		if err != nil {
			return err
		}
		event = &types.SubscribeToShardEvent{Records: sh.records(batch.Entries, v.encryption()), MillisBehindLatest: b.behind(batch)}
		sub.advance(batch)
		if sub.done = sh.drained(sub.index); sub.done {
			event.ChildShards = v.children(sh)
			return nil
		}
		from := sh.sequence(sub.index-1, sub.arrival).String()
		event.ContinuationSequenceNumber = &from
		return nil
	}
	err = b.enter(context.Background(), func() error { return b.use(sub.stream, read) })
	return event, err
}

func (sub *subscription) advance(batch shardlog.Batch) {
	sub.index = batch.Next
	if n := len(batch.Entries); n > 0 {
		sub.arrival = batch.Entries[n-1].Arrival
	}
}

// wait returns when there is an event to send: records, the end of the shard, a sign of life, or the reason why there are no
// more.
func (sub *subscription) wait(live context.Context) {
	if sub.done {
		return
	}
	limited, cancel := context.WithTimeout(live, heartbeatEvery)
	defer cancel()
	_ = sub.log.Wait(limited, sub.index) // whatever ends it, next or live says more
}
