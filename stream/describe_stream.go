package stream

import (
	"context"
	"sort"

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
	cur := s.version()
	shards, more := pageOfShards(shardsAfter(b.unexpired(cur), in.ExclusiveStartShardId), in.Limit, describeLimit)
	return &kinesis.DescribeStreamOutput{StreamDescription: &types.StreamDescription{
		StreamName:              &s.Name,
		StreamARN:               &s.arn,
		StreamStatus:            types.StreamStatusActive,
		StreamModeDetails:       &types.StreamModeDetails{StreamMode: cur.Mode},
		StreamCreationTimestamp: s.created(),
		RetentionPeriodHours:    new(cur.RetentionHours),
		EncryptionType:          cur.encryption(),
		KeyId:                   cur.keyID(),
		EnhancedMonitoring:      cur.monitoring(),
		Shards:                  shards,
		HasMoreShards:           &more,
	}}, nil
}

// shardsAfter returns the shards whose ids follow id, all if it is nil.
func shardsAfter(shards []*shard, id *string) []*shard {
	if id == nil {
		return shards
	}
	return shards[sort.Search(len(shards), func(i int) bool { return shards[i].id > *id }):]
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
