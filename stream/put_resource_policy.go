package stream

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// maxPolicyBytes is how large Kinesis lets a policy be.
const maxPolicyBytes = 20 << 10

// PutResourcePolicy is only remembered: any JSON is taken as the policy of a stream or a consumer, and nobody is refused by
// it. See kinesis.Client.PutResourcePolicy.
func (c *Client) PutResourcePolicy(ctx context.Context, in *kinesis.PutResourcePolicyInput, _ ...options) (*kinesis.PutResourcePolicyOutput, error) {
	return call(ctx, c.b, in, c.b.putResourcePolicy)
}

func (b *Broker) putResourcePolicy(_ context.Context, in *kinesis.PutResourcePolicyInput) (*kinesis.PutResourcePolicyOutput, error) {
	var v violations
	v.resource(in.ResourceARN)
	v.required("policy", in.Policy != nil)
	if err := v.err(); err != nil {
		return nil, err
	}
	if len(*in.Policy) > maxPolicyBytes || !json.Valid([]byte(*in.Policy)) {
		return nil, invalidArgument("The resource policy is not valid JSON of at most %d bytes.", maxPolicyBytes)
	}
	err := b.annotate(*in.ResourceARN, func(a *annotations) error {
		a.Policy = *in.Policy
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.PutResourcePolicyOutput{}, nil
}
