package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// PutRecord puts one record on a shard and returns when it is on disk. See kinesis.Client.PutRecord.
func (c *Client) PutRecord(ctx context.Context, in *kinesis.PutRecordInput, _ ...options) (*kinesis.PutRecordOutput, error) {
	return call(ctx, c.b, in, c.b.putRecord)
}

func (b *Broker) putRecord(ctx context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
	if err := checkPutRecord(in); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	h, err := recordHashKey(in.PartitionKey, in.ExplicitHashKey)
	if err != nil {
		return nil, err
	}
	out := &kinesis.PutRecordOutput{}
	err = b.use(s, func(v *version) error {
		if !v.fits(in.PartitionKey, in.Data) {
			return v.tooLarge("data", in.PartitionKey, in.Data)
		}
		if err := dryRun(in.DryRun); err != nil {
			return err
		}
		sh := v.open[v.route(h)]
		if !sh.meter.put(len(*in.PartitionKey)+len(in.Data), b.now()) {
			return b.rateExceeded(s, sh)
		}
		done, err := sh.log.Append(ctx, []shardlog.Record{{Key: *in.PartitionKey, Data: in.Data}})
		number := sh.sequence(done.First, done.Arrival).String()
		out.ShardId, out.SequenceNumber, out.EncryptionType = &sh.id, &number, v.encryption()
		return internalError(err)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func checkPutRecord(in *kinesis.PutRecordInput) error {
	var v violations
	v.text("sequenceNumberForOrdering", in.SequenceNumberForOrdering, 0, 1<<20, sequencePattern)
	v.required("partitionKey", in.PartitionKey != nil)
	v.text("partitionKey", in.PartitionKey, 1, 256, anyPattern)
	v.text("explicitHashKey", in.ExplicitHashKey, 0, 1<<20, hashKeyPattern)
	v.required("data", in.Data != nil)
	v.stream(in.StreamName, in.StreamARN)
	return v.err()
}

// fits reports whether a record is within the stream's limit, which counts key and data.
func (v *version) fits(key *string, data []byte) bool {
	return len(*key)+len(data) <= int(v.MaxRecordKiB)<<10
}

// tooLarge is the error for a record that does not fit.
func (v *version) tooLarge(field string, key *string, data []byte) error {
	most := int(v.MaxRecordKiB) << 10
	var wrong violations
	wrong.blob(field, data, most)
	if err := wrong.err(); err != nil {
		return err
	}
	return invalidArgument("Record of %d bytes, partition key included, exceeds the limit of %d bytes.", len(*key)+len(data), most)
}

// recordHashKey is where a record falls in the key space.
func recordHashKey(key, explicit *string) (hashKey, error) {
	if explicit == nil {
		return hashPartitionKey(*key), nil
	}
	h, err := parseHashKey(*explicit)
	if err != nil {
		return h, invalidArgument("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", *explicit)
	}
	return h, nil
}
