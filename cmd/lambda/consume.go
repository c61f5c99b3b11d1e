package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/rs/zerolog"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// batch is an event of the mapping. One with tumbling windows brings a state, and wants it back.
type batch struct {
	events.KinesisEvent
	State  json.RawMessage `json:"state"`
	Window json.RawMessage `json:"window"`
}

// verdict is the answer to a batch. The windows are kept in the table and not by Lambda, so that a state goes back as it came.
type verdict struct {
	BatchItemFailures []events.KinesisBatchItemFailure `json:"batchItemFailures"`
	State             json.RawMessage                  `json:"state,omitempty"`
}

// consuming is the role consume, made at its first batch and kept warm.
type consuming struct {
	*parts
	store    *dynamo.Store
	accounts *aggregate.Accounts
	handler  *consumer.Handler
	work     work // of the invocation under way: there is one at a time
}

// work is what an invocation has done.
type work struct {
	copies int
	slices int
	ledger aggregate.Ledger
}

func consume(p *parts) lambda.Handler {
	c := &consuming{parts: p}
	return typed(c.handle)
}

// open makes what the first batch needs. Where that fails, the next batch tries again.
func (c *consuming) open() error {
	if c.handler != nil {
		return nil
	}
	s, err := c.parts.store()
	if err != nil {
		return err
	}
	sites := aggregate.NewSites(s, c.now)
	committer := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: c.settings.shards, Now: c.now})
	c.store, c.accounts = s, aggregate.NewAccounts(s, c.now)
	c.handler = consumer.New(s, sites, committer, consumer.Options{CreateSites: c.settings.createSites, Now: c.now, Report: c.report})
	return nil
}

func (c *consuming) report(r consumer.Report) {
	c.work.slices++
	c.work.copies += r.Copies
	for site, l := range r.Tally {
		c.work.ledger.Merge(l)
		if l.Redelivered > 0 {
			c.accounts.Redelivered(site, l.Redelivered)
		}
	}
}

func (c *consuming) handle(ctx context.Context, b batch) (verdict, error) {
	if err := c.open(); err != nil {
		return verdict{}, err
	}
	c.work = work{}
	began, before := c.now(), c.store.Consumed()
	resp, err := c.handler.Handle(ctx, b.KinesisEvent)
	if c.work.ledger.Redelivered > 0 {
		if err := c.accounts.Flush(ctx); err != nil {
			c.log.Warn().Err(err).Msg("writing accounts failed; it is tried again with the next batch")
		}
	}
	c.tell(ctx, b, resp, err, began, before)
	if err != nil {
		return verdict{}, err
	}
	return verdict{BatchItemFailures: append([]events.KinesisBatchItemFailure{}, resp.BatchItemFailures...), State: b.state()}, nil
}

// state is what a mapping with tumbling windows gets back, and nothing for one without.
func (b batch) state() json.RawMessage {
	switch {
	case b.State != nil:
		return b.State
	case b.Window != nil:
		return json.RawMessage("{}")
	}
	return nil
}

// tell writes the log line and the metrics of a batch.
func (c *consuming) tell(ctx context.Context, b batch, resp events.KinesisEventResponse, err error, began time.Time, before dynamo.Consumed) {
	outcome := "done"
	switch {
	case err != nil:
		outcome = "failed"
	case len(resp.BatchItemFailures) > 0:
		outcome = "unfinished"
	}
	shard, arrival := first(b.Records)
	level := zerolog.InfoLevel
	if err != nil {
		level = zerolog.ErrorLevel
	}
	w, now, id := c.work, c.store.Consumed(), requestID(ctx)
	took, age := c.now().Sub(began), time.Duration(0)
	if !arrival.IsZero() {
		age = max(0, began.Sub(arrival))
	}
	c.log.WithLevel(level).Err(err).Str("request_id", id).Str("shard", shard).Int("records", len(b.Records)).Int("events", w.copies).
		Str("outcome", outcome).Dur("took_ms", took).Dur("age_ms", age).Msg("batch")
	failed := 0.0
	if outcome != "done" {
		failed = 1
	}
	c.metrics.emit(id,
		metric{"Records", count, float64(len(b.Records))}, metric{"Events", count, float64(w.copies)}, metric{"Unfinished", count, failed},
		metric{"Received", count, float64(w.ledger.Received)}, metric{"Counted", count, float64(w.ledger.Counted)},
		metric{"Duplicate", count, float64(w.ledger.Duplicate)}, metric{"Bot", count, float64(w.ledger.Bot)}, metric{"Late", count, float64(w.ledger.Late)},
		metric{"Quarantined", count, float64(w.ledger.Quarantined)}, metric{"Redelivered", count, float64(w.ledger.Redelivered)},
		metric{"Imbalance", count, imbalance(w.ledger)},
		metric{"Age", milliseconds, float64(age.Milliseconds())}, metric{"Took", milliseconds, float64(took.Milliseconds())},
		metric{"StoreReadUnits", none, now.Read - before.Read}, metric{"StoreWriteUnits", none, now.Written - before.Written},
		metric{"StoreThrottles", count, float64(now.Throttled - before.Throttled)}, metric{"StoreRetries", count, float64(now.Retries - before.Retries)},
	)
}

// imbalance is by how much received and the outcomes differ. It must be zero.
func imbalance(l aggregate.Ledger) float64 {
	d := float64(l.Received) - float64(l.Counted+l.Duplicate+l.Bot+l.Late+l.Quarantined)
	return max(d, -d)
}

// first returns the shard of a batch and when its first record arrived.
func first(records []events.KinesisEventRecord) (shard string, arrival time.Time) {
	if len(records) == 0 {
		return "", time.Time{}
	}
	shard, _, _ = strings.Cut(records[0].EventID, ":")
	return shard, records[0].Kinesis.ApproximateArrivalTimestamp.Time
}
