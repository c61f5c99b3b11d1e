package stream

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateShardCount splits and merges shards until there are as many as asked for, of equal size, at once. It may be done
// any number of times a day. See kinesis.Client.UpdateShardCount.
func (c *Client) UpdateShardCount(ctx context.Context, in *kinesis.UpdateShardCountInput, _ ...options) (*kinesis.UpdateShardCountOutput, error) {
	return call(ctx, c.b, in, c.b.updateShardCount)
}

func (b *Broker) updateShardCount(_ context.Context, in *kinesis.UpdateShardCountInput) (*kinesis.UpdateShardCountOutput, error) {
	var v violations
	v.required("targetShardCount", in.TargetShardCount != nil)
	v.number("targetShardCount", in.TargetShardCount, 1, 1<<31-1)
	v.required("scalingType", in.ScalingType != "")
	enum(&v, "scalingType", in.ScalingType, in.ScalingType.Values())
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	current, target := int32(0), *in.TargetShardCount
	err = b.reshard(s, func(r *resharding) error {
		current = int32(len(r.open))
		if err := checkScale(current, target); err != nil {
			return err
		}
		r.scale(int(target))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateShardCountOutput{
		StreamName: &s.Name, StreamARN: &s.arn, CurrentShardCount: &current, TargetShardCount: &target,
	}, nil
}

// checkScale allows from half to double.
func checkScale(current, target int32) error {
	reason := ""
	switch {
	case target > maxShards:
		reason = fmt.Sprintf("Target shard count or number of open shards cannot be greater than %d.", maxShards)
	case target > 2*current:
		reason = "UpdateShardCount cannot scale up over double your current open shard count."
	case 2*target < current:
		reason = "UpdateShardCount cannot scale down below half your current open shard count."
	default:
		return nil
	}
	message := fmt.Sprintf("%s Current open shard count: %d, Target shard count: %d", reason, current, target)
	return &types.LimitExceededException{Message: &message}
}
