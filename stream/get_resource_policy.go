package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// GetResourcePolicy returns what PutResourcePolicy has remembered. See kinesis.Client.GetResourcePolicy.
func (c *Client) GetResourcePolicy(ctx context.Context, in *kinesis.GetResourcePolicyInput, _ ...options) (*kinesis.GetResourcePolicyOutput, error) {
	return call(ctx, c.b, in, c.b.getResourcePolicy)
}

func (b *Broker) getResourcePolicy(_ context.Context, in *kinesis.GetResourcePolicyInput) (*kinesis.GetResourcePolicyOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	a, err := b.annotated(*in.ResourceARN)
	if err != nil {
		return nil, err
	}
	if a.Policy == "" {
		return nil, b.noPolicy(*in.ResourceARN)
	}
	return &kinesis.GetResourcePolicyOutput{Policy: &a.Policy}, nil
}
