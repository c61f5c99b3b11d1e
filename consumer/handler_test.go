package consumer_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// noon is the time of all clocks unless a test moves it.
var noon = time.Date(2026, 3, 14, 12, 0, 30, 0, time.UTC)

// bench is a consumer on a store in memory.
type bench struct {
	t       *testing.T
	now     time.Time
	store   store.Store
	sites   *aggregate.Sites
	reader  *aggregate.Reader
	handler *consumer.Handler
	seq     int
	tally   aggregate.Ledger
}

func newBench(t *testing.T) *bench { return newBenchOn(t, storetest.NewMemory()) }

func newBenchOn(t *testing.T, s store.Store) *bench {
	b := &bench{t: t, now: noon, store: s}
	b.sites = aggregate.NewSites(b.store, b.clock)
	b.reader = aggregate.NewReader(b.store, b.sites)
	b.restart()
	return b
}

func (b *bench) clock() time.Time { return b.now }

// restart makes a new consumer that remembers nothing.
func (b *bench) restart() {
	c := aggregate.NewCommitter(b.store, b.sites, aggregate.Options{Shards: 2, Now: b.clock})
	b.handler = consumer.New(b.store, b.sites, c, consumer.Options{CreateSites: true, Now: b.clock, Report: func(r consumer.Report) {
		for _, l := range r.Tally {
			b.tally.Merge(l)
		}
		b.checkBooked(r)
	}})
}

// checkBooked compares what a report says of single copies with its sums.
func (b *bench) checkBooked(r consumer.Report) {
	b.t.Helper()
	told := make(map[string]aggregate.Ledger)
	for c := range r.Booked {
		if c.Outcome != aggregate.Quarantined { // such a copy may be booked on the site of its partition key
			l := told[c.Site]
			l.Book(c.Outcome, c.Reason)
			told[c.Site] = l
		}
		if c.Position.SequenceNumber == "" || c.Outcome == aggregate.Counted && (len(c.Data) == 0 || c.Event.ID == "" || c.At == 0) {
			b.t.Errorf("told of a copy %+v", c)
		}
	}
	for site, want := range r.Tally {
		got := told[site]
		if got.Counted != want.Counted || got.Duplicate != want.Duplicate || got.Bot != want.Bot || got.Late != want.Late {
			b.t.Errorf("site %q: single copies make %+v, the slice %+v", site, got, want)
		}
	}
}

// record is a record with the next sequence number, holding the lines.
func (b *bench) record(lines ...string) events.KinesisEventRecord {
	b.seq++
	seq := fmt.Sprintf("%056d", b.seq)
	var data []byte
	for i, l := range lines {
		if i > 0 {
			data = append(data, '\n')
		}
		data = append(data, l...)
	}
	return events.KinesisEventRecord{
		EventID: "shardId-000000000001:" + seq, EventSourceArn: "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks",
		Kinesis: events.KinesisRecord{
			SequenceNumber: seq, PartitionKey: "p", Data: data,
			ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: b.now},
		},
	}
}

func (b *bench) deliver(records ...events.KinesisEventRecord) {
	b.t.Helper()
	resp, err := b.handler.Handle(context.Background(), events.KinesisEvent{Records: records})
	if err != nil || len(resp.BatchItemFailures) > 0 {
		b.t.Fatalf("Handle = %+v, %v", resp, err)
	}
}

func (b *bench) books(site string) aggregate.Books {
	b.t.Helper()
	books, err := b.reader.Books(context.Background(), site, 0, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	if !books.Balanced() {
		b.t.Errorf("the books do not balance: %+v", books)
	}
	return books
}

// rows returns what a query over all times answers, as text.
func (b *bench) rows(id string, d query.Dimension, metrics ...query.Metric) []string {
	b.t.Helper()
	site, err := b.sites.Get(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	res, _, err := b.reader.Query(context.Background(), site, query.Query{Metrics: metrics, From: 0, To: event.MaxTimeMS / 2, Dimensions: []query.Dimension{d}})
	if err != nil {
		b.t.Fatal(err)
	}
	var rows []string
	for _, r := range res.Rows {
		var values []float64
		for _, v := range r.Values {
			values = append(values, v.X)
		}
		rows = append(rows, fmt.Sprint(r.Keys[0].Text, values))
	}
	return rows
}

func pageview(id, visitor, page string, ts time.Time) string {
	e := event.Event{Site: "demo", Name: "pageview", ID: id, Visitor: visitor, URL: page}
	if !ts.IsZero() {
		e.TS = ts.UnixMilli()
	}
	return string(e.AppendJSON(nil))
}

func TestEventsAreCountedOnceHoweverOftenTheyAreDelivered(t *testing.T) {
	b := newBench(t)
	first := b.record(pageview("1", "ann", "/", noon), pageview("2", "ann", "/a", noon))
	second := b.record(pageview("3", "bob", "/a", noon))
	again := b.record(pageview("3", "bob", "/a", noon)) // sent twice: another record, the same event
	b.deliver(first, second)
	b.deliver(first, second, again)
	b.restart()
	b.deliver(second, again, first)

	if got, want := b.rows("demo", query.EventPage, query.Pageviews, query.Visitors), []string{"/a[2 2]", "/[1 1]"}; !slices.Equal(got, want) {
		t.Errorf("rows = %v, want %v", got, want)
	}
	books := b.books("demo")
	if books.Received != 4 || books.Counted != 3 || books.Duplicate != 1 {
		t.Errorf("books = %+v", books)
	}
	if b.tally.Redelivered != 7 {
		t.Errorf("redelivered = %d, want 7", b.tally.Redelivered)
	}
}
