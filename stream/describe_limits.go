package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// onDemandStreams is how many on-demand streams Kinesis allows; here it is only said.
const onDemandStreams = 50

// DescribeLimits tells how many shards there are and may be. See kinesis.Client.DescribeLimits.
func (c *Client) DescribeLimits(ctx context.Context, in *kinesis.DescribeLimitsInput, _ ...options) (*kinesis.DescribeLimitsOutput, error) {
	return call(ctx, c.b, in, c.b.describeLimits)
}

func (b *Broker) describeLimits(context.Context, *kinesis.DescribeLimitsInput) (*kinesis.DescribeLimitsOutput, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	open, shards, onDemand, streams := int32(b.shardCount()), int32(maxShards), int32(0), int32(onDemandStreams)
	for _, s := range b.streams {
		if s.version().Mode == types.StreamModeOnDemand {
			onDemand++
		}
	}
	return &kinesis.DescribeLimitsOutput{
		OpenShardCount: &open, ShardLimit: &shards, OnDemandStreamCount: &onDemand, OnDemandStreamCountLimit: &streams,
	}, nil
}
