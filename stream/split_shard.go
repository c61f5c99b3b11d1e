package stream

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// SplitShard closes a shard and opens two in its place, at once. See kinesis.Client.SplitShard.
func (c *Client) SplitShard(ctx context.Context, in *kinesis.SplitShardInput, _ ...options) (*kinesis.SplitShardOutput, error) {
	return call(ctx, c.b, in, c.b.splitShard)
}

func (b *Broker) splitShard(_ context.Context, in *kinesis.SplitShardInput) (*kinesis.SplitShardOutput, error) {
	var v violations
	v.required("newStartingHashKey", in.NewStartingHashKey != nil)
	v.text("newStartingHashKey", in.NewStartingHashKey, 0, 1<<20, hashKeyPattern)
	v.shard("shardToSplit", in.ShardToSplit)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, numbers, err := b.shardsToChange(in.StreamName, in.StreamARN, *in.ShardToSplit)
	if err != nil {
		return nil, err
	}
	err = b.reshard(s, func(r *resharding) error {
		place, err := b.openPlace(s, r, numbers[0])
		if err != nil {
			return err
		}
		at, err := b.splitPoint(s, r.at(place), *in.NewStartingHashKey)
		if err != nil {
			return err
		}
		r.split(place, at)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.SplitShardOutput{}, nil
}

// splitPoint reads where to split a shard.
func (b *Broker) splitPoint(s *dataStream, ss shardSettings, text string) (hashKey, error) {
	at, err := parseHashKey(text)
	if err != nil || !ss.StartHashKey.next().less(at) || !at.less(ss.EndHashKey) {
		return at, invalidArgument("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater "+
			"than one plus the shard's StartingHashKey %v and less than the shard's EndingHashKey %v.",
			text, shardID(ss.Number), s.Name, b.opt.Account, ss.StartHashKey, ss.EndHashKey)
	}
	return at, nil
}

// shardsToChange reads the ids of shards, and finds their stream.
func (b *Broker) shardsToChange(name, arn *string, ids ...string) (*dataStream, []uint32, error) {
	stream, err := streamName(name, arn)
	if err != nil {
		return nil, nil, err
	}
	numbers := make([]uint32, len(ids))
	for i, id := range ids {
		var ok bool
		if numbers[i], ok = parseShardID(id); !ok {
			return nil, nil, b.noShard(id, stream)
		}
	}
	s, err := b.stream(stream)
	return s, numbers, err
}

// openPlace finds a shard among those that a resharding may close.
func (b *Broker) openPlace(s *dataStream, r *resharding, number uint32) (int, error) {
	place := slices.IndexFunc(r.open, func(i int) bool { return r.set.Shards[i].Number == number })
	switch {
	case place >= 0:
		return place, nil
	case r.before.shard(number) == nil:
		return 0, b.noShard(shardID(number), s.Name)
	}
	return 0, invalidArgument("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible for "+
		"merging or splitting.", shardID(number), s.Name, b.opt.Account)
}
