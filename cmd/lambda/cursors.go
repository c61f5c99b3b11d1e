package main

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store"
)

// cursorsEvery is how often an environment writes how far its shard was counted, at most.
const cursorsEvery = time.Second

// cursors tell how far shards were counted, as far as an invocation can know: that the batches of a shard come one after the other, so that everything before the last
// record that is done is done. With several at a time that is not so, and nothing is told. Of a shard in which nothing comes, or that has ended, nobody tells: minutes are
// settled by their age then.
type cursors struct {
	*parts
	store   store.Store
	all     *aggregate.Cursors // of the stream that the first batch came from
	flushed time.Time
}

func newCursors(p *parts, s store.Store) *cursors { return &cursors{parts: p, store: s} }

// passed notes a batch. That it cannot be written fails nothing.
func (c *cursors) passed(ctx context.Context, records []events.KinesisEventRecord, resp events.KinesisEventResponse) {
	shard, arrival := lastDone(records, resp)
	if !c.settings.ordered || shard == "" {
		return
	}
	if c.all == nil {
		c.all = aggregate.NewCursors(c.store, records[0].EventSourceArn, c.now)
	}
	c.all.Passed(shard, arrival)
	if c.now().Sub(c.flushed) < cursorsEvery {
		return
	}
	c.flushed = c.now()
	if err := c.all.Flush(ctx); err != nil {
		c.log.Warn().Err(err).Msg("writing how far the shard is counted failed; it is tried again with the next batch")
	}
}

// lastDone returns the shard of a batch, and when the last record came before which all are done; the shard is "" where there is none.
func lastDone(records []events.KinesisEventRecord, resp events.KinesisEventResponse) (shard string, arrival time.Time) {
	done := allDone(records, resp)
	if len(done) == 0 {
		return "", time.Time{}
	}
	return first(done[len(done)-1:])
}

// allDone returns the records before the first that is delivered again.
func allDone(records []events.KinesisEventRecord, resp events.KinesisEventResponse) []events.KinesisEventRecord {
	done := len(records)
	for _, f := range resp.BatchItemFailures {
		for i, r := range records {
			if r.Kinesis.SequenceNumber == f.ItemIdentifier {
				done = min(done, i)
			}
		}
	}
	return records[:done]
}
