package querytest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/embedded"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// way is one of the ways in which events get into the windows.
type way struct {
	embedded bool // in the data folder, else in memory
	shards   int  // of the stream, and so cells of an hour; 1 if zero
	anyShard bool // a copy is on any shard, not on its visitor's
	pack     int  // the most events of a record; 1 if zero
	batch    int  // the most records of a delivery; 1 if zero
	slice    int  // the most copies that are committed together; 2,000 if zero
	warm     int  // bytes of the cache of id sets; 64 MiB if zero
	parallel int  // logs that are written at a time; 16 if zero
	again    int  // of 1,000 deliveries, how many are repeated later
	restart  int  // of 1,000 deliveries, how many end with a new consumer; repeated ones may go to one of the old
	reshard  int  // of 1,000 deliveries, how many end with another number of shards
	roll     int  // of 1,000 deliveries and questions, how many are followed by rolling up
	tidy     int  // of 1,000 times that is rolled up, how many are followed by the daily repair and expiry
	shuffled bool // copies arrive in any order
	together bool // a question comes after others about the same span, and twice
}

// pipeline is the whole way of an event: JSON, records, consumer, windows, roll-ups, reader.
type pipeline struct {
	way
	*rand.Rand
	now       time.Time
	store     store.Store
	sites     *aggregate.Sites
	site      aggregate.Site
	reader    *aggregate.Reader
	roller    *aggregate.Roller
	consumers []*consumer.Handler // the last is at work
	seq       int
	delivered []events.KinesisEvent
}

func newPipeline(t *testing.T, w way, seed uint64) (*pipeline, error) {
	p := &pipeline{way: w, Rand: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)} // before all events
	p.store = storetest.NewMemory()
	if w.embedded {
		s, err := embedded.Open(t.Context(), embedded.Options{Dir: t.TempDir()})
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		p.store = s
	}
	p.sites = aggregate.NewSites(p.store, p.clock)
	p.reader = aggregate.NewReader(p.store, p.sites)
	p.roller = aggregate.NewRoller(p.store, p.sites, p.clock)
	p.start()
	return p, nil
}

func (p *pipeline) clock() time.Time { return p.now }

func (p *pipeline) happens(permille int) bool { return p.IntN(1000) < permille }

// start makes a consumer that remembers nothing.
func (p *pipeline) start() {
	c := aggregate.NewCommitter(p.store, p.sites, aggregate.Options{Shards: max(p.shards, 1), WarmBytes: p.warm, Parallel: p.parallel, Now: p.clock})
	p.consumers = append(p.consumers, consumer.New(p.store, p.sites, c, consumer.Options{SliceCopies: p.slice, Now: p.clock}))
}

func (p *pipeline) SetSite(ctx context.Context, s querytest.Site) (err error) {
	choose := func(site *aggregate.Site) {
		site.Bots = s.Bots
		site.SiteRules = aggregate.SiteRules{GapSeconds: int64(s.Gap / time.Second), Bounce: s.Bounce, Goals: s.Goals}
	}
	site := aggregate.Site{ID: querytest.SiteID, TZ: "UTC"}
	if s.Zone != nil {
		site.TZ = s.Zone.String()
	}
	choose(&site)
	switch {
	case p.site.ID == "":
		p.site, err = p.sites.Add(ctx, site)
	case site.TZ != p.site.TZ && p.seq == 0: // a script names the zone after its beginning
		if err = p.sites.Remove(ctx, site.ID); err == nil {
			p.site, err = p.sites.Add(ctx, site)
		}
	default:
		p.site, err = p.sites.Update(ctx, site.ID, choose)
	}
	return err
}

// Load cuts a batch into records and delivers them, each when its last event has arrived at the latest.
func (p *pipeline) Load(ctx context.Context, batch []event.Event) error {
	for len(batch) > 0 {
		p.now = p.later(batch[0].ReceivedAt)
		n := 1
		for n < len(batch) && n < p.deliverable() && !p.later(batch[n].ReceivedAt).After(p.now.Add(time.Minute)) {
			p.now = p.later(batch[n].ReceivedAt)
			n++
		}
		for _, e := range p.records(batch[:n]) {
			if err := p.deliver(ctx, e); err != nil {
				return err
			}
		}
		batch = batch[n:]
	}
	return nil
}

func (p *pipeline) deliverable() int { return max(1, p.batch) * max(1, p.pack) }

func (p *pipeline) later(ms int64) time.Time {
	if t := time.UnixMilli(ms); t.After(p.now) {
		return t
	}
	return p.now
}

// records puts copies on shards, and returns the deliveries of each shard.
func (p *pipeline) records(copies []event.Event) (deliveries []events.KinesisEvent) {
	byShard := make([][]event.Event, max(1, p.shards))
	for _, e := range copies {
		s := e.Cell(len(byShard))
		if p.anyShard {
			s = p.IntN(len(byShard))
		}
		byShard[s] = append(byShard[s], e)
	}
	for s, own := range byShard {
		var records []events.KinesisEventRecord
		for _, lines := range querytest.Cut(p.Rand, own, max(1, p.pack)) {
			records = append(records, p.record(s, lines))
		}
		for d := range slices.Chunk(records, max(1, p.batch)) {
			deliveries = append(deliveries, events.KinesisEvent{Records: d})
		}
	}
	return deliveries
}

