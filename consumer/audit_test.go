package consumer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
)

// oneShard is a stream of what was delivered to a bench.
type oneShard []events.KinesisEventRecord

func (oneShard) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return &kinesis.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("shardId-000000000001")}}}, nil
}

func (oneShard) GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String("start")}, nil
}

func (s oneShard) GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0)}
	for _, r := range s {
		out.Records = append(out.Records, types.Record{
			SequenceNumber: &r.Kinesis.SequenceNumber, PartitionKey: &r.Kinesis.PartitionKey, Data: r.Kinesis.Data,
			ApproximateArrivalTimestamp: &r.Kinesis.ApproximateArrivalTimestamp.Time,
		})
	}
	return out, nil
}

func (b *bench) audit(consumed consumer.Progress, records ...events.KinesisEventRecord) *consumer.Audit {
	b.t.Helper()
	a := &consumer.Auditor{
		Stream: oneShard(records), StreamName: "clicks", StreamARN: "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks", Store: b.store, Sites: b.sites,
		Consumed: func(context.Context, string) (consumer.Progress, error) { return consumed, nil },
	}
	audit, err := a.Run(b.t.Context(), "")
	if err != nil {
		b.t.Fatal(err)
	}
	return audit
}

// anyOrder is a stream whose shards are listed in any order, and remembers in which one they are read.
type anyOrder struct {
	oneShard
	listed []string
	read   *[]string
}

func (s anyOrder) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	out := &kinesis.ListShardsOutput{}
	if in.NextToken == nil {
		out.Shards, out.NextToken = []types.Shard{{ShardId: &s.listed[0]}}, aws.String("more")
		return out, nil
	}
	for i := range s.listed[1:] {
		out.Shards = append(out.Shards, types.Shard{ShardId: &s.listed[1+i]})
	}
	return out, nil
}

func (s anyOrder) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	*s.read = append(*s.read, *in.ShardId)
	return s.oneShard.GetShardIterator(ctx, in)
}

