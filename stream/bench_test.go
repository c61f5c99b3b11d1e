package stream_test

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// cpuMicros is the CPU time that the process has used, in microseconds.
func cpuMicros(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec)*1e6 + float64(u.Utime.Usec+u.Stime.Usec)
}

func benchStream(b *testing.B, shards int32) *stream.Client {
	b.Helper()
	broker, err := stream.Open(stream.Options{Dir: b.TempDir(), FS: disk.OS{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = broker.Close() })
	c := broker.Client()
	if _, err := c.CreateStream(b.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: &shards}); err != nil {
		b.Fatal(err)
	}
	return c
}

// benchInput is a full PutRecords of records of a size, keys of 36 bytes included.
func benchInput(size int) *kinesis.PutRecordsInput {
	in := &kinesis.PutRecordsInput{StreamName: aws.String("s")}
	for i := range 500 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{
			PartitionKey: aws.String(fmt.Sprintf("%036d", i)), Data: make([]byte, size-36),
		})
	}
	return in
}

// BenchmarkPutRecords reports the CPU time of one record, put in batches of 500 with one sync of each shard.
func BenchmarkPutRecords(b *testing.B) {
	for _, shards := range []int32{1, 4} {
		for _, size := range []int{200, 423, 1024} {
			b.Run(fmt.Sprintf("shards=%d/bytes=%d", shards, size), func(b *testing.B) {
				c, in := benchStream(b, shards), benchInput(size)
				b.ReportAllocs()
				before := cpuMicros(b)
				for b.Loop() {
					if _, err := c.PutRecords(b.Context(), in); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric((cpuMicros(b)-before)/float64(b.N*len(in.Records)), "cpu-µs/record")
			})
		}
	}
}

// BenchmarkGetRecords reads 10,000 records of 200 bytes at a time, from memory and from disk.
func BenchmarkGetRecords(b *testing.B) {
	for _, from := range []string{"memory", "disk"} {
		b.Run("from="+from, func(b *testing.B) {
			c := benchStream(b, 1)
			puts := 20
			if from == "disk" {
				puts = 600 // so that the first are no longer in memory
			}
			for range puts {
				if _, err := c.PutRecords(b.Context(), benchInput(200)); err != nil {
					b.Fatal(err)
				}
			}
			it, err := c.GetShardIterator(b.Context(), &kinesis.GetShardIteratorInput{
				StreamName: aws.String("s"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := cpuMicros(b)
			for b.Loop() {
				out, err := c.GetRecords(b.Context(), &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
				if err != nil || len(out.Records) != 10_000 {
					b.Fatalf("%d records: %v", len(out.Records), err)
				}
			}
			b.ReportMetric((cpuMicros(b)-before)/1000/float64(b.N), "cpu-ms/call")
		})
	}
}

// BenchmarkIdle holds 1,000 streams of one shard, a record in each and a reader waiting at its tip, for a second an operation,
// and reports how much of one CPU that takes. Run it with -benchtime=70x to see what is done once a minute.
func BenchmarkIdle(b *testing.B) {
	c := benchStream(b, 1)
	ctx, cancel := context.WithCancel(b.Context())
	var readers sync.WaitGroup
	for i := range 1000 {
		name := fmt.Sprint("idle-", i)
		if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)}); err != nil {
			b.Fatal(err)
		}
		if _, err := putText(c, name, "k", "x"); err != nil {
			b.Fatal(err)
		}
		it, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest,
		})
		if err != nil {
			b.Fatal(err)
		}
		readers.Go(func() { _ = c.WaitForRecords(ctx, *it.ShardIterator) })
	}
	before := cpuMicros(b)
	for b.Loop() {
		time.Sleep(time.Second)
	}
	b.ReportMetric((cpuMicros(b)-before)/1e4/float64(b.N), "cpu-%")
	cancel()
	readers.Wait()
}
