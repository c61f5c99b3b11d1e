package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/event"
)

// The traffic that the units are counted for: each cell's events come in one batch a second, as from a shard of its own whose mapping waits
// for a second.
const (
	unitCells  = 50
	cellEvents = 1000 // a second and cell
	unitsWarm  = 1    // seconds before the counting begins
	unitsFor   = 2    // seconds that are counted
	perVisitor = 5    // events that a packed record holds, of one visitor
)

// bytesAPI counts the bytes of the items that are written.
type bytesAPI struct {
	API
	written atomic.Int64
}

func (a *bytesAPI) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	a.written.Add(int64(sizeOf(in.Item)))
	return a.API.PutItem(ctx, in, o...)
}

// used is what a part has used, with the bytes that it wrote.
type used struct {
	Consumed
	bytes int64
}

func (s *Store) used() used { return used{s.Consumed(), s.api.(*bytesAPI).written.Load()} }

// since reports the difference, by the second.
func (u used) since(t *testing.T, part string, before used, seconds float64) (writes, reads float64) {
	t.Helper()
	writes, reads = (u.Written-before.Written)/seconds, (u.Read-before.Read)/seconds
	t.Attr(part+"_a_second", fmt.Sprintf("%.0f requests, %.0f write units, %.1f read units, %.0f bytes written",
		float64(u.Requests-before.Requests)/seconds, writes, reads, float64(u.bytes-before.bytes)/seconds))
	return writes, reads
}

// TestUnits counts what 50 cells of 1,000 events a second each cost on DynamoDB: for the consumer, for the roll-up of what it wrote, and for one live page, each
// for a second of traffic.
func TestUnits(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	table := server.create(t)
	part := func() *Store {
		return open(t, &bytesAPI{API: server.client}, Options{Table: table})
	}
	traffic := newTraffic()
	writing, rolling, watching := part(), part(), part()

	live := aggregate.NewLive(aggregate.NewReader(watching, aggregate.NewSites(watching, traffic.clock)), aggregate.LiveOptions{Now: traffic.clock})
	defer live.Close()
	sites := aggregate.NewSites(writing, traffic.clock)
	committer := aggregate.NewCommitter(writing, sites, aggregate.Options{Shards: unitCells, Now: traffic.clock, OnCommit: live.Committed})
	handler := consumer.New(writing, sites, committer, consumer.Options{CreateSites: true, Now: traffic.clock})

	for range unitsWarm {
		traffic.second(t, handler)
	}
	frames, err := live.Subscribe(t.Context(), "shop", "")
	if err != nil {
		t.Fatal(err)
	}
	<-frames
	before, watched := writing.used(), watching.used()
	for range unitsFor {
		traffic.second(t, handler)
		<-frames
	}
	writes, _ := writing.used().since(t, "consumer", before, unitsFor)
	_, watchReads := watching.used().since(t, "live_page", watched, unitsFor)

	traffic.now.Add(120_000)
	roller := aggregate.NewRoller(rolling, aggregate.NewSites(rolling, traffic.clock), traffic.clock)
	if err := roller.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, rollReads := rolling.used().since(t, "roll_up", used{}, unitsWarm+unitsFor)

	if writes < 2*unitCells || watchReads == 0 || rollReads == 0 {
		t.Errorf("%v write units of the consumer, %v read units of the live page, %v of the roll-up", writes, watchReads, rollReads)
	}
}

// traffic makes events of one site, spread over cells as a stream of 64 shards spreads them.
type traffic struct {
	now      atomic.Int64 // Unix milliseconds
	rng      *rand.Rand
	visitors [unitCells][]string
	n        int
}

func newTraffic() *traffic {
	const visitorsOfACell = 2000
	tr := &traffic{rng: rand.New(rand.NewPCG(1, 2))}
	tr.now.Store(time.Date(2026, 3, 2, 12, 0, 1, 0, time.UTC).UnixMilli())
	cells := aggregate.CellsFor(unitCells)
	for i, full := 0, 0; full < unitCells; i++ {
		visitor := fmt.Sprintf("visitor-%d", i)
		cell := (&event.Event{Site: "shop", Visitor: visitor}).Cell(cells)
		if cell >= unitCells || len(tr.visitors[cell]) == visitorsOfACell {
			continue
		}
		if tr.visitors[cell] = append(tr.visitors[cell], visitor); len(tr.visitors[cell]) == visitorsOfACell {
			full++
		}
	}
	return tr
}

func (tr *traffic) clock() time.Time { return time.UnixMilli(tr.now.Load()) }

// second lets a second pass and gives the batch of each cell to the handler.
func (tr *traffic) second(t *testing.T, h *consumer.Handler) {
	t.Helper()
	tr.now.Add(1000)
	var g errgroup.Group
	g.SetLimit(8)
	for cell := range unitCells {
		batch := tr.batch(cell)
		g.Go(func() error {
			resp, err := h.Handle(t.Context(), batch)
			if err == nil && len(resp.BatchItemFailures) > 0 {
				err = fmt.Errorf("batch item failures %v", resp.BatchItemFailures)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func (tr *traffic) batch(cell int) (e events.KinesisEvent) {
	for range cellEvents / perVisitor {
		visitor := tr.visitors[cell][tr.rng.IntN(len(tr.visitors[cell]))]
		var data []byte
		for range perVisitor {
			tr.n++
			ev := event.Event{
				Site: "shop", Name: "pageview", ID: fmt.Sprintf("0190c5a0-1d6e-7a4b-9c1f-%012x", tr.n), TS: tr.now.Load(), Visitor: visitor,
				URL: fmt.Sprintf("https://shop.example/articles/%d?utm_source=newsletter", tr.rng.IntN(300)), Referrer: "https://search.example/results?q=tea",
				Title: "An article about tea and the water it wants", Screen: "1920x1080", Lang: "de-AT", ReceivedAt: tr.now.Load(),
				UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
			}
			data = append(ev.AppendJSON(data), '\n')
		}
		e.Records = append(e.Records, events.KinesisEventRecord{
			EventID:        fmt.Sprintf("shardId-%012d:%056d", cell, tr.n),
			EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
			Kinesis: events.KinesisRecord{
				SequenceNumber: fmt.Sprintf("%056d", tr.n), PartitionKey: "p", Data: data,
				ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: tr.clock()},
			},
		})
	}
	return e
}
