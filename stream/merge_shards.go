package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// MergeShards closes two shards whose hash key ranges follow one another, the lower one named first, and opens one in
// their place, at once. See kinesis.Client.MergeShards.
func (c *Client) MergeShards(ctx context.Context, in *kinesis.MergeShardsInput, _ ...options) (*kinesis.MergeShardsOutput, error) {
	return call(ctx, c.b, in, c.b.mergeShards)
}

func (b *Broker) mergeShards(_ context.Context, in *kinesis.MergeShardsInput) (*kinesis.MergeShardsOutput, error) {
	var v violations
	v.shard("shardToMerge", in.ShardToMerge)
	v.shard("adjacentShardToMerge", in.AdjacentShardToMerge)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, numbers, err := b.shardsToChange(in.StreamName, in.StreamARN, *in.ShardToMerge, *in.AdjacentShardToMerge)
	if err != nil {
		return nil, err
	}
	if err := b.reshard(s, func(r *resharding) error { return b.mergePair(s, r, numbers[0], numbers[1]) }); err != nil {
		return nil, err
	}
	return &kinesis.MergeShardsOutput{}, nil
}

func (b *Broker) mergePair(s *dataStream, r *resharding, low, high uint32) error {
	place, err := b.openPlace(s, r, low)
	if err != nil {
		return err
	}
	next, err := b.openPlace(s, r, high)
	if err != nil {
		return err
	}
	if next != place+1 {
		return invalidArgument("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging",
			shardID(low), shardID(high), s.Name, b.opt.Account)
	}
	r.merge(place)
	return nil
}
