package stream

import (
	"context"
	"sort"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForStream returns a page of a stream's tags, by key: all there may be, unless asked for fewer.
// See kinesis.Client.ListTagsForStream.
func (c *Client) ListTagsForStream(ctx context.Context, in *kinesis.ListTagsForStreamInput, _ ...options) (*kinesis.ListTagsForStreamOutput, error) {
	return call(ctx, c.b, in, c.b.listTagsForStream)
}

func (b *Broker) listTagsForStream(_ context.Context, in *kinesis.ListTagsForStreamInput) (*kinesis.ListTagsForStreamOutput, error) {
	var v violations
	v.number("limit", in.Limit, 1, maxTags)
	v.text("exclusiveStartTagKey", in.ExclusiveStartTagKey, 1, 128, anyPattern)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	tags := s.version().sortedTags()
	if after := in.ExclusiveStartTagKey; after != nil {
		tags = tags[sort.Search(len(tags), func(i int) bool { return *tags[i].Key > *after }):]
	}
	limit := maxTags
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	more := len(tags) > limit
	return &kinesis.ListTagsForStreamOutput{Tags: tags[:min(limit, len(tags))], HasMoreTags: &more}, nil
}
