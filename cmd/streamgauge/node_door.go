package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/dashboards"
	"github.com/streamgauge/streamgauge/producer"
	producermetrics "github.com/streamgauge/streamgauge/producer/metrics"
)

// doorRetryFor is how long the door tries to write before it says that it cannot.
const doorRetryFor = 3 * time.Second

// buildDoor makes the producer and the server in front of it.
func (n *node) buildDoor(reader *aggregate.Reader, desc *types.StreamDescriptionSummary) error {
	var err error
	// The door answers soon when it cannot keep up or cannot write, and the client, which has the events, decides.
	// The stream's disk takes one write at a time: a small request beside one that is under way would make another write, and be no earlier.
	n.producer, err = producer.New(n.broker.Client(), streamName, producer.Options{OnFull: producer.Fail, RetryFor: doorRetryFor, SmallInFlight: 1})
	if err != nil {
		return err
	}
	n.closers = append(n.closers, closeProducer{n.producer})
	n.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		producermetrics.New(n.producer, prometheus.Labels{"stream": streamName}))
	n.clients = newClientMeters(n.registry)
	o := apigw.Options{
		Putter: n.producer, Store: n.store, Sites: n.sites, Reader: reader, Live: n.live, Accounts: n.accounts,
		Quarantine:  aggregate.NewQuarantine(n.store, time.Now),
		CreateSites: true, TrustAgent: true, Lag: n.lag, Inspect: true, Samples: n.samples,
		Page:    dashboards.Handler(),
		Metrics: promhttp.HandlerFor(n.registry, promhttp.HandlerOpts{}),
		Audit:   n.auditor(desc),
		Redrive: n.handler.Redrive, Notifier: n.notifier,
		Imports: n.imports, AddImported: n.addImported,
		Rebuilds: n.rebuilds, Rebuild: n.rebuilder(desc),
		Counters: newDoorMeters(n.registry, n.recorder),
		Pipeline: n.recorder.View,
		Ready:    n.ready,
		OnError:  func(err error) { n.failed(err, "request failed") },
		OnSite:   func(id string) { n.log.Info().Str("site", id).Msg("site created by its first event, in UTC") },
		Proxy:    n.proxy,
	}
	if n.places != nil {
		o.Places = n.places
	}
	if n.access != nil {
		o.Gate, o.Rotate = n.access.gate(), n.access.rotate
	} else {
		o.AllowedHosts = []string{"localhost"} // it listens on this machine alone
	}
	n.server = apigw.New(o)
	return nil
}

// addImported counts lines of an import.
func (n *node) addImported(ctx context.Context, site, id string, file int, first int64, lines []byte) (any, error) {
	return n.importer.Add(ctx, site, id, consumer.Lines{File: file, First: first, Data: lines})
}

// auditWait is how long an audit waits for what was on the stream when it began.
const auditWait = 30 * time.Second

func (n *node) auditor(desc *types.StreamDescriptionSummary) func(context.Context, string) (any, error) {
	a := &consumer.Auditor{
		Stream: n.broker.Client(), StreamName: streamName, StreamARN: *desc.StreamARN, Store: n.store, Sites: n.sites, Consumed: n.consumed(desc),
	}
	return func(ctx context.Context, site string) (any, error) {
		wait, cancel := context.WithTimeout(ctx, auditWait)
		defer cancel()
		if err := n.mapping.WaitIdle(wait); err != nil && ctx.Err() != nil {
			return nil, fmt.Errorf("wait for the consumer: %w", err)
		}
		return a.Run(ctx, site)
	}
}

// consumed says how far a shard was consumed.
func (n *node) consumed(desc *types.StreamDescriptionSummary) func(context.Context, string) (consumer.Progress, error) {
	checkpoints := consumer.NewCheckpoints(n.store, *desc.StreamARN, *desc.StreamCreationTimestamp)
	return func(ctx context.Context, shard string) (consumer.Progress, error) {
		c, _, err := checkpoints.Load(ctx, shard)
		if c == mapping.ShardEnd {
			return consumer.Progress{All: true}, err
		}
		return consumer.Progress{SequenceNumber: c}, err
	}
}

// rebuilder makes a site's figures anew. It has its own committer: of what it appends, no live page is told.
func (n *node) rebuilder(desc *types.StreamDescriptionSummary) func(context.Context, string, func(any)) error {
	r := &consumer.Rebuilder{
		Stream: n.broker.Client(), StreamName: streamName, StreamARN: *desc.StreamARN, Rebuilds: n.rebuilds, Consumed: n.consumed(desc), Now: time.Now,
		Committer: aggregate.NewCommitter(n.store, n.sites, aggregate.Options{Shards: n.shards}),
	}
	return func(ctx context.Context, site string, tell func(any)) error {
		_, err := r.Run(ctx, site, func(p consumer.RebuildProgress) { tell(p) })
		return err
	}
}

// closeProducer gives up on what is not delivered: run has flushed it before.
type closeProducer struct{ p *producer.Producer }

func (c closeProducer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.p.Close(ctx)
}
