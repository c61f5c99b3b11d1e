package stream

import (
	"context"
	"fmt"
	"time"

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
	s, shards, err := b.shardsToList(in)
	if err != nil {
		return nil, err
	}
	out := &kinesis.ListShardsOutput{}
	var more bool
	if out.Shards, more = pageOfShards(shards, in.MaxResults, listShardsLimit); more {
		last := shards[len(out.Shards)-1].Number
		next := b.encodeToken(token{
			kind: pageToken, issued: b.now(), id: s.ID, shard: last, stream: s.Name,
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

func checkShardFilter(f *types.ShardFilter) error {
	if f == nil {
		return nil
	}
	switch f.Type {
	case types.ShardFilterTypeAfterShardId:
		if f.ShardId == nil {
			return invalidArgument("ShardId must be specified when the ShardFilter type is %s.", f.Type)
		}
	case types.ShardFilterTypeAtTimestamp, types.ShardFilterTypeFromTimestamp:
		if f.Timestamp == nil {
			return invalidArgument("Timestamp must be specified when the ShardFilter type is %s.", f.Type)
		}
	}
	return nil
}

// shardsToList finds the stream, and its shards from where the page begins.
func (b *Broker) shardsToList(in *kinesis.ListShardsInput) (*dataStream, []*shard, error) {
	if in.NextToken != nil {
		return b.shardsAfterToken(*in.NextToken)
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, nil, err
	}
	if at := in.StreamCreationTimestamp; at != nil && at.Unix() != s.CreatedMS/1000 {
		return nil, nil, b.streamNotFound(s.Name)
	}
	after := in.ExclusiveStartShardId
	if f := in.ShardFilter; f != nil && f.Type == types.ShardFilterTypeAfterShardId {
		after = f.ShardId
	}
	return s, filterShards(s.shardsAfter(after), in.ShardFilter), nil
}

func (b *Broker) shardsAfterToken(text string) (*dataStream, []*shard, error) {
	t, err := b.decodePageToken(text)
	if err != nil {
		return nil, nil, err
	}
	s, err := b.stream(t.stream)
	if err != nil {
		return nil, nil, err
	}
	if s.ID != t.id {
		return nil, nil, b.streamNotFound(t.stream)
	}
	last := shardID(t.shard)
	return s, s.shardsAfter(&last), nil
}

// filterShards keeps the shards that a filter means. Every shard is open from its creation on, so only the ones made
// after the time of AT_TIMESTAMP are left out.
func filterShards(shards []*shard, f *types.ShardFilter) []*shard {
	if f == nil || f.Type != types.ShardFilterTypeAtTimestamp {
		return shards
	}
	var open []*shard
	for _, sh := range shards {
		if !time.UnixMilli(sh.CreatedMS).After(*f.Timestamp) {
			open = append(open, sh)
		}
	}
	return open
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
