package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForResource returns the tags of a stream or a consumer, by key. See kinesis.Client.ListTagsForResource.
func (c *Client) ListTagsForResource(ctx context.Context, in *kinesis.ListTagsForResourceInput, _ ...options) (*kinesis.ListTagsForResourceOutput, error) {
	return call(ctx, c.b, in, c.b.listTagsForResource)
}

func (b *Broker) listTagsForResource(_ context.Context, in *kinesis.ListTagsForResourceInput) (*kinesis.ListTagsForResourceOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	a, err := b.annotated(*in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &kinesis.ListTagsForResourceOutput{Tags: a.sortedTags()}, nil
}
