package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UpdateMaxRecordSize sets how large a record of a stream may be, its partition key included: from 1 to 10 MiB. Records
// that are there already stay. See kinesis.Client.UpdateMaxRecordSize.
func (c *Client) UpdateMaxRecordSize(ctx context.Context, in *kinesis.UpdateMaxRecordSizeInput, _ ...options) (*kinesis.UpdateMaxRecordSizeOutput, error) {
	return call(ctx, c.b, in, c.b.updateMaxRecordSize)
}

func (b *Broker) updateMaxRecordSize(_ context.Context, in *kinesis.UpdateMaxRecordSizeInput) (*kinesis.UpdateMaxRecordSizeOutput, error) {
	var v violations
	v.required("maxRecordSizeInKiB", in.MaxRecordSizeInKiB != nil)
	v.number("maxRecordSizeInKiB", in.MaxRecordSizeInKiB, defaultRecordKiB, maxRecordKiB)
	v.stream(nil, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = b.change(s, func(_ *version, set *settings) error {
		set.MaxRecordKiB = *in.MaxRecordSizeInKiB
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateMaxRecordSizeOutput{}, nil
}
