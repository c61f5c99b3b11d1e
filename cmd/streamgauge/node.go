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

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/embedded"
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
	producer        *producer.Producer
	broker          *stream.Broker
	mapping         *mapping.Mapping
	live            *aggregate.Live
	roller          *aggregate.Roller
	accounts        *aggregate.Accounts
	sites           *aggregate.Sites
	store           *embedded.Store

	registry *prometheus.Registry
	broken   chan error  // holds the first failure that nothing but a new start can mend
	closers  []io.Closer // in the order of opening
}

// openNode takes the data folder and opens everything in it. After an error nothing stays open.
func openNode(ctx context.Context, c *UpCmd, log zerolog.Logger) (_ *node, err error) {
	n := &node{log: log, demo: c.Demo, registry: prometheus.NewRegistry(), broken: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.dir, err = filepath.Abs(c.Data); err != nil {
		return nil, err
	}
	if err := n.openData(ctx, c.Limits); err != nil {
		return nil, err
	}
	desc, err := n.ensureStream(ctx, int(c.Shards))
	if err != nil {
		return nil, err
	}
	if err := n.build(desc); err != nil {
		return nil, err
	}
	return n, n.listen(ctx, c)
}

// openData opens the folder: lock, stream/, store/.
func (n *node) openData(ctx context.Context, enforceLimits bool) error {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return fmt.Errorf("make it: %w", err)
	}
	lock, err := disk.OS{}.Lock(filepath.Join(n.dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	n.closers = append(n.closers, lock)
	if n.store, err = embedded.Open(ctx, embedded.Options{Dir: filepath.Join(n.dir, "store")}); err != nil {
		return err
	}
	n.closers = append(n.closers, n.store)
	n.broker, err = stream.Open(stream.Options{
		Dir: filepath.Join(n.dir, "stream"), EnforceLimits: enforceLimits,
		OnError: func(err error) { n.log.Error().Err(err).Msg("the stream failed in the background; it is tried again") },
	})
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	n.closers = append(n.closers, n.broker)
	return nil
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
func (n *node) build(desc *types.StreamDescriptionSummary) error {
	n.sites = aggregate.NewSites(n.store, time.Now)
	n.accounts = aggregate.NewAccounts(n.store, time.Now)
	reader := aggregate.NewReader(n.store, n.sites)
	n.live = aggregate.NewLive(reader, aggregate.LiveOptions{Now: time.Now, Lag: n.lag, Flush: n.flushAccounts})
	n.roller = aggregate.NewRoller(n.store, n.sites, time.Now)
	n.roller.OnError = func(err error) { n.failed(err, "roll-up failed; it is tried again") }
	if err := n.buildConsumer(desc); err != nil {
		return err
	}
	return n.buildDoor(reader, desc)
}

func (n *node) buildConsumer(desc *types.StreamDescriptionSummary) error {
	committer := aggregate.NewCommitter(n.store, n.sites, aggregate.Options{Shards: n.shards, OnCommit: n.live.Committed})
	meters := newConsumerMeters(n.registry)
	handler := consumer.New(n.store, n.sites, committer, consumer.Options{CreateSites: true, Report: func(r consumer.Report) {
		meters.slice(r)
		for site, l := range r.Tally {
			if l.Redelivered > 0 {
				n.accounts.Redelivered(site, l.Redelivered)
			}
		}
	}})
	var err error
	n.mapping, err = mapping.New(mapping.Config{
		StreamName: streamName, StreamARN: *desc.StreamARN,
		Kinesis: n.broker.Client(), Function: handler.Handle,
		Checkpoints: consumer.NewCheckpoints(n.store, *desc.StreamARN, *desc.StreamCreationTimestamp),
		BatchSize:   1000, DrainTimeout: drainTimeout,
		Events: mapping.Events{Invoked: func(i mapping.Invocation) {
			meters.invocation(i)
			if i.Err != nil {
				n.failed(i.Err, "batch failed; it is delivered again")
			}
		}, Failed: func(shard string, err error) {
			n.failed(fmt.Errorf("shard %s: %w", shard, err), "reading the stream failed; it is tried again")
		}},
	})
	return err
}

// failed logs an error. One that a store reports which has to be opened anew ends the process: its disk failed, and what was acknowledged is safe.
func (n *node) failed(err error, message string) {
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
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	n.closers = append(n.closers, ignoreClosed{n.httpListener})
	if n.kinesisListener, err = lc.Listen(ctx, "tcp", string(c.Kinesis)); err != nil {
		return fmt.Errorf("listen for Kinesis: %w", err)
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
