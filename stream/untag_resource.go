package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UntagResource removes tags from a stream or a consumer. Keys that it does not have are ignored.
// See kinesis.Client.UntagResource.
func (c *Client) UntagResource(ctx context.Context, in *kinesis.UntagResourceInput, _ ...options) (*kinesis.UntagResourceOutput, error) {
	return call(ctx, c.b, in, c.b.untagResource)
}

func (b *Broker) untagResource(_ context.Context, in *kinesis.UntagResourceInput) (*kinesis.UntagResourceOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	v.tagKeys(in.TagKeys)
	if err := v.err(); err != nil {
		return nil, err
	}
	err := b.annotate(*in.ResourceARN, func(a *annotations) error {
		a.untag(in.TagKeys)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UntagResourceOutput{}, nil
}
