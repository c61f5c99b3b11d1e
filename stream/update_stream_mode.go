package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateStreamMode changes whether a stream's shards may be changed by hand. The shards stay as they are; an on-demand
// stream does not scale by itself, because nothing here needs it to. See kinesis.Client.UpdateStreamMode.
func (c *Client) UpdateStreamMode(ctx context.Context, in *kinesis.UpdateStreamModeInput, _ ...options) (*kinesis.UpdateStreamModeOutput, error) {
	return call(ctx, c.b, in, c.b.updateStreamMode)
}

func (b *Broker) updateStreamMode(_ context.Context, in *kinesis.UpdateStreamModeInput) (*kinesis.UpdateStreamModeOutput, error) {
	mode, err := checkUpdateStreamMode(in)
	if err != nil {
		return nil, err
	}
	s, err := b.lookup(nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = b.change(s, func(_ *version, set *settings) error {
		if in.WarmThroughputMiBps != nil && mode != types.StreamModeOnDemand {
			return warmNeedsOnDemand(s.Name)
		}
		set.Mode = mode
		switch {
		case mode != types.StreamModeOnDemand:
			set.WarmMiBps = 0
		case in.WarmThroughputMiBps != nil:
			set.WarmMiBps = *in.WarmThroughputMiBps
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamModeOutput{}, nil
}

func checkUpdateStreamMode(in *kinesis.UpdateStreamModeInput) (types.StreamMode, error) {
	var v violations
	v.required("streamARN", in.StreamARN != nil)
	v.stream(nil, in.StreamARN)
	v.required("streamModeDetails", in.StreamModeDetails != nil)
	mode := types.StreamMode("")
	if in.StreamModeDetails != nil {
		mode = in.StreamModeDetails.StreamMode
		v.required("streamModeDetails.streamMode", mode != "")
		enum(&v, "streamModeDetails.streamMode", mode, mode.Values())
	}
	v.number("warmThroughputMiBps", in.WarmThroughputMiBps, 0, maxWarmMiBps)
	return mode, v.err()
}
