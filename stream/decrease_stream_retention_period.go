package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DecreaseStreamRetentionPeriod makes a stream keep its records less long. What is older expires at once.
// See kinesis.Client.DecreaseStreamRetentionPeriod.
func (c *Client) DecreaseStreamRetentionPeriod(
	ctx context.Context, in *kinesis.DecreaseStreamRetentionPeriodInput, _ ...options,
) (*kinesis.DecreaseStreamRetentionPeriodOutput, error) {
	return call(ctx, c.b, in, c.b.decreaseStreamRetentionPeriod)
}

func (b *Broker) decreaseStreamRetentionPeriod(
	_ context.Context, in *kinesis.DecreaseStreamRetentionPeriodInput,
) (*kinesis.DecreaseStreamRetentionPeriodOutput, error) {
	err := b.changeRetention(in.StreamName, in.StreamARN, in.RetentionPeriodHours, func(name string, now, hours int32) error {
		if hours > now {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be longer than existing retention "+
				"period (%d hours). Use IncreaseRetentionPeriod API.", hours, name, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DecreaseStreamRetentionPeriodOutput{}, nil
}
