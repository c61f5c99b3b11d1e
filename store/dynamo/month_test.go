package dynamo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/e2e/npm"
)

// farAPI is some milliseconds away: dynalite is one process that does one thing at a time, and as near as none of the service's tables is.
type farAPI struct {
	API
	away time.Duration
}

func (a *farAPI) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := wait(ctx, a.away); err != nil {
		return nil, err
	}
	return a.API.GetItem(ctx, in, o...)
}

func (a *farAPI) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := wait(ctx, a.away); err != nil {
		return nil, err
	}
	return a.API.Query(ctx, in, o...)
}

// month is thirty days with six batches each, and most of a day with one in each quarter of an hour, all rolled up.
func month(b *testing.B, s *Store, traffic *traffic) (from, to time.Time) {
	b.Helper()
	from = time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	today := from.AddDate(0, 0, 30)
	to = today.Add(21 * time.Hour)
	sites := aggregate.NewSites(s, traffic.clock)
	handler := consumer.New(s, sites, aggregate.NewCommitter(s, sites, aggregate.Options{Now: traffic.clock}), consumer.Options{CreateSites: true, Now: traffic.clock})
	for at, step := from, 4*time.Hour; at.Before(to); at = at.Add(step) {
		if !at.Before(today) {
			step = 15 * time.Minute
		}
		traffic.now.Store(at.UnixMilli())
		if resp, err := handler.Handle(b.Context(), traffic.batch(0)); err != nil || len(resp.BatchItemFailures) > 0 {
			b.Fatal(resp, err)
		}
	}
	traffic.now.Store(to.UnixMilli())
	if err := aggregate.NewRoller(s, sites, traffic.clock).Round(b.Context()); err != nil {
		b.Fatal(err)
	}
	return from, to
}

// BenchmarkMonth asks for the visitors of the last thirty days of a site. How many bodies are read at a time, and how far away the table is, are its dimensions.
func BenchmarkMonth(b *testing.B) {
	server := &tables{client: client(npm.Start(b, "dynalite"))}
	table := server.create(b)
	traffic := newTraffic(profile{Name: "month", Cells: 1, Events: 100})
	from, to := month(b, open(b, server.client, Options{Table: table}), traffic)
	q := query.Query{From: from.UnixMilli(), To: to.UnixMilli(), Metrics: []query.Metric{query.Visitors, query.Pageviews}}
	for _, away := range []time.Duration{0, 5 * time.Millisecond} {
		for _, parallel := range []int{1, 8} {
			b.Run(fmt.Sprintf("away=%v/parallel=%d", away, parallel), func(b *testing.B) {
				s := open(b, &farAPI{server.client, away}, Options{Table: table})
				sites := aggregate.NewSites(s, traffic.clock)
				reader := aggregate.NewReader(s, sites)
				reader.Parallel = parallel
				site, err := sites.Get(b.Context(), "shop")
				if err != nil {
					b.Fatal(err)
				}
				before := s.Consumed().Requests
				for b.Loop() {
					if _, _, err := reader.Query(b.Context(), site, q); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(s.Consumed().Requests-before)/float64(b.N), "calls/op")
			})
		}
	}
}
