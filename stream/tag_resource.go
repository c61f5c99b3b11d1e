package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TagResource attaches tags to a stream or a consumer, and replaces those of the same keys. See kinesis.Client.TagResource.
func (c *Client) TagResource(ctx context.Context, in *kinesis.TagResourceInput, _ ...options) (*kinesis.TagResourceOutput, error) {
	return call(ctx, c.b, in, c.b.tagResource)
}

func (b *Broker) tagResource(_ context.Context, in *kinesis.TagResourceInput) (*kinesis.TagResourceOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	v.newTags(in.Tags)
	if err := v.err(); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := b.annotate(*in.ResourceARN, func(a *annotations) error { return a.tag(in.Tags) }); err != nil {
		return nil, err
	}
	return &kinesis.TagResourceOutput{}, nil
}
