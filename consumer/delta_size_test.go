package consumer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// weighed is a store that notes the largest delta.
type weighed struct {
	store.Store
	head, body, deltas int
}

func (w *weighed) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	w.head, w.body, w.deltas = max(w.head, len(d.Head)), max(w.body, len(d.Body)), w.deltas+1
	return w.Store.Append(ctx, key, n, d, nonce)
}

// A batch of 500 events of some 250 visitors, all of one window, makes a delta that DynamoDB takes in a few cheap pieces.
func TestDeltasAreSmall(t *testing.T) {
	w := &weighed{Store: storetest.NewMemory()}
	clock := func() time.Time { return noon }
	sites := aggregate.NewSites(w, clock)
	h := consumer.New(w, sites, aggregate.NewCommitter(w, sites, aggregate.Options{Now: clock}), consumer.Options{CreateSites: true, Now: clock})
	var batch events.KinesisEvent
	for i, line := range foldEvents() {
		batch.Records = append(batch.Records, events.KinesisEventRecord{
			EventID: fmt.Sprintf("shardId-000000000000:%056d", i), EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
			Kinesis: events.KinesisRecord{
				SequenceNumber: fmt.Sprintf("%056d", i), Data: line, ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: noon},
			},
		})
	}
	if resp, err := h.Handle(t.Context(), batch); err != nil || len(resp.BatchItemFailures) > 0 {
		t.Fatal(resp, err)
	}
	t.Attr("delta_head_bytes", fmt.Sprint(w.head))
	t.Attr("delta_body_bytes", fmt.Sprint(w.body))
	if w.deltas != 1 || w.head > 4<<10 || w.head+w.body > 24_000 {
		t.Errorf("%d deltas, head of %d bytes, body of %d", w.deltas, w.head, w.body)
	}
}
