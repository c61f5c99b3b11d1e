package producer_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/producer/zstd"
	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// cpuTime is what this process has computed so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// load is calls of 500 events of about 423 bytes, as many visitors in each as are said.
type load struct {
	items  []producer.Item
	canned *kinesis.PutRecordsInput // the same events packed, as one request
}

const callEvents = 500

func newLoad(visitors int) load {
	l := load{canned: &kinesis.PutRecordsInput{StreamName: aws.String("clicks")}}
	records := make([]types.PutRecordsRequestEntry, visitors)
	for i := range callEvents {
		v := i % visitors
		it := producer.Item{PartitionKey: fmt.Sprintf("shop.example/%016x", v), Data: eventBytes(i, v)}
		l.items = append(l.items, it)
		if records[v].PartitionKey == nil {
			records[v] = types.PutRecordsRequestEntry{PartitionKey: &it.PartitionKey, Data: bytes.Clone(it.Data)}
			continue
		}
		records[v].Data = append(append(records[v].Data, '\n'), it.Data...)
	}
	l.canned.Records = records
	return l
}

func eventBytes(i, visitor int) []byte {
	const shape = `{"site":"shop.example","name":"pageview","id":"0190c5a0-1d6e-7a4b-9c1f-%012x","ts":%d,"url":"https://shop.example/articles/%d?utm_source=newsletter&utm_medium=email","referrer":"https://search.example/results?q=tea","title":"An article about tea and the water it wants","visitor":"%016x","session":"%016x","screen":"1920x1080","lang":"de-AT","props":{"plan":"pro","logged_in":"true"},"engaged_ms":%d,"scroll":%d}`
	return fmt.Appendf(nil, shape, i*7919, 1_900_000_000_000+i, i%300, visitor*104729, visitor*15485863, i*37%60000, i%100)
}

// compare does as much by the floor as by the library, in turns, and reports the CPU time of both. Work is given so many callers.
func compare(b *testing.B, callers int, floor, library func() error) {
	const callsATurn = 40
	turn := func(f func() error) time.Duration {
		before := cpuTime(b)
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range callsATurn / callers {
					if err := f(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		return cpuTime(b) - before
	}
	turn(floor)
	turn(library)
	var least, ours time.Duration
	turns := 0
	for b.Loop() {
		least += turn(floor)
		ours += turn(library)
		turns++
	}
	events := float64(turns * callsATurn * callEvents)
	b.ReportMetric(0, "ns/op") // two things in turns: the time of both says nothing
	b.ReportMetric(float64(least)/events, "floor-cpu-ns/event")
	b.ReportMetric(float64(ours)/events, "cpu-ns/event")
	b.ReportMetric(events/ours.Seconds(), "events/cpu-s")
	b.ReportMetric(float64(ours)/float64(least), "of-floor")
}

// BenchmarkEmbedded puts events on the embedded stream in this process; the CPU time is that of both. The floor puts one packed request
// again and again.
func BenchmarkEmbedded(b *testing.B) {
	for _, visitors := range []int{500, 50, 5} {
		for _, callers := range []int{1, 4} {
			b.Run(fmt.Sprintf("visitors=%d/callers=%d", visitors, callers), func(b *testing.B) {
				broker, err := stream.Open(stream.Options{Dir: b.TempDir(), FS: disk.OS{}})
				if err != nil {
					b.Fatal(err)
				}
				defer broker.Close()
				c := broker.Client()
				if _, err := c.CreateStream(b.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(1)}); err != nil {
					b.Fatal(err)
				}
				benchmarkPut(b, c, producer.Options{}, visitors, callers)
			})
		}
	}
}

// BenchmarkSDK puts events by the SDK to a server in another process that does the least it can; the CPU time is that of the client. The floor
// puts one packed request again and again.
func BenchmarkSDK(b *testing.B) {
	url := startSink(b)
	c := kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("any", "thing", ""), Retryer: aws.NopRetryer{},
	})
	small, err := zstd.New(zstd.Fastest)
	if err != nil {
		b.Fatal(err)
	}
	for _, visitors := range []int{500, 50, 5} {
		for _, callers := range []int{1, 4} {
			b.Run(fmt.Sprintf("visitors=%d/callers=%d", visitors, callers), func(b *testing.B) {
				benchmarkPut(b, c, producer.Options{}, visitors, callers)
			})
		}
	}
	b.Run("visitors=5/callers=1/zstd", func(b *testing.B) { benchmarkPut(b, c, producer.Options{Compressor: small}, 5, 1) })
	b.Run("visitors=50/callers=1/aggregated", func(b *testing.B) {
		benchmarkPut(b, c, producer.Options{Aggregation: producer.AggregateKeys}, 50, 1)
	})
	b.Run("visitors=50/callers=1/spool", func(b *testing.B) {
		benchmarkPut(b, c, producer.Options{SpoolDir: b.TempDir(), SpoolNoSync: true}, 50, 1)
	})
}

func benchmarkPut(b *testing.B, c producer.PutRecordsAPI, o producer.Options, visitors, callers int) {
	l := newLoad(visitors)
	p, err := producer.New(c, "clicks", o)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(b.Context())
	b.ReportAllocs()
	compare(b, callers, func() error {
		out, err := c.PutRecords(b.Context(), l.canned)
		for errors.Is(err, net.ErrClosed) { // on a busy machine the client closes its own connection now and then, whoever serves
			out, err = c.PutRecords(b.Context(), l.canned)
		}
		if err == nil && len(out.Records) != visitors {
			err = fmt.Errorf("%d results of %d", len(out.Records), visitors)
		}
		return err
	}, func() error {
		_, err := p.PutAll(b.Context(), l.items)
		return err
	})
	s := p.Stats()
	b.ReportMetric(float64(s.Events)/float64(s.Requests), "events/request")
	b.ReportMetric(float64(s.Bytes)/float64(s.Events), "B/event")
}

// startSink starts this program once more, as the server.
func startSink(b *testing.B) (url string) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), "STREAMGAUGE_TEST_SINK=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		b.Fatal(err)
	}
	b.Cleanup(func() { stop(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}
