package mapping

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// batcher cuts the records of one shard into batches and writes them as Lambda's events.
type batcher struct {
	template events.KinesisEventRecord // what all records of the shard have in common
	shardID  string
	records  int // of a batch, at most
	envelope int // bytes of a record as JSON without its data, partition key and sequence number, at most
}

func newBatcher(c Config, shardID string) batcher {
	a, _ := arn.Parse(c.StreamARN) // validated by New
	b := batcher{
		shardID: shardID,
		records: c.BatchSize,
		template: events.KinesisEventRecord{
			AwsRegion:         a.Region,
			EventName:         "aws:kinesis:record",
			EventSource:       "aws:kinesis",
			EventSourceArn:    c.StreamARN,
			EventVersion:      "1.0",
			InvokeIdentityArn: c.InvokeIdentityARN,
			Kinesis:           events.KinesisRecord{KinesisSchemaVersion: "1.0"},
		},
	}
	b.envelope = b.measureEnvelope()
	return b
}

// measureEnvelope writes a record without what size counts by itself.
func (b batcher) measureEnvelope() int {
	const comma, longerTimestamps = 1, 2
	arrival := time.Unix(9_999_999_999, 123_456_789)
	text, _ := json.Marshal(b.record(types.Record{Data: []byte{}, ApproximateArrivalTimestamp: &arrival}))
	return len(text) + comma + longerTimestamps
}

// cut says how many records, from the first, make the next batch, and whether no more would fit.
func (b batcher) cut(records []types.Record) (n int, full bool) {
	size := len(`{"Records":[]}`)
	for i := range records {
		size += b.size(&records[i])
		if i > 0 && size > MaxPayload {
			return i, true
		}
		if i+1 == b.records {
			return i + 1, true
		}
	}
	return len(records), false
}

// size is how many bytes a record takes in the event as JSON, at most. Its sequence number stands there twice.
func (b batcher) size(r *types.Record) int {
	key, sequence := aws.ToString(r.PartitionKey), aws.ToString(r.SequenceNumber)
	return b.envelope + 2*len(sequence) + jsonLen(key) + base64.StdEncoding.EncodedLen(len(r.Data))
}

// jsonLen is how many bytes s takes in JSON, without quotes, at most.
func jsonLen(s string) int {
	n := len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || strings.IndexByte(`"\<>&`, c) >= 0 {
			n += len(`\u0000`) - 1
		}
	}
	return n
}

// event writes the event anew for each delivery, so that a function that changes its records changes nobody else's.
func (b batcher) event(records []types.Record) events.KinesisEvent {
	out := make([]events.KinesisEventRecord, len(records))
	for i := range records {
		out[i] = b.record(records[i])
	}
	return events.KinesisEvent{Records: out}
}

func (b batcher) record(r types.Record) events.KinesisEventRecord {
	sequence := aws.ToString(r.SequenceNumber)
	out := b.template
	out.EventID = b.shardID + ":" + sequence
	out.Kinesis.SequenceNumber = sequence
	out.Kinesis.PartitionKey = aws.ToString(r.PartitionKey)
	out.Kinesis.Data = r.Data
	out.Kinesis.ApproximateArrivalTimestamp.Time = aws.ToTime(r.ApproximateArrivalTimestamp)
	return out
}
