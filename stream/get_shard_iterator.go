package stream

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// GetShardIterator returns where to read in a shard. See kinesis.Client.GetShardIterator.
func (c *Client) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...options) (*kinesis.GetShardIteratorOutput, error) {
	return call(ctx, c.b, in, c.b.getShardIterator)
}

func (b *Broker) getShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	if err := checkGetShardIterator(in); err != nil {
		return nil, err
	}
	s, sh, err := b.findShard(in)
	if err != nil {
		return nil, err
	}
	if err := checkStart(in); err != nil {
		return nil, err
	}
	var index uint64
	err = b.use(s, func(*version) error {
		index, err = b.start(s, sh, in)
		return err
	})
	if err := cmp.Or(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: b.iterate(s, sh, index)}, nil
}

func checkGetShardIterator(in *kinesis.GetShardIteratorInput) error {
	var v violations
	v.required("shardId", in.ShardId != nil)
	v.text("shardId", in.ShardId, 1, 128, namePattern)
	v.required("shardIteratorType", in.ShardIteratorType != "")
	enum(&v, "shardIteratorType", in.ShardIteratorType, []types.ShardIteratorType{
		types.ShardIteratorTypeAfterSequenceNumber, types.ShardIteratorTypeLatest, types.ShardIteratorTypeAtTimestamp,
		types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeTrimHorizon,
	})
	v.text("startingSequenceNumber", in.StartingSequenceNumber, 0, 1<<20, sequencePattern)
	v.stream(in.StreamName, in.StreamARN)
	return v.err()
}

// findShard finds the shard by its id, of which only the number matters.
func (b *Broker) findShard(in *kinesis.GetShardIteratorInput) (*dataStream, *shard, error) {
	name, err := streamName(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, nil, err
	}
	number, ok := parseShardID(*in.ShardId)
	if !ok {
		return nil, nil, b.noShard(*in.ShardId, name)
	}
	if s, err := b.stream(name); err == nil {
		if sh := b.listed(s.version(), number); sh != nil {
			return s, sh, nil
		}
	}
	return nil, nil, b.shardNotFound(shardID(number), name)
}

// checkStart checks that the fields that say where to start fit the iterator's type.
func checkStart(in *kinesis.GetShardIteratorInput) error {
	bySequence := in.ShardIteratorType == types.ShardIteratorTypeAtSequenceNumber || in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber
	byTime := in.ShardIteratorType == types.ShardIteratorTypeAtTimestamp
	const rule = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or " +
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber or (3) AT_TIMESTAMP and Timestamp. Request specified %s and %s."
	switch {
	case bySequence && in.StartingSequenceNumber == nil:
		return invalidArgument(rule, in.ShardIteratorType, "no StartingSequenceNumber")
	case !bySequence && in.StartingSequenceNumber != nil:
		return invalidArgument(rule, in.ShardIteratorType, "also a StartingSequenceNumber")
	case byTime && in.Timestamp == nil:
		return invalidArgument("Must specify timestampInMillis parameter for iterator of type %s. Current request has no timestamp parameter.",
			in.ShardIteratorType)
	case !byTime && in.Timestamp != nil:
		return invalidArgument(rule, in.ShardIteratorType, "also a Timestamp")
	}
	return nil
}

// start is the index of the record to start with.
func (b *Broker) start(s *dataStream, sh *shard, in *kinesis.GetShardIteratorInput) (uint64, error) {
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeTrimHorizon:
		return 0, nil
	case types.ShardIteratorTypeLatest:
		return sh.log.End(), nil
	case types.ShardIteratorTypeAtTimestamp:
		return b.startAtTime(sh, in.Timestamp.UnixMilli())
	}
	seq, err := b.startSequence(s, sh, *in.StartingSequenceNumber)
	if err != nil {
		return 0, err
	}
	if in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber {
		return seq.index + 1, nil
	}
	return seq.index, nil
}

func (b *Broker) startAtTime(sh *shard, at int64) (uint64, error) {
	if now := b.now(); at > now {
		return 0, invalidArgument("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "+
			"timestampInMillis: %d, currentTimestampInMillis: %d", at, now)
	}
	index, err := sh.log.Find(at)
	return index, internalError(err)
}

// startSequence reads a sequence number, which must be of this shard.
func (b *Broker) startSequence(s *dataStream, sh *shard, text string) (sequence, error) {
	where := fmt.Sprintf("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid",
		text, sh.id, s.Name, b.opt.Account)
	seq, err := parseSequence(text)
	switch {
	case err != nil:
		return seq, invalidArgument("%s.", where)
	case seq.shard != sh.Number:
		return seq, invalidArgument("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s",
			shardID(seq.shard), sh.id)
	case seq.created != sh.created():
		return seq, invalidArgument("%s because it did not come from this stream.", where)
	}
	return seq, nil
}
