package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateAccountSettings is only remembered: nobody is billed. See kinesis.Client.UpdateAccountSettings.
func (c *Client) UpdateAccountSettings(
	ctx context.Context, in *kinesis.UpdateAccountSettingsInput, _ ...options,
) (*kinesis.UpdateAccountSettingsOutput, error) {
	return call(ctx, c.b, in, c.b.updateAccountSettings)
}

func (b *Broker) updateAccountSettings(_ context.Context, in *kinesis.UpdateAccountSettingsInput) (*kinesis.UpdateAccountSettingsOutput, error) {
	const field = "minimumThroughputBillingCommitment"
	var v violations
	v.required(field, in.MinimumThroughputBillingCommitment != nil)
	status := types.MinimumThroughputBillingCommitmentInputStatus("")
	if in.MinimumThroughputBillingCommitment != nil {
		status = in.MinimumThroughputBillingCommitment.Status
		v.required(field+".status", status != "")
		enum(&v, field+".status", status, status.Values())
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.commit(status == types.MinimumThroughputBillingCommitmentInputStatusEnabled); err != nil {
		return nil, err
	}
	return &kinesis.UpdateAccountSettingsOutput{MinimumThroughputBillingCommitment: b.account.Commitment.describe(b.now())}, nil
}
