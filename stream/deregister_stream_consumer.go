package stream

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeregisterStreamConsumer removes a consumer at once, and ends its subscriptions.
// See kinesis.Client.DeregisterStreamConsumer.
func (c *Client) DeregisterStreamConsumer(
	ctx context.Context, in *kinesis.DeregisterStreamConsumerInput, _ ...options,
) (*kinesis.DeregisterStreamConsumerOutput, error) {
	return call(ctx, c.b, in, c.b.deregisterStreamConsumer)
}

func (b *Broker) deregisterStreamConsumer(
	_ context.Context, in *kinesis.DeregisterStreamConsumerInput,
) (*kinesis.DeregisterStreamConsumerOutput, error) {
	ref := consumerRef{streamARN: in.StreamARN, consumerARN: in.ConsumerARN, name: in.ConsumerName}
	if err := ref.check(); err != nil {
		return nil, err
	}
	s, err := ref.stream(b)
	if err != nil {
		return nil, err
	}
	gone := ""
	err = b.change(s, func(_ *version, set *settings) error {
		i, err := ref.place(set)
		if err != nil {
			return err
		}
		gone = set.Consumers[i].arn(s.arn)
		set.Consumers = slices.Delete(set.Consumers, i, i+1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.subscriptions.stopAll(gone, consumerNotFound(gone))
	return &kinesis.DeregisterStreamConsumerOutput{}, nil
}
