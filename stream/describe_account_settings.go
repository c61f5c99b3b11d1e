package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeAccountSettings returns what UpdateAccountSettings has remembered. See kinesis.Client.DescribeAccountSettings.
func (c *Client) DescribeAccountSettings(
	ctx context.Context, in *kinesis.DescribeAccountSettingsInput, _ ...options,
) (*kinesis.DescribeAccountSettingsOutput, error) {
	return call(ctx, c.b, in, c.b.describeAccountSettings)
}

func (b *Broker) describeAccountSettings(context.Context, *kinesis.DescribeAccountSettingsInput) (*kinesis.DescribeAccountSettingsOutput, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return &kinesis.DescribeAccountSettingsOutput{MinimumThroughputBillingCommitment: b.account.Commitment.describe(b.now())}, nil
}
