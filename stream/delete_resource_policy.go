package stream

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DeleteResourcePolicy forgets what PutResourcePolicy has remembered. See kinesis.Client.DeleteResourcePolicy.
func (c *Client) DeleteResourcePolicy(ctx context.Context, in *kinesis.DeleteResourcePolicyInput, _ ...options) (*kinesis.DeleteResourcePolicyOutput, error) {
	return call(ctx, c.b, in, c.b.deleteResourcePolicy)
}

func (b *Broker) deleteResourcePolicy(_ context.Context, in *kinesis.DeleteResourcePolicyInput) (*kinesis.DeleteResourcePolicyOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	err := b.annotate(*in.ResourceARN, func(a *annotations) error {
		if a.Policy == "" {
			return b.noPolicy(*in.ResourceARN)
		}
		a.Policy = ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeleteResourcePolicyOutput{}, nil
}

func (b *Broker) noPolicy(arn string) error {
	message := fmt.Sprintf("Resource policy of %s under account %s not found.", arn, b.opt.Account)
	return &types.ResourceNotFoundException{Message: &message}
}