// A rebuild in parts passed shards that were listed behind the one that it had come to and have lesser ids: what they hold was not made anew.
func TestShardsAreReadInTheOrderOfTheirIDs(t *testing.T) {
	b := newBench(t)
	var read []string
	a := &consumer.Auditor{
		Stream: anyOrder{listed: []string{"shardId-000000000002", "shardId-000000000010", "shardId-000000000001"}, read: &read}, StreamName: "clicks", Store: b.store, Sites: b.sites,
		Consumed: func(context.Context, string) (consumer.Progress, error) { return everything, nil },
	}
	if _, err := a.Run(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if want := []string{"shardId-000000000001", "shardId-000000000002", "shardId-000000000010"}; !slices.Equal(read, want) {
		t.Errorf("read %v, want %v", read, want)
	}
}

var everything = consumer.Progress{All: true}

// An audit of what was consumed agrees with the books, and finds a record that was skipped.
func TestAuditFindsWhatIsMissing(t *testing.T) {
	b := newBench(t)
	records := []events.KinesisEventRecord{
		b.record(pageview("1", "ann", "/", noon), pageview("1", "ann", "/", noon), "{"),
		b.record(pageview("2", "ann", "/", noon)),
		b.record("hello"),
		b.record(pageview("3", "ann", "/", noon.Add(-25*time.Hour))),
	}
	b.deliver(records[0], records[2], records[3])
	if a := b.audit(everything, records...); a.Agrees || a.DifferenceCount != 1 || a.Differences[0].ID != "2" || a.Differences[0].Kind != "missing" {
		t.Errorf("one was skipped: %+v", a)
	}
	if a := b.audit(consumer.Progress{SequenceNumber: records[0].Kinesis.SequenceNumber}, records...); !a.Agrees || a.Pending != 1 {
		t.Errorf("one is pending: %+v", a)
	}
	b.deliver(records[1])
	a := b.audit(everything, records...)
	if !a.Agrees || a.Copies != 6 || a.Events != 2 || a.Counted != 2 || a.Duplicate != 1 || a.Late != 1 || a.Quarantined != 2 {
		t.Errorf("all were delivered: %+v", a)
	}
}

// A copy that believes the event's time finds only the guard that an earlier one left: a duplicate, and no difference.
func TestAuditAcceptsADuplicateOfAGuard(t *testing.T) {
	b := newBench(t)
	ahead := pageview("1", "ann", "/", noon.Add(event.MaxAheadMS*time.Millisecond+time.Minute))
	first := b.record(ahead)
	b.now = b.now.Add(2 * time.Minute)
	second := b.record(ahead)
	b.deliver(first)
	b.deliver(second)
	if a := b.audit(everything, first, second); !a.Agrees || a.Counted != 1 || a.Duplicate != 1 {
		t.Errorf("audit %+v", a)
	}
}

// What was counted before a site was removed, or taken anew, was counted all the same.
func TestAuditKnowsRemovedSites(t *testing.T) {
	b := newBench(t)
	r := b.record(pageview("1", "ann", "/", noon))
	b.deliver(r)
	if err := b.sites.Remove(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	if a := b.audit(everything, r); !a.Agrees || a.Counted != 1 {
		t.Errorf("removed: %+v", a)
	}
	if _, err := b.sites.Add(t.Context(), aggregate.Site{ID: "demo"}); err != nil {
		t.Fatal(err)
	}
	if a := b.audit(everything, r); !a.Agrees || a.Counted != 1 {
		t.Errorf("taken anew: %+v", a)
	}
}

// A log that cannot be read ends no audit: the copies that may be in it are named, and all others looked up. What was put aside because of it is found there.
func TestAuditGoesOnPastDamage(t *testing.T) {
	b := newBench(t)
	damaged, whole := b.record(pageview("1", "ann", "/", noon)), b.record(pageview("2", "ann", "/", noon.Add(-time.Hour)))
	b.deliver(damaged, whole)
	b.writeLogs([]byte{2, 0xff, '{'})
	b.now = b.now.Add(time.Minute) // what is put aside is booked in another window
	b.restart()
	aside := b.record(pageview("3", "ann", "/", noon))
	b.deliver(aside)
	a := b.audit(everything, damaged, whole, aside)
	if a.Agrees || a.Copies != 3 || a.Counted != 1 || a.Quarantined != 1 || a.DifferenceCount != 1 {
		t.Fatalf("audit %+v", a)
	}
	if d := a.Differences[0]; d.Kind != "unreadable" || d.ID != "1" || !strings.Contains(d.Message, "corrupt") {
		t.Errorf("it names %+v", d)
	}
}

// What a newer program wrote ends no audit either. It is of another error than ErrCorrupt, for a consumer waits until it is replaced, and an audit ended there.
func TestAuditGoesOnPastWhatANewerProgramWrote(t *testing.T) {
	b := newBench(t)
	newer, whole := b.record(pageview("1", "ann", "/", noon)), b.record(pageview("2", "ann", "/", noon.Add(-time.Hour)), "hello")
	b.deliver(newer, whole)
	b.writeLogs([]byte{200})
	a := b.audit(everything, newer, whole)
	if a.Agrees || a.Copies != 3 || a.Counted != 1 || a.Quarantined != 1 || a.DifferenceCount != 1 {
		t.Fatalf("audit %+v", a)
	}
	if d := a.Differences[0]; d.Kind != "unreadable" || d.ID != "1" || !strings.Contains(d.Message, "version 200") {
		t.Errorf("it names %+v", d)
	}
}

// writeLogs appends bytes as a delta to every log of demo of noon.
func (b *bench) writeLogs(bytes []byte) {
	b.t.Helper()
	demo, err := b.sites.Get(b.t.Context(), "demo")
	if err != nil {
		b.t.Fatal(err)
	}
	for cell := range 2 {
		b.write(bytes, fmt.Sprintf("D#%d#demo#%d#%012x", demo.Gen, cell, noon.Truncate(time.Hour).UnixMilli()), fmt.Sprintf("%012x", noon.Truncate(10*time.Second).UnixMilli()), true)
	}
}
