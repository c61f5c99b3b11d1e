package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamConsumer describes a consumer. See kinesis.Client.DescribeStreamConsumer.
func (c *Client) DescribeStreamConsumer(
	ctx context.Context, in *kinesis.DescribeStreamConsumerInput, _ ...options,
) (*kinesis.DescribeStreamConsumerOutput, error) {
	return call(ctx, c.b, in, c.b.describeStreamConsumer)
}

func (b *Broker) describeStreamConsumer(_ context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error) {
	ref := consumerRef{streamARN: in.StreamARN, consumerARN: in.ConsumerARN, name: in.ConsumerName}
	if err := ref.check(); err != nil {
		return nil, err
	}
	s, err := ref.stream(b)
	if err != nil {
		return nil, err
	}
	v := s.version()
	i, err := ref.place(&v.settings)
	if err != nil {
		return nil, err
	}
	c := v.Consumers[i].describe(s.arn)
	return &kinesis.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{
		ConsumerARN:               c.ConsumerARN,
		ConsumerCreationTimestamp: c.ConsumerCreationTimestamp,
		ConsumerName:              c.ConsumerName,
		ConsumerStatus:            c.ConsumerStatus,
		StreamARN:                 &s.arn,
	}}, nil
}
