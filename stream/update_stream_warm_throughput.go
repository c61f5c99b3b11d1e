package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// maxWarmMiBps is 10 GiB a second, what Kinesis allows unless asked for more.
const maxWarmMiBps = 10 * 1024

// UpdateStreamWarmThroughput is only remembered: an on-demand stream always takes what the disk takes.
// See kinesis.Client.UpdateStreamWarmThroughput.
func (c *Client) UpdateStreamWarmThroughput(
	ctx context.Context, in *kinesis.UpdateStreamWarmThroughputInput, _ ...options,
) (*kinesis.UpdateStreamWarmThroughputOutput, error) {
	return call(ctx, c.b, in, c.b.updateStreamWarmThroughput)
}

func (b *Broker) updateStreamWarmThroughput(
	_ context.Context, in *kinesis.UpdateStreamWarmThroughputInput,
) (*kinesis.UpdateStreamWarmThroughputOutput, error) {
	var v violations
	v.required("warmThroughputMiBps", in.WarmThroughputMiBps != nil)
	v.number("warmThroughputMiBps", in.WarmThroughputMiBps, 0, maxWarmMiBps)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = b.change(s, func(v *version, set *settings) error {
		if v.Mode != types.StreamModeOnDemand {
			return warmNeedsOnDemand(s.Name)
		}
		set.WarmMiBps = *in.WarmThroughputMiBps
		return nil
	})
	if err != nil {
		return nil, err
	}
	mibps := *in.WarmThroughputMiBps
	return &kinesis.UpdateStreamWarmThroughputOutput{
		StreamName: &s.Name, StreamARN: &s.arn,
		WarmThroughput: &types.WarmThroughputObject{CurrentMiBps: new(mibps), TargetMiBps: new(mibps)},
	}, nil
}

func warmNeedsOnDemand(stream string) error {
	return invalidArgument("Warm throughput can only be configured for streams in %s mode. Stream: %s.", types.StreamModeOnDemand, stream)
}

// warmThroughput is what the API says of an on-demand stream.
func (v *version) warmThroughput() *types.WarmThroughputObject {
	if v.Mode != types.StreamModeOnDemand {
		return nil
	}
	return &types.WarmThroughputObject{CurrentMiBps: new(v.WarmMiBps), TargetMiBps: new(v.WarmMiBps)}
}
