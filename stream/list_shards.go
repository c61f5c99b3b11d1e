package stream

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// listShardsLimit is how many shards ListShards returns unless asked for fewer.
const listShardsLimit = 1000

// ListShards returns a page of a stream's shards. See kinesis.Client.ListShards.
func (c *Client) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...options) (*kinesis.ListShardsOutput, error) {
	return call(ctx, c.b, in, c.b.listShards)
}

func (b *Broker) listShards(_ context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	if err := checkListShards(in); err != nil {
		return nil, err
	}
	s, filter, shards, err := b.shardsToList(in)
	if err != nil {
		return nil, err
	}
	out := &kinesis.ListShardsOutput{}
	var more bool
	if out.Shards, more = pageOfShards(shards, in.MaxResults, listShardsLimit); more {
		last := shards[len(out.Shards)-1].Number
		next := b.encodeToken(token{
			kind: pageToken, issued: b.now(), id: s.ID, shard: last, index: filter.bits(), stream: s.Name,
		})
		out.NextToken = &next
	}
	return out, nil
}

func checkListShards(in *kinesis.ListShardsInput) error {
	var v violations
	v.number("maxResults", in.MaxResults, 1, 10_000)
	v.text("exclusiveStartShardId", in.ExclusiveStartShardId, 1, 128, namePattern)
	v.text("nextToken", in.NextToken, 1, 1<<20, anyPattern)
	v.stream(in.StreamName, in.StreamARN)
	if f := in.ShardFilter; f != nil {
		v.required("shardFilter.type", f.Type != "")
		enum(&v, "shardFilter.type", f.Type, f.Type.Values())
		v.text("shardFilter.shardId", f.ShardId, 1, 128, namePattern)
	}
	if err := v.err(); err != nil {
		return err
	}
	named := in.StreamName != nil || in.StreamARN != nil
	switch {
	case !named && in.NextToken == nil:
		return invalidArgument("Either NextToken or StreamName should be provided.")
	case named && in.NextToken != nil:
		return invalidArgument("NextToken and StreamName cannot be provided together.")
	case in.NextToken != nil && in.StreamCreationTimestamp != nil:
		return invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	case in.NextToken != nil && in.ExclusiveStartShardId != nil:
		return invalidArgument("NextToken and ExclusiveStartShardId cannot be provided together.")
	}
	return checkShardFilter(in.ShardFilter)
}

// shardsToList finds the stream, the filter, and the shards from where the page begins.
func (b *Broker) shardsToList(in *kinesis.ListShardsInput) (*dataStream, shardFilter, []*shard, error) {
	if in.NextToken != nil {
		return b.shardsAfterToken(*in.NextToken)
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, shardFilter{}, nil, err
	}
	if at := in.StreamCreationTimestamp; at != nil && at.Unix() != s.CreatedMS/1000 {
		return nil, shardFilter{}, nil, b.streamNotFound(s.Name)
	}
	after := in.ExclusiveStartShardId
	if f := in.ShardFilter; f != nil && f.Type == types.ShardFilterTypeAfterShardId {
		after = f.ShardId
	}
	v := s.version()
	filter := newShardFilter(in.ShardFilter, max(v.horizon(b.now()), s.CreatedMS))
	return s, filter, shardsAfter(filter.of(b.unexpired(v)), after), nil
}

func (b *Broker) shardsAfterToken(text string) (*dataStream, shardFilter, []*shard, error) {
	t, err := b.decodePageToken(text)
	if err != nil {
		return nil, shardFilter{}, nil, err
	}
	s, err := b.stream(t.stream)
	if err != nil {
		return nil, shardFilter{}, nil, err
	}
	if s.ID != t.id {
		return nil, shardFilter{}, nil, b.streamNotFound(t.stream)
	}
	last, filter := shardID(t.shard), shardFilterOf(t.index)
	return s, filter, shardsAfter(filter.of(b.unexpired(s.version())), &last), nil
}

// decodePageToken reads a NextToken.
func (b *Broker) decodePageToken(text string) (token, error) {
	t, err := b.decodeToken(pageToken, text)
	if err != nil {
		return t, invalidArgument("NextToken is invalid.")
	}
	if now := b.now(); t.expired(now) {
		message := fmt.Sprintf("NextToken expired. It was created at time %s while right now it is %s.", amazonTime(t.issued), amazonTime(now))
		return t, &types.ExpiredNextTokenException{Message: &message}
	}
	return t, nil
}
