package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamSummary describes a stream without its shards. See kinesis.Client.DescribeStreamSummary.
func (c *Client) DescribeStreamSummary(
	ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...options,
) (*kinesis.DescribeStreamSummaryOutput, error) {
	return call(ctx, c.b, in, c.b.describeStreamSummary)
}

func (b *Broker) describeStreamSummary(_ context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	var v violations
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	cur := s.version()
	open, consumers := int32(len(cur.open)), int32(len(cur.Consumers))
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
		StreamName:                 &s.Name,
		StreamARN:                  &s.arn,
		StreamStatus:               types.StreamStatusActive,
		StreamModeDetails:          &types.StreamModeDetails{StreamMode: cur.Mode},
		StreamCreationTimestamp:    s.created(),
		RetentionPeriodHours:       new(cur.RetentionHours),
		EncryptionType:             cur.encryption(),
		KeyId:                      cur.keyID(),
		EnhancedMonitoring:         cur.monitoring(),
		OpenShardCount:             &open,
		ConsumerCount:              &consumers,
		MaxRecordSizeInKiB:         new(cur.MaxRecordKiB),
		WarmThroughput:             cur.warmThroughput(),
		RecordDistributionStrategy: cur.distribution(),
	}}, nil
}

// distribution is how records find their shards. Kinesis says it of on-demand streams only.
func (v *version) distribution() types.RecordDistributionStrategy {
	if v.Mode != types.StreamModeOnDemand {
		return ""
	}
	return types.RecordDistributionStrategyUserPartitionKey
}
