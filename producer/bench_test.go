package producer

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// discard acknowledges everything and keeps nothing.
type discard struct{ answer []types.PutRecordsResultEntry }

func newDiscard() discard {
	answer := make([]types.PutRecordsResultEntry, MaxRequestRecords)
	for i := range answer {
		answer[i] = types.PutRecordsResultEntry{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String("1")}
	}
	return discard{answer}
}

func (d discard) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	return &kinesis.PutRecordsOutput{Records: d.answer[:len(in.Records)]}, nil
}

// BenchmarkPutAll is the way of the HTTP door: calls of n items of 423 bytes, by the callers named. Keys are the visitors in a call: 1
// packs everything into one record, n packs nothing.
func BenchmarkPutAll(b *testing.B) {
	for _, c := range []struct{ items, keys, callers int }{{500, 500, 2}, {500, 50, 2}, {500, 1, 2}, {1, 1, 2}, {1, 1, 64}} {
		b.Run(fmt.Sprintf("items=%d/keys=%d/callers=%d", c.items, c.keys, c.callers), func(b *testing.B) {
			benchmarkPutAll(b, c.items, c.keys, c.callers)
		})
	}
}

func benchmarkPutAll(b *testing.B, items, keys, callers int) {
	p, err := New(newDiscard(), "clicks", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(b.Context())
	data := bytes.Repeat([]byte("x"), 423)
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		its := make([]Item, items)
		for i := range its {
			its[i] = Item{PartitionKey: fmt.Sprintf("shop.example/%p%08x", its, i%keys), Data: data}
		}
		for pb.Next() {
			if _, err := p.PutAll(b.Context(), its); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*items), "ns/item")
	s := p.Stats()
	b.ReportMetric(float64(s.Events)/float64(s.Requests), "items/request")
}
