package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/geo"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/environment"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/dynamo"
	"github.com/streamgauge/streamgauge/store/embedded"
	"github.com/streamgauge/streamgauge/store/metered"
	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// streamName is the stream of events on one machine.
const streamName = "clicks"

// node is all the parts of the product in one process. openNode opens them, run lets them work, close puts them away; the fields are in the
// order of an event's way.
type node struct {
	log    zerolog.Logger
	dir    string
	shards int
	demo   bool

	httpListener    net.Listener
	kinesisListener net.Listener
	server          *apigw.Server
	proxy           *apigw.Proxy  // nil for none
	places          *geo.Database // nil for none
	producer        *producer.Producer
	broker          *stream.Broker
	handler         *consumer.Handler
	mapping         *mapping.Mapping
	live            *aggregate.Live
	roller          *aggregate.Roller
	cursors         *aggregate.Cursors
	notifier        *aggregate.Notifier
	accounts        *aggregate.Accounts
	samples         *apigw.Samples
	sites           *aggregate.Sites
	imports         *aggregate.Imports
	importer        *consumer.Importer
	rebuilds        *aggregate.Rebuilds
	store           store.Store
	access          *accessFile       // nil where everyone may do everything
	environments    *environment.Pool // of the consumer, where it runs as Lambda would; else nil

	before func(events.KinesisEvent) // called with every batch; nil but in tests

	registry *prometheus.Registry
	recorder *pipeline.Recorder // of the operator's view
	facts    *pipeline.Keeper
	metered  *metered.Store // the store is in it
	clients  *clientMeters
	dynamo   *dynamo.Store  // the store, where it is DynamoDB; else nil
	room     func() error   // whether the disk has room for the store; nil where the store is not on it
	full     rate.Sometimes // tells of a disk that is full: else every request of a busy site would, into a log on that disk
	broken   chan error     // holds the first failure that nothing but a new start can mend
	closers  []io.Closer    // in the order of opening
}

