package sim

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
)

const streamARN = "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks"

// record is a record on a shard.
type record struct {
	seq     string
	pk      string
	data    []byte
	arrival time.Time
	copies  []*naive.Copy // what the oracle knows of its lines
}

// shard is a shard and its poller: a checkpoint that moves after success, and at most one invocation that is waited for.
type shard struct {
	id         string
	records    []*record
	checkpoint int // index of the first record that is not done
	failures   int // in a row, of what is at the checkpoint
	current    *invocation
}

// stream is what the producers put and the pollers and the audit read.
type stream struct {
	shards []*shard
	seq    uint64
}

func newStream(shards int) *stream {
	s := &stream{}
	for i := range shards {
		s.shards = append(s.shards, &shard{id: fmt.Sprintf("shardId-%012d", i)})
	}
	return s
}

// put appends a record to a shard. Its copies learn their positions.
func (s *stream) put(sh *shard, r *record) {
	s.seq++
	r.seq = fmt.Sprintf("49%054d", s.seq)
	sh.records = append(sh.records, r)
	for i, c := range r.copies {
		c.Position = aggregate.Position{Stream: streamARN, Shard: sh.id, SequenceNumber: r.seq, Index: i}
	}
}

func (sh *shard) drained() bool { return sh.current == nil && sh.checkpoint == len(sh.records) }

// batch is how the event source mapping delivers records.
func (sh *shard) batch(records []*record) events.KinesisEvent {
	var e events.KinesisEvent
	for _, r := range records {
		e.Records = append(e.Records, events.KinesisEventRecord{
			EventID: sh.id + ":" + r.seq, EventSourceArn: streamARN,
			Kinesis: events.KinesisRecord{
				SequenceNumber: r.seq, PartitionKey: r.pk, Data: r.data,
				ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: r.arrival},
			},
		})
	}
	return e
}

// The audit reads the stream through these.

func (s *stream) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	out := &kinesis.ListShardsOutput{}
	for _, sh := range s.shards {
		out.Shards = append(out.Shards, types.Shard{ShardId: &sh.id})
	}
	return out, nil
}

func (s *stream) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	for i, sh := range s.shards {
		if sh.id == *in.ShardId {
			return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(strconv.Itoa(i))}, nil
		}
	}
	return nil, fmt.Errorf("no shard %s", *in.ShardId)
}

func (s *stream) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	i, err := strconv.Atoi(*in.ShardIterator)
	if err != nil {
		return nil, err
	}
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0)}
	for _, r := range s.shards[i].records {
		out.Records = append(out.Records, types.Record{
			SequenceNumber: &r.seq, PartitionKey: &r.pk, Data: r.data, ApproximateArrivalTimestamp: &r.arrival,
		})
	}
	return out, nil
}
