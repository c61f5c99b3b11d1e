package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// describeLimit is how many shards DescribeStream returns unless asked for fewer.
const describeLimit = 100

// DescribeStream describes a stream and a page of its shards. See kinesis.Client.DescribeStream.
func (c *Client) DescribeStream(ctx context.Context, in *kinesis.DescribeStreamInput, _ ...options) (*kinesis.DescribeStreamOutput, error) {
	return call(ctx, c.b, in, c.b.describeStream)
}

func (b *Broker) describeStream(_ context.Context, in *kinesis.DescribeStreamInput) (*kinesis.DescribeStreamOutput, error) {
	var v violations
	v.number("limit", in.Limit, 1, 10_000)
	v.text("exclusiveStartShardId", in.ExclusiveStartShardId, 1, 128, namePattern)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	shards, more := pageOfShards(s.shardsAfter(in.ExclusiveStartShardId), in.Limit, describeLimit)
	return &kinesis.DescribeStreamOutput{StreamDescription: &types.StreamDescription{
		StreamName:              &s.Name,
		StreamARN:               &s.arn,
		StreamStatus:            types.StreamStatusActive,
		StreamModeDetails:       &types.StreamModeDetails{StreamMode: s.Mode},
		StreamCreationTimestamp: s.created(),
		RetentionPeriodHours:    &s.RetentionHours,
		EncryptionType:          types.EncryptionTypeNone,
		EnhancedMonitoring:      noMonitoring(),
		Shards:                  shards,
		HasMoreShards:           &more,
	}}, nil
}

// noMonitoring is how Kinesis says that no shard-level metrics are on.
func noMonitoring() []types.EnhancedMetrics {
	return []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}}
}

// shardsAfter returns the shards whose ids follow id, all if it is nil.
func (s *dataStream) shardsAfter(id *string) []*shard {
	if id == nil {
		return s.shards
	}
	for i, sh := range s.shards {
		if sh.id > *id {
			return s.shards[i:]
		}
	}
	return nil
}

// pageOfShards describes the first shards, as many as asked for but not more than most.
func pageOfShards(shards []*shard, asked *int32, most int) (page []types.Shard, more bool) {
	n := most
	if asked != nil {
		n = min(n, int(*asked))
	}
	n = min(n, len(shards))
	page = make([]types.Shard, n)
	for i, sh := range shards[:n] {
		page[i] = sh.describe()
	}
	return page, n < len(shards)
}
