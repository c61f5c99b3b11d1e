package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
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

// profile is traffic that units are counted for: each cell's events come in one batch a second, as from a shard of its own whose mapping waits for a second.
type profile struct {
	Name    string `json:"name"`
	Cells   int    `json:"cells"`
	Events  int    `json:"events"` // a second and cell
	Seconds int    `json:"-"`
}

// profiles are counted in every run: minutes of sites of all sizes, and moments of batches that were waited for longer and of 50 busy shards, which in the long tier are minutes as well.
func profiles() []profile {
	moment := 3
	if long() {
		moment = 60
	}
	return []profile{
		{"idle", 1, 1, 60}, {"small", 1, 10, 60}, {"middle", 1, 100, 60}, {"large", 1, 400, 60}, {"heavy", 1, 2000, moment}, {"busy", 50, 1000, moment},
	}
}

func long() bool { return os.Getenv("STREAMGAUGE_LONG") != "" }

const (
	visitorsOfACell = 2000
	perVisitor      = 5 // events that a packed record holds, of one visitor
)

// countingAPI counts the bytes of the items that are written, and the reads for which dynalite reports no units because they find nothing. DynamoDB takes the
// least unit for those (Developer Guide, "Capacity unit consumption for read operations").
type countingAPI struct {
	API
	written, empty atomic.Int64
}

func (a *countingAPI) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	a.written.Add(int64(sizeOf(in.Item)))
	return a.API.PutItem(ctx, in, o...)
}

func (a *countingAPI) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	out, err := a.API.GetItem(ctx, in, o...)
	if err == nil && unitsOf(out.ConsumedCapacity) == 0 {
		a.empty.Add(1)
	}
	return out, err
}

func (a *countingAPI) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	out, err := a.API.Query(ctx, in, o...)
	if err == nil && unitsOf(out.ConsumedCapacity) == 0 {
		a.empty.Add(1)
	}
	return out, err
}

// usage is what a part uses in a second of traffic: the units that are paid for, and the bytes of the items that it writes.
type usage struct {
	Requests float64 `json:"requests"`
	Writes   float64 `json:"write_units"`
	Reads    float64 `json:"read_units"`
	Bytes    float64 `json:"bytes_written"`
}

func (s *Store) used() usage {
	c, api := s.Consumed(), s.api.(*countingAPI)
	return usage{float64(c.Requests), c.Written, c.Read + float64(api.empty.Load()), float64(api.written.Load())}
}

// since is what was used after an earlier look, by the second.
func (u usage) since(before usage, seconds int) usage {
	per := func(now, before float64) float64 { return math.Round((now-before)/float64(seconds)*100) / 100 }
	return usage{per(u.Requests, before.Requests), per(u.Writes, before.Writes), per(u.Reads, before.Reads), per(u.Bytes, before.Bytes)}
}

func (u usage) String() string {
	return fmt.Sprintf("%.0f requests, %.1f write units, %.1f read units, %.0f bytes written", u.Requests, u.Writes, u.Reads, u.Bytes)
}

// units are what the parts use for a profile, by the second.
type units struct {
	profile
	Consumer usage `json:"consumer"`
	RollUp   usage `json:"roll_up"`
	LivePage usage `json:"live_page"`
}

// TestUnits counts what traffic costs on DynamoDB, for the consumer, for the function that rolls up what it wrote, and for one live page of one cell, each for a second of it, and
// compares that with what the plan reckons with. The page shows ten minutes, and in the long tier has stood open for as long.
func TestUnits(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	want := measured(t)
	var got []units
	for _, p := range profiles() {
		u := count(t, server, p)
		t.Attr(p.Name+"_consumer_a_second", u.Consumer.String())
		t.Attr(p.Name+"_roll_up_a_second", u.RollUp.String())
		t.Attr(p.Name+"_live_page_a_second", u.LivePage.String())
		if want != nil {
			u.check(t, want[p.Name])
		}
		got = append(got, u)
	}
	if os.Getenv(updateEnv) != "" && long() {
		writeMeasured(t, got)
	}
}