// openNode takes the data folder and opens everything in it. After an error nothing stays open.
func openNode(ctx context.Context, c *UpCmd, places *geo.Database, log zerolog.Logger) (_ *node, err error) {
	n := &node{log: log, demo: c.Demo, places: places, proxy: c.Proxy.Proxy, registry: prometheus.NewRegistry(), broken: make(chan error, 1),
		full: rate.Sometimes{Interval: fullAgain}}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.dir, err = filepath.Abs(c.Data); err != nil {
		return nil, err
	}
	if err := n.openData(ctx, c); err != nil {
		return nil, err
	}
	if c.Access || !c.Listen.isLoopback() {
		if n.access, err = openAccess(n.dir); err != nil {
			return nil, err
		}
	}
	desc, err := n.ensureStream(ctx, int(c.Shards))
	if err != nil {
		return nil, err
	}
	if c.Lambda {
		if err := n.openFunction(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := n.build(desc, c.Publish); err != nil {
		return nil, err
	}
	return n, n.listen(ctx, c)
}

// openData opens the folder: lock, stream/, store/.
func (n *node) openData(ctx context.Context, c *UpCmd) error {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return fmt.Errorf("make it: %w", err)
	}
	lock, err := disk.OS{}.Lock(filepath.Join(n.dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	n.closers = append(n.closers, lock)
	if err := n.openStore(ctx, c); err != nil {
		return err
	}
	n.broker, err = stream.Open(stream.Options{
		Dir: filepath.Join(n.dir, "stream"), EnforceLimits: c.Limits,
		OnError: func(err error) { n.log.Error().Err(err).Msg("the stream failed in the background; it is tried again") },
	})
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	n.closers = append(n.closers, n.broker)
	return nil
}

func (n *node) openStore(ctx context.Context, c *UpCmd) (err error) {
	if c.Lambda {
		if n.dynamo, err = openDynamo(ctx, string(c.DynamoDB)); err != nil {
			return err
		}
		n.meter(n.dynamo)
		return nil
	}
	s, err := embedded.Open(ctx, embedded.Options{Dir: filepath.Join(n.dir, "store")})
	if err != nil {
		return err
	}
	n.closers = append(n.closers, s)
	n.room = s.Room
	n.meter(s)
	return nil
}

// meter makes a store the node's, with its calls counted.
func (n *node) meter(s store.Store) {
	n.metered = metered.New(s)
	n.store = n.metered
}

// ensureStream returns the stream of events, and creates it in a new data folder.
func (n *node) ensureStream(ctx context.Context, shards int) (*types.StreamDescriptionSummary, error) {
	client, name := n.broker.Client(), streamName
	count := int32(shards)
	_, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &count})
	if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists {
		return nil, fmt.Errorf("create stream %s: %w", name, err)
	}
	out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	if err != nil {
		return nil, fmt.Errorf("describe stream %s: %w", name, err)
	}
	n.shards = int(*out.StreamDescriptionSummary.OpenShardCount)
	if n.shards != shards {
		n.log.Warn().Int("asked", shards).Int("shards", n.shards).Msg("the number of shards was fixed when the data folder was made")
	}
	return out.StreamDescriptionSummary, nil
}

// build makes the parts that are only memory, and joins them.
func (n *node) build(desc *types.StreamDescriptionSummary, publish []target) error {
	n.sites = aggregate.NewSites(n.store, time.Now)
	n.accounts = aggregate.NewAccounts(n.store, time.Now)
	n.samples = apigw.NewSamples(time.Now, n.environments == nil)
	reader := aggregate.NewReader(n.store, n.sites)
	n.live = aggregate.NewLive(reader, aggregate.LiveOptions{Now: time.Now, Lag: n.lag, Flush: n.flushAccounts})
	n.roller = aggregate.NewRoller(n.store, n.sites, time.Now)
	n.roller.Forgets = true // the embedded store keeps what nobody removes
	n.roller.OnError = func(err error) { n.failed(err, "roll-up failed; it is tried again") }
	n.buildAlerts(desc, publish)
	n.imports = aggregate.NewImports(n.store, n.sites, n.roller, time.Now)
	// It has its own committer: of what an import counts, no live page is told.
	n.importer = consumer.NewImporter(n.imports, aggregate.NewCommitter(n.store, n.sites, aggregate.Options{Shards: n.shards, Parallel: 64}), time.Now)
	n.buildRecorder(reader)
	n.rebuilds = aggregate.NewRebuilds(n.store, n.sites, n.roller, time.Now)
	if err := n.buildConsumer(desc); err != nil {
		return err
	}
	return n.buildDoor(reader, desc)
}

// fullAgain is how long nothing more is said of a full disk.
const fullAgain = 10 * time.Second

// failed logs an error. One that a store reports which has to be opened anew ends the process: its disk failed, and what was acknowledged is safe.
func (n *node) failed(err error, message string) {
	if errors.Is(err, store.ErrFull) || errors.Is(err, stream.ErrFull) {
		n.full.Do(func() { n.log.Error().Err(err).Msg(message) })
		return
	}
	n.log.Error().Err(err).Msg(message)
	if !errors.Is(err, embedded.ErrFailed) {
		return
	}
	select {
	case n.broken <- err:
	default:
	}
}

// ready says why the node cannot count events now.
func (n *node) ready(context.Context) error {
	if n.room != nil {
		if err := n.room(); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	for _, s := range n.mapping.Status() {
		if s.LastError != nil {
			return fmt.Errorf("shard %s: %w", s.ShardID, s.LastError)
		}
	}
	return nil
}

// lag is how far the consumer is behind the tip of the stream.
func (n *node) lag() time.Duration {
	var behind time.Duration
	for _, s := range n.mapping.Status() {
		behind = max(behind, s.IteratorAge, s.Behind)
	}
	return behind
}

// flushAccounts is for the live view, which goes on without the newest accounts on a full disk; keepAccounts tells of it.
func (n *node) flushAccounts(ctx context.Context) error {
	if err := n.accounts.Flush(ctx); !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

func (n *node) listen(ctx context.Context, c *UpCmd) (err error) {
	var lc net.ListenConfig
	if n.httpListener, err = lc.Listen(ctx, "tcp", string(c.Listen)); err != nil {
		return fmt.Errorf("listen for HTTP: %w; choose another address with --listen", err)
	}
	n.closers = append(n.closers, ignoreClosed{n.httpListener})
	if n.kinesisListener, err = lc.Listen(ctx, "tcp", string(c.Kinesis)); err != nil {
		return fmt.Errorf("listen for Kinesis: %w; choose another address with --kinesis", err)
	}
	n.closers = append(n.closers, ignoreClosed{n.kinesisListener})
	return nil
}

// ignoreClosed closes a listener that a server may have closed before.
type ignoreClosed struct{ net.Listener }

func (l ignoreClosed) Close() error {
	if err := l.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (n *node) httpURL() string    { return "http://" + n.httpListener.Addr().String() }
func (n *node) kinesisURL() string { return "http://" + n.kinesisListener.Addr().String() }

// close puts away what is open, the last opened first.
func (n *node) close() error {
	var errs []error
	for i := len(n.closers) - 1; i >= 0; i-- {
		errs = append(errs, n.closers[i].Close())
	}
	n.closers = nil
	return errors.Join(errs...)
}
