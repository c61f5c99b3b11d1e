package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// drain reads all records of a stream, a reader for each shard, and checks that none is missing.
func drain(ctx context.Context, s *server, c *kinesis.Client, stream string, want int) (measured, error) {
	var shard atomic.Int32
	m, err := measure(s, shards, func(m *measured) error {
		id := fmt.Sprintf("shardId-%012d", shard.Add(1)-1)
		return drainShard(ctx, c, stream, id, m)
	})
	if m.records < want { // more, if a call was made twice
		err = errors.Join(err, fmt.Errorf("%s returned %d of %d records", s.name, m.records, want))
	}
	return m, err
}

func drainShard(ctx context.Context, c *kinesis.Client, stream, shard string, m *measured) error {
	it, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return fmt.Errorf("get shard iterator: %w", err)
	}
	for at := it.ShardIterator; ; {
		var out *kinesis.GetRecordsOutput
		err := m.timed(func() (err error) {
			in := &kinesis.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(10_000)}
			for out, err = c.GetRecords(ctx, in); errors.Is(err, net.ErrClosed); {
				out, err = c.GetRecords(ctx, in)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("get records: %w", err)
		}
		if len(out.Records) == 0 {
			return nil
		}
		m.records += len(out.Records)
		at = out.NextShardIterator
	}
}
