package mapping

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Kinesis is what the mapping needs of a stream. *kinesis.Client has it.
type Kinesis interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...callOption) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...callOption) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...callOption) (*kinesis.GetRecordsOutput, error)
}

// callOption is the SDK's way to change one call.
type callOption = func(*kinesis.Options)

// Waiter is a Kinesis that can say when to read. Where the Kinesis of a Config has it, it takes the place of the poll interval.
type Waiter interface {
	// WaitForRecords returns nil when there are records behind the iterator or its shard was closed, at once if that is so
	// already; otherwise it waits for it, or for the end of ctx. It may return nil early.
	WaitForRecords(ctx context.Context, shardIterator string) error
}

// Limits of Kinesis.
const (
	maxGetRecords = 10_000 // records of one GetRecords answer
	maxListShards = 1_000  // shards of one ListShards answer
)

func isExpiredIterator(err error) bool {
	_, ok := errors.AsType[*types.ExpiredIteratorException](err)
	return ok
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}

// isThrottle reports whether a call was refused for its rate only.
func isThrottle(err error) bool {
	if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); ok {
		return true
	}
	if _, ok := errors.AsType[*types.KMSThrottlingException](err); ok {
		return true
	}
	_, ok := errors.AsType[*types.LimitExceededException](err)
	return ok
}

// listShards returns all shards of a stream, whatever number of pages they take.
func listShards(ctx context.Context, k Kinesis, stream string) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: &stream, MaxResults: new(int32(maxListShards))}
	for {
		out, err := k.ListShards(ctx, in)
		if err != nil {
			return nil, err
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		// A token names the stream by itself; Kinesis refuses a request that has both.
		in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: in.MaxResults}
	}
}
