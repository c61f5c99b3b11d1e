package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// StopStreamEncryption is only remembered, as StartStreamEncryption is. See kinesis.Client.StopStreamEncryption.
func (c *Client) StopStreamEncryption(
	ctx context.Context, in *kinesis.StopStreamEncryptionInput, _ ...options,
) (*kinesis.StopStreamEncryptionOutput, error) {
	return call(ctx, c.b, in, c.b.stopStreamEncryption)
}

func (b *Broker) stopStreamEncryption(_ context.Context, in *kinesis.StopStreamEncryptionInput) (*kinesis.StopStreamEncryptionOutput, error) {
	if err := b.setEncryption(in.StreamName, in.StreamARN, in.EncryptionType, in.KeyId, false); err != nil {
		return nil, err
	}
	return &kinesis.StopStreamEncryptionOutput{}, nil
}
