package mapping_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/stream"
)

// order checks that the numbers of each key are accepted one after the other. Every seventh invocation fails.
type order struct {
	t           *testing.T
	mu          sync.Mutex
	invocations int
	next        map[string]int
	shards      map[string]bool
}

func (o *order) function(_ context.Context, e events.KinesisEvent) (events.KinesisEventResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.invocations++; o.invocations%7 == 0 {
		return events.KinesisEventResponse{}, errors.New("every seventh fails")
	}
	for _, r := range e.Records {
		key := r.Kinesis.PartitionKey
		if got := string(r.Kinesis.Data); got != strconv.Itoa(o.next[key]) {
			o.t.Errorf("key %s: %s, want %d", key, got, o.next[key])
		}
		o.next[key]++
		o.shards[r.EventID[:len("shardId-000000000000")]] = true
	}
	return events.KinesisEventResponse{}, nil
}

// Shards are split and merged while records are put and delivered, and the mapping is stopped and started in between: parents
// come before their children, and each key's records in order, each once.
func TestOnAStreamThatIsResharded(t *testing.T) {
	const keys = 20
	broker := open(t, t.TempDir())
	defer func() { _ = broker.Close() }()
	client, saved := broker.Client(), &checkpoints{}
	create(t, client, 1)
	o := &order{t: t, next: map[string]int{}, shards: map[string]bool{}}
	n := 0
	for _, targets := range [][]int32{{2, 4}, {8, 4}, {3}, {2, 1}} {
		finish := start(t, mapping.Config{Kinesis: client, Checkpoints: saved, Function: o.function, BatchSize: 10})
		for _, target := range targets {
			n = putNumbered(t, client, keys, n, 5)
			rescale(t, client, target)
			n = putNumbered(t, client, keys, n, 5)
		}
		finish()
	}
	for key := range keys {
		if got := o.next[fmt.Sprint(key)]; got != n {
			t.Errorf("key %d: accepted %d of %d", key, got, n)
		}
	}
	if len(o.shards) < 20 { // of 25; some have no key
		t.Errorf("records came from %d shards", len(o.shards))
	}
}

// putNumbered puts the numbers from n on of every key, and returns the next one.
func putNumbered(t *testing.T, client *stream.Client, keys, n, count int) int {
	t.Helper()
	for range count {
		in := &kinesis.PutRecordsInput{StreamName: new("clicks")}
		for key := range keys {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte(strconv.Itoa(n)), PartitionKey: new(fmt.Sprint(key))})
		}
		out, err := client.PutRecords(t.Context(), in)
		if err != nil || *out.FailedRecordCount > 0 {
			t.Fatalf("put: %v, %+v", err, out)
		}
		n++
	}
	return n
}

func rescale(t *testing.T, client *stream.Client, shards int32) {
	t.Helper()
	_, err := client.UpdateShardCount(t.Context(), &kinesis.UpdateShardCountInput{
		StreamName: new("clicks"), TargetShardCount: &shards, ScalingType: types.ScalingTypeUniformScaling,
	})
	if err != nil {
		t.Fatal(err)
	}
}
