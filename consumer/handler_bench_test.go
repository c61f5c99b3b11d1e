package consumer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/embedded"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// BenchmarkHandle takes batches of 500 events of one site, in records of five as a producer packs them, from the stream's records to committed
// windows. The events of a batch lie within two windows.
func BenchmarkHandle(b *testing.B) {
	b.Run("store=memory", func(b *testing.B) { benchmarkHandle(b, storetest.NewMemory()) })
	b.Run("store=embedded", func(b *testing.B) {
		s, err := embedded.Open(b.Context(), embedded.Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		benchmarkHandle(b, s)
	})
}

func benchmarkHandle(b *testing.B, s store.Store) {
	const perBatch, perRecord = 500, 5
	now := noon
	clock := func() time.Time { return now }
	sites := aggregate.NewSites(s, clock)
	c := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: 2, Now: clock})
	h := consumer.New(s, sites, c, consumer.Options{CreateSites: true, Now: clock})
	rng := rand.New(rand.NewPCG(1, 2))
	n := 0
	batch := func() events.KinesisEvent {
		now = now.Add(500 * time.Millisecond)
		var e events.KinesisEvent
		for range perBatch / perRecord {
			var data []byte
			visitor := fmt.Sprintf("visitor-%d", rng.IntN(20_000))
			for range perRecord {
				n++
				ev := event.Event{
					Site: "shop", Name: "pageview", ID: fmt.Sprintf("0190c5a0-1d6e-7a4b-9c1f-%012x", n), TS: now.UnixMilli(), Visitor: visitor,
					URL: fmt.Sprintf("https://shop.example/articles/%d?utm_source=newsletter", rng.IntN(300)), Referrer: "https://search.example/results?q=tea",
					Title: "An article about tea and the water it wants", Screen: "1920x1080", Lang: "de-AT", ReceivedAt: now.UnixMilli(),
					UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
				}
				data = append(ev.AppendJSON(data), '\n')
			}
			e.Records = append(e.Records, events.KinesisEventRecord{
				EventID: fmt.Sprintf("shardId-000000000000:%056d", n), EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
				Kinesis: events.KinesisRecord{
					SequenceNumber: fmt.Sprintf("%056d", n), PartitionKey: "p", Data: data,
					ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: now},
				},
			})
		}
		return e
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		e := batch()
		b.StartTimer()
		resp, err := h.Handle(context.Background(), e)
		if err != nil || len(resp.BatchItemFailures) > 0 {
			b.Fatal(resp, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*perBatch), "ns/event")
}
