package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DisableEnhancedMonitoring is only remembered, as EnableEnhancedMonitoring is.
// See kinesis.Client.DisableEnhancedMonitoring.
func (c *Client) DisableEnhancedMonitoring(
	ctx context.Context, in *kinesis.DisableEnhancedMonitoringInput, _ ...options,
) (*kinesis.DisableEnhancedMonitoringOutput, error) {
	return call(ctx, c.b, in, c.b.disableEnhancedMonitoring)
}

func (b *Broker) disableEnhancedMonitoring(
	_ context.Context, in *kinesis.DisableEnhancedMonitoringInput,
) (*kinesis.DisableEnhancedMonitoringOutput, error) {
	m, err := b.changeMonitoring(in.StreamName, in.StreamARN, in.ShardLevelMetrics, func(on, named bool) bool { return on && !named })
	if err != nil {
		return nil, err
	}
	return &kinesis.DisableEnhancedMonitoringOutput{
		StreamName: m.name, StreamARN: m.arn, CurrentShardLevelMetrics: m.before, DesiredShardLevelMetrics: m.after,
	}, nil
}
