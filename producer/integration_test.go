package producer_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/stream"
)

// api is what these tests need of Kinesis.
type api interface {
	producer.PutRecordsAPI
	CreateStream(context.Context, *kinesis.CreateStreamInput, ...func(*kinesis.Options)) (*kinesis.CreateStreamOutput, error)
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// What the producer says is delivered lies on the embedded stream once, each key in its order, by either door.
func TestOntoTheEmbeddedStream(t *testing.T) {
	broker, err := stream.Open(stream.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(broker)
	t.Cleanup(func() {
		server.Close()
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	transport := server.Client()
	defer transport.CloseIdleConnections()
	overHTTP := kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), HTTPClient: transport,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
	t.Run("in process", func(t *testing.T) { deliver(t, broker.Client(), "direct") })
	t.Run("over HTTP", func(t *testing.T) { deliver(t, overHTTP, "wire") })
	t.Run("no stream", func(t *testing.T) { refused(t, broker.Client()) })
	t.Run("no stream over HTTP", func(t *testing.T) { refused(t, overHTTP) })
}

// deliver puts the events of several visitors at the same time, and reads them back.
func deliver(t *testing.T, client api, name string) {
	const visitors, each = 20, 50
	create(t, client, name)
	p, err := producer.New(client, name, producer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for v := range visitors {
		all.Go(func() {
			for n := range each {
				e := event.Event{Site: "demo", Name: event.Pageview, ID: fmt.Sprintf("%d-%d", v, n), Visitor: fmt.Sprint(v)}
				if n%10 == 0 {
					if err := p.PutEvent(t.Context(), &e); err != nil {
						t.Error(err)
					}
					continue
				}
				it := producer.Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)}
				if err := p.PutAsync(t.Context(), it, func(r producer.Result) { succeed(t, r) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := readBack(t, client, name)
	for v := range visitors {
		var want []string
		for n := range each {
			want = append(want, fmt.Sprintf("%d-%d", v, n))
		}
		key := (&event.Event{Site: "demo", Visitor: fmt.Sprint(v)}).PartitionKey()
		if !slices.Equal(got[key], want) {
			t.Errorf("visitor %d: stored %v", v, got[key])
		}
	}
	if s := p.Stats(); len(got) != visitors || s.Events != visitors*each || s.Records >= s.Events {
		t.Errorf("%d keys stored, %+v: want packed records", len(got), s)
	}
}

func succeed(t *testing.T, r producer.Result) {
	if r.Err != nil || !strings.HasPrefix(r.ShardID, "shardId-") || r.SequenceNumber == "" {
		t.Errorf("result %+v", r)
	}
}

func create(t *testing.T, client api, name string) {
	t.Helper()
	_, err := client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	for {
		out, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return
		}
	}
}

// readBack returns the ids of all events on a stream, by partition key, in the order of their shard.
func readBack(t *testing.T, client api, name string) map[string][]string {
	t.Helper()
	shards, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: &name})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string][]string{}
	for _, shard := range shards.Shards {
		it, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		for next, more := it.ShardIterator, true; more; {
			out, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: next})
			if err != nil {
				t.Fatal(err)
			}
			next, more = out.NextShardIterator, len(out.Records) > 0
			for _, r := range out.Records {
				ids[*r.PartitionKey] = append(ids[*r.PartitionKey], idsOf(t, r.Data)...)
			}
		}
	}
	return ids
}

func idsOf(t *testing.T, record []byte) (ids []string) {
	t.Helper()
	for line := range strings.SplitSeq(string(record), "\n") {
		var e event.Event
		if bad, err := e.Decode([]byte(line)); err != nil || len(bad) > 0 {
			t.Fatalf("%s: %v %v", line, bad, err)
		}
		ids = append(ids, e.ID)
	}
	return ids
}

func refused(t *testing.T, client api) {
	p, err := producer.New(client, "nowhere", producer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(t.Context())
	if err := p.Put(t.Context(), producer.Item{PartitionKey: "a", Data: []byte("1")}); producer.CodeOf(err) != producer.Refused {
		t.Errorf("put on a stream that does not exist: %v", err)
	}
}