// count lets a profile's traffic pass, and what reads it beside it.
func count(t *testing.T, server *tables, p profile) (u units) {
	t.Helper()
	table := server.create(t)
	part := func() *Store { return open(t, &countingAPI{API: server.client}, Options{Table: table}) }
	traffic := newTraffic(p)
	writing, rolling, watching := part(), part(), part()

	sites := aggregate.NewSites(writing, traffic.clock)
	committer := aggregate.NewCommitter(writing, sites, aggregate.Options{Shards: p.Cells, Now: traffic.clock})
	handler := consumer.New(writing, sites, committer, consumer.Options{CreateSites: true, Now: traffic.clock})

	traffic.second(t, handler) // the site comes into being, and the hour's cells
	before := writing.used()
	for range p.Seconds - 1 {
		traffic.second(t, handler)
	}
	u = units{profile: p, Consumer: writing.used().since(before, p.Seconds-1)}

	traffic.now.Add(210_000) // the minute has closed, and settled by its age
	round := roundOf(rolling, traffic.clock)
	if sent := round(t); sent != 1 {
		t.Errorf("%s: %d final values were sent", p.Name, sent)
	}
	u.RollUp = rolling.used().since(usage{}, p.Seconds)
	if p.Cells == 1 && (p.Seconds == 60 || long()) {
		u.LivePage = watch(t, watching, traffic, handler, round)
	}
	return u
}

// roundOf returns what the function rollup does once a minute: roll-ups, final values, sums of accounts, messages to a topic.
func roundOf(s *Store, now func() time.Time) func(*testing.T) (sent int64) {
	sites := aggregate.NewSites(s, now)
	roller := aggregate.NewRoller(s, sites, now)
	roller.Finals = aggregate.NewFinals(s, sites, now, aggregate.FinalsOptions{Publish: []string{aggregate.ToSNS}})
	notifier := aggregate.NewNotifier(s, sites, now, map[string]aggregate.Sender{
		aggregate.ToSNS: func(context.Context, aggregate.Message) error { return nil },
	})
	return func(t *testing.T) int64 {
		t.Helper()
		err := errors.Join(roller.Round(t.Context()), roller.SumAccounts(t.Context()))
		told, errTold := notifier.Round(t.Context())
		if err := errors.Join(err, errTold); err != nil {
			t.Fatal(err)
		}
		return told.Sent
	}
}

// watch lets a live page stand open, until it has all that it shows where there is time for that, and returns what it uses then.
func watch(t *testing.T, s *Store, traffic *traffic, handler *consumer.Handler, round func(*testing.T) int64) usage {
	t.Helper()
	minutes := 2
	if long() {
		minutes = 11
	}
	live := aggregate.NewLive(aggregate.NewReader(s, aggregate.NewSites(s, traffic.clock)), aggregate.LiveOptions{Now: traffic.clock})
	defer live.Close()
	var before usage
	for range minutes {
		before = s.used()
		for second := range 60 {
			traffic.second(t, handler)
			if second%pollSeconds == 0 {
				poll(t, live)
			}
		}
		round(t)
	}
	return s.used().since(before, 60)
}

// pollSeconds is how often a page asks for the present where nothing can be streamed to it. The function that answers is another process than the consumer, and is told of nothing.
const pollSeconds = 5

func poll(t *testing.T, live *aggregate.Live) {
	t.Helper()
	if _, err := live.Snapshot(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
}

// traffic makes events of one site, spread over cells as a stream of as many shards spreads them.
type traffic struct {
	profile
	now      atomic.Int64 // Unix milliseconds
	rng      *rand.Rand
	visitors [][]string // of each cell
	n        int
}

func newTraffic(p profile) *traffic {
	tr := &traffic{profile: p, rng: rand.New(rand.NewPCG(1, 2)), visitors: make([][]string, p.Cells)}
	tr.now.Store(time.Date(2026, 3, 2, 11, 59, 59, 500e6, time.UTC).UnixMilli())
	cells := aggregate.CellsFor(p.Cells)
	for i, full := 0, 0; full < p.Cells; i++ {
		visitor := fmt.Sprintf("visitor-%d", i)
		cell := (&event.Event{Site: "shop", Visitor: visitor}).Cell(cells)
		if cell >= p.Cells || len(tr.visitors[cell]) == visitorsOfACell {
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
	for cell := range tr.Cells {
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
	for left := tr.Events; left > 0; left -= perVisitor {
		visitor := tr.visitors[cell][tr.rng.IntN(len(tr.visitors[cell]))]
		var data []byte
		for range min(left, perVisitor) {
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
