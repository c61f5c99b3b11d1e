package producer_test

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/kpl"
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
	t.Run("through reshards", func(t *testing.T) { reshards(t, broker.Client(), "resharded", producer.Options{}) })
	t.Run("through reshards, aggregated by key", func(t *testing.T) {
		reshards(t, broker.Client(), "resharded-aggregated", producer.Options{Aggregation: producer.AggregateKeys})
	})
	t.Run("aggregated by shard", func(t *testing.T) { aggregated(t, broker.Client(), "aggregated") })
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

// reshards changes the number of shards again and again while events are put. Each event is stored once, each visitor's in their order.
func reshards(t *testing.T, client *stream.Client, name string, o producer.Options) {
	const visitors = 20
	create(t, client, name)
	o.Shards = client
	p, err := producer.New(client, name, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	want := make([][]string, visitors)
	for v := range visitors {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				e := event.Event{Site: "demo", Name: event.Pageview, ID: fmt.Sprintf("%d-%d", v, n), Visitor: fmt.Sprint(v)}
				want[v] = append(want[v], e.ID)
				if n%5 > 0 {
					it := producer.Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)}
					if err := p.PutAsync(t.Context(), it, func(r producer.Result) { succeed(t, r) }); err != nil {
						t.Error(err)
					}
				} else if err := p.PutEvent(t.Context(), &e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait := func(until func(producer.Stats) bool) {
		for again := time.Tick(time.Millisecond); !until(p.Stats()); {
			<-again
		}
	}
	wait(func(s producer.Stats) bool { return s.ShardLookups > 0 }) // or the first look would be at the new shards, and there would be none at others
	for _, shards := range []int32{4, 3, 5} {
		_, err := client.UpdateShardCount(t.Context(), &kinesis.UpdateShardCountInput{
			StreamName: &name, TargetShardCount: &shards, ScalingType: types.ScalingTypeUniformScaling})
		if err != nil {
			t.Fatal(err)
		}
		awaitActive(t, client, name)
		seen := p.Stats()
		wait(func(s producer.Stats) bool { return s.Events > seen.Events+500 && s.ShardLookups > 1 })
	}
	stop()
	all.Wait()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := readBack(t, client, name)
	for v := range visitors {
		key := (&event.Event{Site: "demo", Visitor: fmt.Sprint(v)}).PartitionKey()
		if !slices.Equal(got[key], want[v]) {
			t.Errorf("visitor %d: %d events put, %d stored, or in another order", v, len(want[v]), len(got[key]))
		}
	}
	if s := p.Stats(); s.ShardLookups < 2 || s.Failed > 0 {
		t.Errorf("%+v, want the reshards noticed", s)
	}
}

// aggregated puts the events of many visitors, each with one, into few records, which lie where their keys belong.
func aggregated(t *testing.T, client *stream.Client, name string) {
	create(t, client, name)
	p, err := producer.New(client, name, producer.Options{Shards: client, Aggregation: producer.AggregateShards})
	if err != nil {
		t.Fatal(err)
	}
	for again := time.Tick(time.Millisecond); p.Stats().Shards == 0; {
		<-again
	}
	var its []producer.Item
	want := map[string][]string{}
	for v := range 400 {
		e := event.Event{Site: "demo", Name: event.Pageview, ID: fmt.Sprint("id", v), Visitor: fmt.Sprint(v)}
		its = append(its, producer.Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)})
		want[e.PartitionKey()] = append(want[e.PartitionKey()], e.ID)
	}
	if _, err := p.PutAll(t.Context(), its); err != nil {
		t.Error(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := readBack(t, client, name); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%d keys stored, want %d", len(got), len(want))
	}
	if s := p.Stats(); s.Records > 10 || s.ShardLookups != 1 {
		t.Errorf("%+v, want the visitors to share few records", s)
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
	awaitActive(t, client, name)
}

func awaitActive(t *testing.T, client api, name string) {
	t.Helper()
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
			next, more = out.NextShardIterator, out.NextShardIterator != nil && len(out.Records) > 0
			for _, r := range out.Records {
				users := []kpl.Record{{PartitionKey: *r.PartitionKey, Data: r.Data}}
				if kpl.IsAggregated(r.Data) {
					if users, err = kpl.Decode(r.Data); err != nil {
						t.Fatal(err)
					}
				}
				for _, u := range users {
					ids[u.PartitionKey] = append(ids[u.PartitionKey], idsOf(t, u.Data)...)
				}
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
