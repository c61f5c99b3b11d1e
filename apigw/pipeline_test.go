package apigw

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
)

// A server that only sees the store answers the books, what is in quarantine, the roll-ups and what doors and consumers noted, and says that it does not know the rest.
func TestPipelineOfTheStoreAlone(t *testing.T) {
	var minutes *pipeline.Minutes
	r := newRig(t, parts{options: func(o *Options) {
		minutes = pipeline.NewMinutes(o.Store, o.Now)
		o.Counters = minutes
	}})
	r.clock.forward(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))) // what follows is in one minute
	r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":"n","id":"1"},{"site":"shop","name":"n","id":"1"},{"site":"shop"}]`)
	minutes.Batch(pipeline.Batch{Shard: "shardId-1", Records: 1})
	if err := minutes.FlushDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	in := &kinesis.PutRecordInput{StreamName: aws.String(streamName), PartitionKey: aws.String("shop/1"), Data: []byte("no JSON")}
	if _, err := r.broker.Client().PutRecord(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	r.consume()
	r.settle()
	view := func() pipeline.View {
		t.Helper()
		return decode[pipeline.View](t, r.ask(http.MethodGet, "/api/v1/pipeline", ""))
	}
	v := view()
	if l := v.Ledger; l.Received != 3 || l.Counted != 1 || l.Duplicate != 1 || l.Quarantined != 1 || !l.Balanced || v.Quarantine.Waiting != 1 {
		t.Errorf("the books are %+v, %d wait in quarantine", l, v.Quarantine.Waiting)
	}
	if v.AsOf == 0 || v.Rollup.LagMS != 0 || len(v.Shards) != 1 || v.History == nil || v.StepMS != 60_000 {
		t.Errorf("%+v", v)
	}
	for _, part := range []string{"shards.bisects", "store", "rollup.passes"} {
		if !slices.Contains(v.Missing, part) {
			t.Errorf("it does not say that %s is missing: %v", part, v.Missing)
		}
	}
	r.clock.forward(80 * time.Second)
	if v := view(); len(v.History) != 1 || v.History[0].AcceptedPerS != 2.0/60 || v.Door.InvalidPerS != 1.0/60 {
		t.Errorf("a minute later: %+v %+v", v.Door, v.History)
	}
	r.clock.forward(5*time.Minute - 80*time.Second)
	if err := aggregate.NewRoller(r.store, r.sites, r.clock.now).Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.clock.forward(20 * time.Minute)
	if v := view(); v.Rollup.LagMS < 20*60_000 || v.Rollup.LagMS > 22*60_000 {
		t.Errorf("20 minutes after a round the lag is %d ms", v.Rollup.LagMS)
	}
}

// What the options bring is what is answered, and an error is one.
func TestPipelineOfAProcess(t *testing.T) {
	var fault error
	r := newRig(t, parts{options: func(o *Options) {
		o.Pipeline = func(context.Context) (*pipeline.View, error) {
			return &pipeline.View{AsOf: 7, Shards: []pipeline.Shard{{Shard: "shardId-1", State: pipeline.Stuck}}}, fault
		}
	}})
	if v := decode[pipeline.View](t, r.ask(http.MethodGet, "/api/v1/pipeline", "")); v.AsOf != 7 || v.Shards[0].State != pipeline.Stuck {
		t.Errorf("%+v", v)
	}
	fault = errors.New("down")
	if a := r.ask(http.MethodGet, "/api/v1/pipeline", ""); a.status != http.StatusInternalServerError {
		t.Errorf("a store that is down: %d", a.status)
	}
	r.wantFaults(1)
}
