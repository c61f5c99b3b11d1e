package apigw

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
	"github.com/streamgauge/streamgauge/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testClock is a clock that tests set forward.
type testClock struct{ ahead atomic.Int64 }

func newClock() *testClock { return &testClock{} }

func (c *testClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *testClock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// toNoon sets the clock to the next noon in UTC, far from the end of the day.
func (c *testClock) toNoon() {
	now := c.now()
	c.forward(now.Truncate(24 * time.Hour).Add(36 * time.Hour).Sub(now))
}

// backToNoon sets the clock to the last noon in UTC: what happened within the hour happened on the same day, and what is to come soon too.
func (c *testClock) backToNoon() {
	now := c.now()
	c.forward(now.Add(-12 * time.Hour).Truncate(24 * time.Hour).Add(12 * time.Hour).Sub(now))
}

const streamName = "clicks"

// parts are what a rig is made of, where it is not the ordinary: a store in memory and a producer on an embedded stream.
type parts struct {
	store    store.Store
	dir      string // of the stream
	kinesis  func(producer.PutRecordsAPI) producer.PutRecordsAPI
	producer producer.Options
	options  func(*Options)
}

// rig is a server over real parts, which listens on this machine.
type rig struct {
	t     testing.TB
	clock *testClock

	store    store.Store
	sites    *aggregate.Sites
	accounts *aggregate.Accounts
	live     *aggregate.Live
	broker   *stream.Broker
	server   *Server
	web      *httptest.Server
	mapping  *mapping.Mapping

	mu     sync.Mutex // guards faults
	faults []error    // what OnError was told
	served chan context.Context
	gone   chan struct{} // one for each request that was served
}

func newRig(t testing.TB, p parts) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock(), store: p.store, served: make(chan context.Context, 100), gone: make(chan struct{}, 1000)}
	if r.store == nil {
		r.store = storetest.NewMemory()
	}
	if p.dir == "" {
		p.dir = t.TempDir()
	}
	r.openStream(p.dir)
	r.sites = aggregate.NewSites(r.store, r.clock.now)
	r.accounts = aggregate.NewAccounts(r.store, r.clock.now)
	reader := aggregate.NewReader(r.store, r.sites)
	r.live = aggregate.NewLive(reader, aggregate.LiveOptions{Now: r.clock.now, Flush: r.accounts.Flush})
	t.Cleanup(r.live.Close)
	o := Options{
		Putter: r.newProducer(p), Store: r.store, Sites: r.sites, Reader: reader, Live: r.live, Accounts: r.accounts,
		Quarantine: aggregate.NewQuarantine(r.store, r.clock.now), CreateSites: true, Now: r.clock.now, OnError: r.fault,
	}
	if p.options != nil {
		p.options(&o)
	}
	r.server = New(o)
	r.web = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.web.Close)
	return r
}

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	select {
	case r.served <- req.Context():
	default: // nobody waits
	}
	defer func() { r.gone <- struct{}{} }()
	r.server.ServeHTTP(w, req)
}

func (r *rig) openStream(dir string) {
	r.t.Helper()
	var err error
	if r.broker, err = stream.Open(stream.Options{Dir: dir, SegmentBytes: 1 << 16}); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := r.broker.Close(); err != nil {
			r.t.Error(err)
		}
	})
	in := &kinesis.CreateStreamInput{StreamName: aws.String(streamName), ShardCount: aws.Int32(2)}
	if _, err := r.broker.Client().CreateStream(r.t.Context(), in); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) newProducer(p parts) *producer.Producer {
	r.t.Helper()
	var client producer.PutRecordsAPI = r.broker.Client()
	if p.kinesis != nil {
		client = p.kinesis(client)
	}
	o := p.producer
	o.OnFull, o.MaxAttempts, o.BackoffBase = producer.Fail, 2, time.Millisecond
	put, err := producer.New(client, streamName, o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := put.Close(context.Background()); err != nil {
			r.t.Error(err)
		}
	})
	return put
}

func (r *rig) fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, err)
}

// wantFaults checks how many times OnError was told, since the last check.
func (r *rig) wantFaults(n int) []error {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.faults
	if r.faults = nil; len(got) != n {
		r.t.Errorf("OnError was told %d times, want %d: %v", len(got), n, got)
	}
	return got
}

// consume counts what is on the stream, now and until the test ends.
func (r *rig) consume() {
	r.t.Helper()
	client := r.broker.Client()
	desc, err := client.DescribeStreamSummary(r.t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(streamName)})
	if err != nil {
		r.t.Fatal(err)
	}
	s := desc.StreamDescriptionSummary
	committer := aggregate.NewCommitter(r.store, r.sites, aggregate.Options{Shards: 2, OnCommit: r.live.Committed})
	h := consumer.New(r.store, r.sites, committer, consumer.Options{CreateSites: true})
	r.mapping, err = mapping.New(mapping.Config{
		StreamName: streamName, StreamARN: *s.StreamARN, Kinesis: client, Function: h.Handle,
		Checkpoints:             consumer.NewCheckpoints(r.store, *s.StreamARN, *s.StreamCreationTimestamp),
		ReportBatchItemFailures: true,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.mapping.Run(ctx) })
	r.t.Cleanup(func() { stop(); running.Wait() })
}

// settle waits until everything on the stream is counted.
func (r *rig) settle() {
	r.t.Helper()
	if err := r.mapping.WaitIdle(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// onStream reads all events that are on the stream now.
func (r *rig) onStream() []event.Event {
	r.t.Helper()
	var events []event.Event
	for _, data := range r.records() {
		for _, line := range event.Lines(data) {
			var e event.Event
			if problems, err := e.Decode(line); err != nil || len(problems) > 0 {
				r.t.Fatalf("on the stream: %s: %v %v", line, problems, err)
			}
			events = append(events, e)
		}
	}
	return events
}

func (r *rig) records() (all [][]byte) {
	r.t.Helper()
	client, ctx := r.broker.Client(), r.t.Context()
	shards, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String(streamName)})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, s := range shards.Shards {
		at, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String(streamName), ShardId: s.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			r.t.Fatal(err)
		}
		out, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, rec := range out.Records {
			all = append(all, rec.Data)
		}
	}
	return all
}