func (p *pipeline) record(shard int, lines []event.Event) events.KinesisEventRecord {
	p.seq++
	seq := fmt.Sprintf("%056d", p.seq)
	var data []byte
	for i := range lines {
		if i > 0 {
			data = append(data, '\n')
		}
		data = lines[i].AppendJSON(data)
	}
	return events.KinesisEventRecord{
		EventID: fmt.Sprintf("shardId-%012d:%s", shard, seq), EventSourceArn: "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks",
		Kinesis: events.KinesisRecord{
			SequenceNumber: seq, PartitionKey: lines[0].PartitionKey(), Data: data, ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: p.now},
		},
	}
}

// deliver has a delivery counted, and then perhaps what can happen between two: an earlier one comes again, the consumer dies, the stream is cut anew, minutes
// close.
func (p *pipeline) deliver(ctx context.Context, e events.KinesisEvent) error {
	p.delivered = append(p.delivered, e)
	if err := handle(ctx, p.consumers[len(p.consumers)-1], e); err != nil {
		return err
	}
	if p.happens(p.again) {
		if err := handle(ctx, p.consumers[p.IntN(len(p.consumers))], p.delivered[p.IntN(len(p.delivered))]); err != nil {
			return err
		}
	}
	if p.happens(p.reshard) {
		p.shards = 1 + p.IntN(8)
	}
	if p.happens(p.restart) {
		p.start()
	}
	return p.rollUp(ctx)
}

func handle(ctx context.Context, c *consumer.Handler, e events.KinesisEvent) error {
	resp, err := c.Handle(ctx, e)
	if err == nil && len(resp.BatchItemFailures) > 0 {
		err = fmt.Errorf("records are left: %+v", resp.BatchItemFailures)
	}
	return err
}

func (p *pipeline) rollUp(ctx context.Context) error {
	if !p.happens(p.roll) {
		return nil
	}
	if p.happens(300) {
		p.now = p.now.Add(time.Duration(p.IntN(120)) * time.Second)
	}
	if err := p.roller.Round(ctx); err != nil || !p.happens(p.tidy) {
		return err
	}
	return errors.Join(p.roller.Repair(ctx), p.roller.Expire(ctx))
}

func (p *pipeline) Query(ctx context.Context, q query.Query) (query.Result, error) {
	if err := p.rollUp(ctx); err != nil {
		return query.Result{}, err
	}
	r, err := p.readerOf(ctx, q.From, q.To)
	if err != nil {
		return query.Result{}, err
	}
	if p.together {
		if _, _, err := r.Query(ctx, p.site, q); err != nil {
			return query.Result{}, err
		}
	}
	res, _, err := r.Query(ctx, p.site, q)
	return res, err
}

// readerOf returns the reader of a question about a span.
func (p *pipeline) readerOf(ctx context.Context, from, to int64) (*aggregate.Reader, error) {
	if !p.together {
		return p.reader, nil
	}
	r := p.reader.Together()
	for _, m := range []query.Metric{query.Visitors, query.BounceRate, query.NewVisitors} {
		before := query.Query{Metrics: []query.Metric{m}, Dimensions: []query.Dimension{query.EventPage}, From: from, To: to, Compare: query.PreviousPeriod}
		if _, _, err := r.Query(ctx, p.site, before); err != nil {
			return nil, fmt.Errorf("question before: %w", err)
		}
	}
	return r, nil
}

func (p *pipeline) Funnel(ctx context.Context, f query.Funnel) (query.FunnelResult, error) {
	r, err := p.readerOf(ctx, f.From, f.To)
	if err != nil {
		return query.FunnelResult{}, err
	}
	res, _, err := r.Funnel(ctx, p.site, f)
	return res, err
}

func (p *pipeline) Retention(ctx context.Context, q query.Retention) (query.RetentionResult, error) {
	r, err := p.readerOf(ctx, q.From, q.To)
	if err != nil {
		return query.RetentionResult{}, err
	}
	res, _, err := r.Retention(ctx, p.site, q)
	return res, err
}

func (p *pipeline) Journey(ctx context.Context, j query.Journey) (query.JourneyResult, error) {
	r, err := p.readerOf(ctx, j.From, j.To)
	if err != nil {
		return query.JourneyResult{}, err
	}
	res, _, err := r.Journey(ctx, p.site, j)
	return res, err
}

func (p *pipeline) Ledger(ctx context.Context) (aggregate.Ledger, error) {
	books, err := p.reader.Books(ctx, p.site.ID, 0, 0)
	return books.Ledger, err
}

// arrivals are the copies in the order in which they come this way.
func (p *pipeline) arrivals(w querytest.Workload) []event.Event {
	copies := slices.Clone(w.Copies)
	if p.shuffled {
		p.Shuffle(len(copies), func(i, j int) { copies[i], copies[j] = copies[j], copies[i] })
	}
	return copies
}
