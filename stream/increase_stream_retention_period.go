package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Retention periods that Kinesis allows, in hours.
const (
	minRetention = 24
	maxRetention = 8760
)

// IncreaseStreamRetentionPeriod makes a stream keep its records longer. What has expired before stays so.
// See kinesis.Client.IncreaseStreamRetentionPeriod.
func (c *Client) IncreaseStreamRetentionPeriod(
	ctx context.Context, in *kinesis.IncreaseStreamRetentionPeriodInput, _ ...options,
) (*kinesis.IncreaseStreamRetentionPeriodOutput, error) {
	return call(ctx, c.b, in, c.b.increaseStreamRetentionPeriod)
}

func (b *Broker) increaseStreamRetentionPeriod(
	_ context.Context, in *kinesis.IncreaseStreamRetentionPeriodInput,
) (*kinesis.IncreaseStreamRetentionPeriodOutput, error) {
	err := b.changeRetention(in.StreamName, in.StreamARN, in.RetentionPeriodHours, func(name string, now, hours int32) error {
		if hours < now {
			return invalidArgument("Requested retention period (%d hours) for stream %s can not be shorter than existing retention "+
				"period (%d hours). Use DecreaseRetentionPeriod API.", hours, name, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.IncreaseStreamRetentionPeriodOutput{}, nil
}

// changeRetention sets how many hours a stream keeps its records, if allow has nothing against it.
func (b *Broker) changeRetention(name, arn *string, hours *int32, allow func(name string, now, hours int32) error) error {
	if err := checkRetention(name, arn, hours); err != nil {
		return err
	}
	s, err := b.lookup(name, arn)
	if err != nil {
		return err
	}
	return b.change(s, func(v *version, set *settings) error {
		if err := allow(s.Name, v.RetentionHours, *hours); err != nil {
			return err
		}
		set.retain(*hours, b.now())
		return nil
	})
}

func checkRetention(name, arn *string, hours *int32) error {
	var v violations
	v.required("retentionPeriodHours", hours != nil)
	v.stream(name, arn)
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case *hours < minRetention:
		return invalidArgument("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", minRetention, *hours)
	case *hours > maxRetention:
		return invalidArgument("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", maxRetention, *hours)
	}
	return nil
}
