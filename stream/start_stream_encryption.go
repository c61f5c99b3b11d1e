package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// StartStreamEncryption is only remembered: puts, records and descriptions say KMS from then on, but nothing on disk is
// encrypted and no key is asked for. See kinesis.Client.StartStreamEncryption.
func (c *Client) StartStreamEncryption(
	ctx context.Context, in *kinesis.StartStreamEncryptionInput, _ ...options,
) (*kinesis.StartStreamEncryptionOutput, error) {
	return call(ctx, c.b, in, c.b.startStreamEncryption)
}

func (b *Broker) startStreamEncryption(_ context.Context, in *kinesis.StartStreamEncryptionInput) (*kinesis.StartStreamEncryptionOutput, error) {
	if err := b.setEncryption(in.StreamName, in.StreamARN, in.EncryptionType, in.KeyId, true); err != nil {
		return nil, err
	}
	return &kinesis.StartStreamEncryptionOutput{}, nil
}

// setEncryption remembers the key of a stream, or that it has none.
func (b *Broker) setEncryption(name, arn *string, kind types.EncryptionType, key *string, on bool) error {
	var v violations
	v.required("encryptionType", kind != "")
	enum(&v, "encryptionType", kind, kind.Values())
	v.required("keyId", key != nil)
	v.text("keyId", key, 1, 2048, anyPattern)
	v.stream(name, arn)
	if err := v.err(); err != nil {
		return err
	}
	if kind != types.EncryptionTypeKms {
		return invalidArgument("EncryptionType must be %s.", types.EncryptionTypeKms)
	}
	s, err := b.lookup(name, arn)
	if err != nil {
		return err
	}
	return b.change(s, func(_ *version, set *settings) error {
		set.KeyID = ""
		if on {
			set.KeyID = *key
		}
		return nil
	})
}

// encryption is what the API says about a stream's records. Kinesis says of each record how it was put; here all say how
// the stream is now.
func (v *version) encryption() types.EncryptionType {
	if v.KeyID == "" {
		return types.EncryptionTypeNone
	}
	return types.EncryptionTypeKms
}

// keyID is the key of encryption, nil while it is off.
func (v *version) keyID() *string {
	if v.KeyID == "" {
		return nil
	}
	return new(v.KeyID)
}
