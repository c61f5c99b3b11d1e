package mapping_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/stream"
)

var (
	_ mapping.Kinesis = (*stream.Client)(nil)
	_ mapping.Waiter  = (*stream.Client)(nil)
)

// checkpoints keeps them in memory.
type checkpoints struct{ saved sync.Map }

func (c *checkpoints) Load(_ context.Context, shardID string) (string, bool, error) {
	checkpoint, ok := c.saved.Load(shardID)
	if !ok {
		return "", false, nil
	}
	return checkpoint.(string), true, nil
}

func (c *checkpoints) Save(_ context.Context, shardID, checkpoint string) error {
	c.saved.Store(shardID, checkpoint)
	return nil
}

// tally counts deliveries by data. Every third invocation fails after that.
type tally struct {
	mu          sync.Mutex
	invocations int
	delivered   map[string]int
}

func (y *tally) function(_ context.Context, e events.KinesisEvent) (events.KinesisEventResponse, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.invocations++; y.invocations%3 == 0 {
		return events.KinesisEventResponse{}, errors.New("every third fails")
	}
	for _, r := range e.Records {
		y.delivered[string(r.Kinesis.Data)]++
	}
	return events.KinesisEventResponse{}, nil
}

// The mapping on the embedded stream: both are stopped and started again between puts, and every record is accepted once.
func TestOnTheEmbeddedStream(t *testing.T) {
	const rounds, records = 3, 400
	dir, saved := t.TempDir(), &checkpoints{}
	y := &tally{delivered: map[string]int{}}
	want := map[string]int{}
	for round := range rounds {
		broker := open(t, dir)
		client := broker.Client()
		if round == 0 {
			create(t, client, 3)
		}
		finish := start(t, mapping.Config{Kinesis: client, Checkpoints: saved, Function: y.function, BatchSize: 50})
		for _, name := range put(t, client, round, records) {
			want[name] = 1
		}
		finish()
		if err := broker.Close(); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(y.delivered, want) {
			t.Fatalf("round %d: accepted %d different records, want each of %d once", round, len(y.delivered), len(want))
		}
	}
}

func open(t testing.TB, dir string) *stream.Broker {
	t.Helper()
	broker, err := stream.Open(stream.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return broker
}

func create(t testing.TB, client *stream.Client, shards int32) {
	t.Helper()
	_, err := client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: new("clicks"), ShardCount: &shards})
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a mapping of the stream; finish waits until all is consumed and stops it.
func start(t testing.TB, c mapping.Config) (finish func()) {
	t.Helper()
	c.StreamName, c.StreamARN = "clicks", "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
	m, err := mapping.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	return func() {
		t.Helper()
		if err := m.WaitIdle(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// put puts that many records and returns their data.
func put(t testing.TB, client *stream.Client, round, records int) (names []string) {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: new("clicks")}
	for i := range records {
		name := fmt.Sprintf("%400d of round %d", i, round)
		names = append(names, name)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte(name), PartitionKey: new(fmt.Sprint(i))})
	}
	out, err := client.PutRecords(t.Context(), in)
	if err != nil || *out.FailedRecordCount > 0 {
		t.Fatalf("put: %v, %+v", err, out)
	}
	return names
}

// BenchmarkMapping delivers records of about 415 B from the embedded stream to a function that does nothing.
func BenchmarkMapping(b *testing.B) {
	broker := open(b, b.TempDir())
	defer func() { _ = broker.Close() }()
	client := broker.Client()
	create(b, client, 1)
	const puts = 200
	for round := range puts {
		put(b, client, round, 500)
	}
	idle := func(context.Context, events.KinesisEvent) (events.KinesisEventResponse, error) {
		return events.KinesisEventResponse{}, nil
	}
	b.ReportAllocs()
	for b.Loop() {
		start(b, mapping.Config{Kinesis: client, Checkpoints: &checkpoints{}, Function: idle, BatchSize: 500})()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*puts*500), "ns/record")
}
