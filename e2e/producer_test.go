package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/producer/zstd"
)

// clickStream is the stream of "streamgauge up".
const clickStream = "clicks"

// TestProducerThroughKills: a service puts events by the library while the server is killed and started again and again, and its shards
// are split. Everything is delivered, each visitor's events in their order, and every event is counted once.
func TestProducerThroughKills(t *testing.T) {
	t.Parallel()
	kills := 4
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		kills = 40
	}
	seed := rand.Uint64()
	t.Attr("producer_kill_seed", strconv.FormatUint(seed, 10))
	rng := rand.New(rand.NewPCG(seed, 0))
	compressor, err := zstd.New(zstd.Fastest)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("lines", func(t *testing.T) { throughKills(t, producer.Options{}, kills, rng) })
	t.Run("compressed", func(t *testing.T) { throughKills(t, producer.Options{Compressor: compressor}, kills, rng) })
	t.Run("aggregated", func(t *testing.T) { throughKills(t, producer.Options{Aggregation: producer.AggregateKeys}, kills, rng) })
}

func throughKills(t *testing.T, o producer.Options, kills int, rng *rand.Rand) {
	h := newHome(t)
	s := h.start(t)
	s.mustRun(t, "site", "add", "demo", "--bots", "count")
	client := kinesisClient(s.Kinesis)
	o.Shards, o.Linger, o.CallTimeout = client, 5*time.Millisecond, 5*time.Second
	o.RetryFor, o.MaxAttempts, o.BackoffCap = patience, 1000, 200*time.Millisecond
	p, err := producer.New(client, clickStream, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	services := make([]*service, 3)
	var work sync.WaitGroup
	for i := range services {
		services[i] = &service{t: t, id: i, p: p}
		work.Go(func() { services[i].run(ctx) })
	}
	for range kills {
		s = killAndStart(t, rng, h, s)
		splitSome(t, client, rng)
	}
	// A kill can meet every question for the shards so far: then the next one is a few seconds away.
	await(t, "the producer knows the shards", func() bool { return p.Stats().Shards >= 2 })
	stop()
	work.Wait()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	checkDelivered(t, s, client, services)
	stats := p.Stats()
	t.Attr("producer_retries", fmt.Sprint(stats.Retries))
	t.Attr("producer_shards", fmt.Sprint(stats.Shards))
	if stats.Retries == 0 {
		t.Errorf("%+v: nobody was disturbed", stats)
	}
	s.stop(t)
}

// service puts events of some visitors, each with its own number.
type service struct {
	t      *testing.T
	id     int
	p      *producer.Producer
	sent   [10]int // by visitor
	failed atomic.Int64
}

func (s *service) visitor(v int) string { return fmt.Sprintf("service-%d-visitor-%d", s.id, v) }

func (s *service) run(ctx context.Context) {
	rng := rand.New(rand.NewPCG(uint64(s.id), 1))
	for ctx.Err() == nil {
		v := rng.IntN(len(s.sent))
		e := event.Event{
			Site: "demo", Name: event.Pageview, ID: fmt.Sprintf("%s-%d", s.visitor(v), s.sent[v]), Visitor: s.visitor(v), TS: time.Now().UnixMilli(),
			URL: "https://demo.example/a/page/with/a/long/enough/address/to/be/like/a/real/one?utm_source=newsletter", Title: "A page",
		}
		s.sent[v]++
		it := producer.Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)}
		err := s.p.PutAsync(s.t.Context(), it, func(r producer.Result) {
			if r.Err != nil {
				s.failed.Add(1)
				s.t.Errorf("%s: %v", e.ID, r.Err)
			}
		})
		if err != nil {
			s.t.Error(err)
			return
		}
		if s.sent[v]%10 == 0 {
			pause(ctx)
		}
	}
}

// splitSome splits an open shard in the middle, and waits until that is done.
func splitSome(t *testing.T, c *kinesis.Client, rng *rand.Rand) {
	t.Helper()
	out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String(clickStream)})
	if err != nil {
		t.Fatal(err)
	}
	open := slices.DeleteFunc(out.Shards, func(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber != nil })
	shard := open[rng.IntN(len(open))]
	_, err = c.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String(clickStream), ShardToSplit: shard.ShardId, NewStartingHashKey: aws.String(middle(shard.HashKeyRange)),
	})
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the stream is active", func() bool {
		out, err := c.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(clickStream)})
		return err == nil && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive
	})
}

func checkDelivered(t *testing.T, s *server, c *kinesis.Client, services []*service) {
	t.Helper()
	got := map[string][]string{} // by visitor, the ids in the order of the stream, copies left out
	seen := map[string]bool{}
	copies := 0
	out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String(clickStream)})
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range out.Shards { // parents come before their children
		for _, r := range readShard(t, c, clickStream, *shard.ShardId) {
			for _, e := range eventsOf(t, []byte(r.data)) {
				if copies++; !seen[e.ID] {
					seen[e.ID] = true
					got[e.Visitor] = append(got[e.Visitor], e.ID)
				}
			}
		}
	}
	total := 0
	for _, svc := range services {
		for v, n := range svc.sent {
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintf("%s-%d", svc.visitor(v), i))
			}
			total += n
			if !slices.Equal(got[svc.visitor(v)], want) {
				t.Errorf("%s: %d events sent, on the stream %.300s", svc.visitor(v), n, strings.Join(got[svc.visitor(v)], " "))
			}
		}
	}
	s.awaitReceived(t, "demo", int64(copies))
	s.mustRun(t, "audit", "--site", "demo")
	b := s.ledger(t, "demo")
	t.Attr("producer_events", strconv.Itoa(total))
	t.Attr("producer_second_copies", strconv.Itoa(copies-total))
	if !b.Balanced || b.Counted != int64(total) || b.Received != int64(copies) || b.Duplicate != int64(copies-total) {
		t.Errorf("the books are %+v, want %d counted of %d copies", b, total, copies)
	}
}
