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

// A server that only sees the store answers the books, what is in quarantine and the roll-ups, and says that it does not know the rest.
func TestPipelineOfTheStoreAlone(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":"n","id":"1"},{"site":"shop","name":"n","id":"1"}]`)
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
	if v.AsOf == 0 || v.Rollup.LagMS != 0 || v.Shards == nil || v.History == nil {
		t.Errorf("%+v", v)
	}
	for _, part := range []string{"shards", "door", "delay", "store", "history"} {
		if !slices.Contains(v.Missing, part) {
			t.Errorf("it does not say that %s is missing: %v", part, v.Missing)
		}
	}
	r.clock.forward(5 * time.Minute)
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
