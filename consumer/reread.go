package consumer

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// StreamReader is what it takes to read a stream again; *kinesis.Client has it.
type StreamReader interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// shardsOf returns all shards of a stream, closed ones too, in the order of their ids, which is that in which they came into being. Kinesis lists them so and does not promise it, and
// a rebuild in parts passes the shards whose ids are less than the one that it has come to.
func shardsOf(ctx context.Context, s StreamReader, stream string) ([]string, error) {
	var ids []string
	in := &kinesis.ListShardsInput{StreamName: &stream}
	for {
		out, err := s.ListShards(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		for _, s := range out.Shards {
			ids = append(ids, *s.ShardId)
		}
		if out.NextToken == nil {
			slices.Sort(ids)
			return ids, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// eachRecord calls f for the records of a shard, from where it says to the tip or until f does not want to go on.
func eachRecord(ctx context.Context, s StreamReader, from kinesis.GetShardIteratorInput, f func(*types.Record) (bool, error)) error {
	it, err := s.GetShardIterator(ctx, &from)
	if err != nil {
		return fmt.Errorf("get iterator: %w", err)
	}
	for next := it.ShardIterator; next != nil; {
		out, err := s.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
		if err != nil {
			return fmt.Errorf("get records: %w", err)
		}
		for i := range out.Records {
			if on, err := f(&out.Records[i]); err != nil || !on {
				return err
			}
		}
		if len(out.Records) == 0 && (out.MillisBehindLatest == nil || *out.MillisBehindLatest == 0) {
			return nil
		}
		next = out.NextShardIterator
	}
	return nil
}

// copiesOf takes a record apart as the consumer does.
func copiesOf(arn, shard string, rec *types.Record) []item {
	items, _ := unpack(nil, &events.KinesisEventRecord{
		EventID: shard + ":" + *rec.SequenceNumber, EventSourceArn: arn,
		Kinesis: events.KinesisRecord{
			SequenceNumber: *rec.SequenceNumber, Data: rec.Data, PartitionKey: *rec.PartitionKey,
			ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: aws.ToTime(rec.ApproximateArrivalTimestamp)},
		},
	})
	readEvents(items)
	return items
}
