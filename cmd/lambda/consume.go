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
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/dashboards/meters"
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
	minutes  *pipeline.Minutes
	cursors  *cursors
	handler  *consumer.Handler
	work     work // of the invocation under way: there is one at a time
}

// work is what an invocation has done.
type work struct {
	copies int
	slices int
	ledger aggregate.Ledger
	delay  time.Duration // the longest of an event, from the door to its window
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
	c.cursors = newCursors(c.parts, s)
	c.store, c.accounts, c.minutes = s, aggregate.NewAccounts(s, c.now), pipeline.NewMinutes(s, c.now)
	c.handler = consumer.New(s, sites, committer, consumer.Options{CreateSites: c.settings.createSites, Now: c.now, Report: c.report})
	return nil
}

func (c *consuming) report(r consumer.Report) {
	c.work.slices++
	c.work.copies += r.Copies
	c.minutes.Delays(func(yield func(time.Duration, uint64) bool) {
		for d, n := range r.Delays {
			c.work.delay = max(c.work.delay, d)
			if !yield(d, n) {
				return
			}
		}
	})
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
	if err == nil {
		c.cursors.passed(ctx, b.Records, resp)
	}
	c.note(ctx, b, resp, err, began)
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

// note has the batch in the operator's view.
func (c *consuming) note(ctx context.Context, b batch, resp events.KinesisEventResponse, err error, began time.Time) {
	shard, arrival := first(b.Records)
	if shard == "" {
		return
	}
	noted := pipeline.Batch{Shard: shard, Took: c.now().Sub(began), Age: max(0, began.Sub(arrival)), Unfinished: err != nil || len(resp.BatchItemFailures) > 0}
	if err == nil {
		for _, r := range allDone(b.Records, resp) {
			noted.Records++
			noted.Bytes += len(r.Kinesis.Data)
		}
	}
	c.minutes.Batch(noted)
	if err := c.minutes.FlushDue(ctx); err != nil {
		c.log.Warn().Err(err).Msg("writing minutes of the pipeline failed; it is tried again with a later batch")
	}
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
		metric{meters.Records, float64(len(b.Records))}, metric{meters.Events, float64(w.copies)}, metric{meters.Unfinished, failed},
		metric{meters.Received, float64(w.ledger.Received)}, metric{meters.Counted, float64(w.ledger.Counted)},
		metric{meters.Duplicate, float64(w.ledger.Duplicate)}, metric{meters.Bot, float64(w.ledger.Bot)}, metric{meters.Late, float64(w.ledger.Late)},
		metric{meters.Quarantined, float64(w.ledger.Quarantined)}, metric{meters.Redelivered, float64(w.ledger.Redelivered)},
		metric{meters.Imbalance, float64(w.ledger.Imbalance())},
		metric{meters.Age, float64(age.Milliseconds())}, metric{meters.Took, float64(took.Milliseconds())},
		metric{meters.Delay, float64(w.delay.Milliseconds())},
		metric{meters.ReadUnits, now.Read - before.Read}, metric{meters.WriteUnits, now.Written - before.Written},
		metric{meters.Throttles, float64(now.Throttled - before.Throttled)}, metric{meters.Retries, float64(now.Retries - before.Retries)},
	)
}

// first returns the shard of a batch and when its first record arrived.
func first(records []events.KinesisEventRecord) (shard string, arrival time.Time) {
	if len(records) == 0 {
		return "", time.Time{}
	}
	shard, _, _ = strings.Cut(records[0].EventID, ":")
	return shard, records[0].Kinesis.ApproximateArrivalTimestamp.Time
}
