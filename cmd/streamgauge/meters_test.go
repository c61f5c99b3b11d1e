package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// scrape reads /metrics.
func scrape(t *testing.T, n *node) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(get(t, n, "/metrics").Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// pipelineView asks for the operator's view.
func pipelineView(t *testing.T, n *node) (v pipeline.View) {
	t.Helper()
	if err := json.NewDecoder(get(t, n, "/api/v1/pipeline").Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// wantTable compares what is shown with the table of meters: the same families, and of each its kind, its help and its labels.
func wantTable(t *testing.T, families map[string]*dto.MetricFamily, places ...meters.Place) {
	t.Helper()
	for _, m := range meters.All() {
		f := families[m.Name]
		switch {
		case !slices.Contains(places, m.Place):
			if f != nil {
				t.Errorf("%s is shown, and belongs to %s", m.Name, m.Place)
			}
			continue
		case f == nil:
			t.Errorf("%s is not shown", m.Name)
			continue
		}
		if f.GetHelp() != m.Help || f.GetType().String() != strings.ToUpper(string(m.Kind)) {
			t.Errorf("%s is a %s: %s", m.Name, f.GetType(), f.GetHelp())
		}
		labels := map[string]bool{}
		for _, one := range f.GetMetric() {
			for _, l := range one.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		if got, want := slices.Sorted(maps.Keys(labels)), slices.Sorted(slices.Values(m.Labels)); !slices.Equal(got, want) {
			t.Errorf("%s has the labels %q, want %q", m.Name, got, want)
		}
	}
	for name := range families {
		if _, known := meters.Find(name); !known && strings.HasPrefix(name, "streamgauge_") {
			t.Errorf("%s is in no table", name)
		}
	}
}

// value is that of the only series of a family that has the labels.
func value(families map[string]*dto.MetricFamily, m meters.Meter, labels ...string) float64 {
	for _, one := range families[m.Name].GetMetric() {
		has := 0
		for i, name := range m.Labels {
			for _, l := range one.GetLabel() {
				if l.GetName() == name && (i >= len(labels) || l.GetValue() == labels[i]) {
					has++
				}
			}
		}
		if has < len(m.Labels) {
			continue
		}
		return one.GetCounter().GetValue() + one.GetGauge().GetValue() + float64(one.GetHistogram().GetSampleCount())
	}
	return -1
}

// What a process shows of itself, to Prometheus and to its page, after events of every outcome, a record that panics the consumer, and a reader of the live view:
// exactly the table, and the truth.
func TestMetersOfANode(t *testing.T) {
	n := startNode(t, 1, func(batch events.KinesisEvent) {
		for _, r := range batch.Records {
			if bytes.Contains(r.Kinesis.Data, []byte("/crash")) {
				panic("no more")
			}
		}
	})
	var batch []string // in one request, so that there is something to bisect
	for i := range 12 {
		url := fmt.Sprint("/", i)
		if i == 5 {
			url = "/crash"
		}
		batch = append(batch, fmt.Sprintf(`{"site":"shop","name":"pageview","url":%q,"id":"id-%d","visitor":"v%[2]d"}`, url, i))
	}
	post(t, n, strings.Join(batch, "\n"))
	post(t, n, `[{"site":"shop","name":"again","id":"id-1","visitor":"v1"},{"site":"shop","name":7},{"site":"shop","name":"old","ts":1}]`)
	wantBooks(t, n, ledger{Received: 14, Counted: 11, Quarantined: 1})
	live, err := http.Get(n.httpURL() + "/api/v1/live?site=shop")
	if err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		v := pipelineView(t, n)
		return v.Ledger.Received == 14 && v.Rollup.LagMS > 0 && v.Rollup.LastPassAt > 0 && v.Shards[0].State == pipeline.Idle && len(v.History) > 0
	})

	families := scrape(t, n)
	wantTable(t, families, meters.Everywhere, meters.InProcess)
	const shard = "shardId-000000000000"
	for _, c := range []struct {
		meter  meters.Meter
		labels []string
		want   float64
	}{
		{meters.DoorEvents, []string{"accepted"}, 14}, {meters.DoorEvents, []string{"invalid"}, 1}, {meters.DoorInvalid, []string{"type"}, 1},
		{meters.DoorAck, nil, 2}, {meters.Clients, []string{"live"}, 1}, {meters.Clients, []string{"inspect"}, 0},
		{meters.Copies, []string{"shop", "counted"}, 11}, {meters.Copies, []string{"shop", "duplicate"}, 1}, {meters.Copies, []string{"shop", "late"}, 1},
		{meters.Ledger, []string{"received"}, 14}, {meters.Ledger, []string{"quarantined"}, 1}, {meters.Ledger, []string{"accepted"}, 14},
		{meters.LedgerImbalance, nil, 0}, {meters.QuarantineWaiting, nil, 1},
		{meters.BatchFailures, []string{shard, "unfinished"}, 0}, {meters.Discarded, []string{shard}, 1},
		{meters.IteratorAge, []string{shard}, 0}, {meters.ShardStalled, []string{shard}, 0}, {meters.StoreFailures, nil, 0},
	} {
		if got := value(families, c.meter, c.labels...); got != c.want {
			t.Errorf("%s %v is %v, want %v", c.meter.Name, c.labels, got, c.want)
		}
	}
	v := pipelineView(t, n)
	one := v.Shards[0]
	for what, pair := range map[string][2]float64{
		"retries": {value(families, meters.BatchRetries, shard), float64(one.Retries)},
		"bisects": {value(families, meters.BatchBisects, shard), float64(one.Bisects)},
		"batches": {value(families, meters.BatchDuration, shard), float64(one.Batches)},
		"given":   {value(families, meters.Discarded, shard), float64(one.Discarded)},
		"delays":  {value(families, meters.EventDelay), float64(v.Delay.Count)},
	} {
		if pair[0] < 1 || pair[0] != pair[1] {
			t.Errorf("%s: %v to Prometheus, %v on the page", what, pair[0], pair[1])
		}
	}
	if v.Delay.Count != 12 || v.Delay.P50MS <= 0 || v.Door.AckP50MS <= 0 || v.Quarantine.Waiting != 1 || !v.Ledger.Balanced || len(v.Missing) > 0 {
		t.Errorf("%+v", v)
	}
	live.Body.Close()
	await(t, func() bool { return value(scrape(t, n), meters.Clients, "live") == 0 })
}

// What is shown of shards that are gone goes, and of a shard at its start there are zeros.
func TestShardMetersForget(t *testing.T) {
	m := newShardMeters(prometheus.NewRegistry(), pipeline.NewRecorder(pipeline.Sources{}, time.Now))
	for _, shard := range []string{"a", "b"} {
		m.started(shard)
		m.invocation(mapping.Invocation{ShardID: shard, Done: 1})
	}
	m.keep(map[string]bool{"b": true})
	for _, vec := range m.perShard() {
		if vec.DeletePartialMatch(map[string]string{"shard": "a"}) > 0 || vec.DeletePartialMatch(map[string]string{"shard": "b"}) == 0 {
			t.Error("the wrong shard was forgotten")
		}
	}
}

func TestStateOfAShard(t *testing.T) {
	failed := fmt.Errorf("down")
	for _, c := range []struct {
		status  mapping.ShardStatus
		stalled time.Duration
		want    pipeline.State
	}{
		{mapping.ShardStatus{State: mapping.Drained}, 0, pipeline.Closed},
		{mapping.ShardStatus{State: mapping.Waiting}, 0, pipeline.Idle},
		{mapping.ShardStatus{State: mapping.Idle}, 0, pipeline.Idle},
		{mapping.ShardStatus{State: mapping.Reading}, time.Second, pipeline.Polling},
		{mapping.ShardStatus{State: mapping.Invoking}, time.Second, pipeline.Polling},
		{mapping.ShardStatus{State: mapping.Retrying, LastError: failed}, time.Second, pipeline.Failing},
		{mapping.ShardStatus{State: mapping.Idle, LastError: failed}, time.Second, pipeline.Failing},
		{mapping.ShardStatus{State: mapping.Invoking}, time.Hour, pipeline.Stuck},
		{mapping.ShardStatus{State: mapping.Retrying, LastError: failed}, time.Hour, pipeline.Stuck},
	} {
		if got := stateOf(&c.status, c.stalled); got != c.want {
			t.Errorf("%+v, stalled for %v, is %s, want %s", c.status, c.stalled, got, c.want)
		}
	}
	if got := firstLine(fmt.Errorf("%s\nstack", strings.Repeat("ä", maxError))); len(got) > maxError+3 || strings.Contains(got, "stack") {
		t.Errorf("%q", got)
	}
}
