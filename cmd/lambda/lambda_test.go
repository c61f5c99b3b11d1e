package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/event"
)

// httpAnswer is what the HTTP roles answer.
type httpAnswer struct {
	StatusCode int
	Body       string
	Headers    map[string]string
}

func request(method, path, query, bearer, body string) events.APIGatewayV2HTTPRequest {
	r := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RawPath: path, RawQueryString: query, Body: body,
		Headers: map[string]string{"content-type": "application/json", "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"},
	}
	if bearer != "" {
		r.Headers["authorization"] = "Bearer " + bearer
	}
	r.RequestContext.HTTP.Method, r.RequestContext.HTTP.SourceIP, r.RequestContext.Stage = method, "192.0.2.1", "$default"
	return r
}

func pageview(id string, at time.Time) string {
	return fmt.Sprintf(`{"site":"shop","name":"pageview","id":%q,"visitor":"ann","url":"/tea","ts":%d}`, id, at.UnixMilli())
}

// onStream reads all records as the mapping would hand them to the function.
func (c *cloud) onStream(t *testing.T) events.KinesisEvent {
	t.Helper()
	return events.KinesisEvent{Records: c.allOnStream(t)}
}

func (c *cloud) allOnStream(t *testing.T) (all []events.KinesisEventRecord) {
	t.Helper()
	client := c.broker.Client()
	shards, err := client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String(streamName)})
	if err != nil {
		t.Fatal(err)
	}
	id := shards.Shards[0].ShardId
	it, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String(streamName), ShardId: id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	for next := it.ShardIterator; ; {
		out, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: next})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Records {
			all = append(all, events.KinesisEventRecord{
				EventID: *id + ":" + *r.SequenceNumber, EventSourceArn: streamARN, EventSource: "aws:kinesis",
				Kinesis: events.KinesisRecord{
					Data: r.Data, PartitionKey: *r.PartitionKey, SequenceNumber: *r.SequenceNumber, KinesisSchemaVersion: "1.0",
					ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: *r.ApproximateArrivalTimestamp},
				},
			})
		}
		if next = out.NextShardIterator; len(out.Records) == 0 && *out.MillisBehindLatest == 0 {
			return all
		}
	}
}

// TestTheWayOfAnEvent lets all roles of the bootstrap work together, each as a process behind the Runtime API.
func TestTheWayOfAnEvent(t *testing.T) {
	c := newCloud(t)
	secrets, now := c.ssm.secrets(t), time.Now()
	collect := newFunction(t, "collect", c.env()...)
	if got := must[httpAnswer](t, collect, request("POST", "/v1/events", "", "", pageview("1", now))); got.StatusCode != 401 {
		t.Errorf("without a key: %d %s", got.StatusCode, got.Body)
	}
	if got := must[httpAnswer](t, collect, request("POST", "/v1/events", "key="+secrets.SiteKey("shop"), "", pageview("1", now))); got.StatusCode != 202 {
		t.Fatalf("collect: %d %s", got.StatusCode, got.Body)
	}
	for _, path := range []string{"/", "/api/v1/ledger", "/metrics"} {
		if got := must[httpAnswer](t, collect, request("GET", path, "", secrets.Access[0], "")); got.StatusCode != 404 {
			t.Errorf("collect answers %s: %d", path, got.StatusCode)
		}
	}

	consume := newFunction(t, "consume", c.env()...)
	batch := c.onStream(t)
	if len(batch.Records) != 1 {
		t.Fatalf("%d records on the stream", len(batch.Records))
	}
	for range 2 { // the second is a redelivery
		if got := must[verdict](t, consume, batch); len(got.BatchItemFailures) != 0 {
			t.Fatalf("consume: %+v", got)
		}
	}
	newRoll := newFunction(t, "rollup", c.env()...)
	must[rolledUp](t, newRoll, tick{Repair: true})

	query := newFunction(t, "query", c.env()...)
	if got := must[httpAnswer](t, query, request("GET", "/api/v1/ledger", "site=shop", "", "")); got.StatusCode != 401 {
		t.Errorf("query without the token: %d", got.StatusCode)
	}
	got := must[httpAnswer](t, query, request("GET", "/api/v1/ledger", "site=shop", secrets.Access[0], ""))
	for _, want := range []string{`"received":1`, `"counted":1`, `"redelivered":1`} {
		if got.StatusCode != 200 || !strings.Contains(got.Body, want) {
			t.Errorf("ledger: %d %s, want %s", got.StatusCode, got.Body, want)
		}
	}
	got = must[httpAnswer](t, query, request("GET", "/api/v1/live/snapshot", "site=shop", secrets.Access[0], ""))
	if got.StatusCode != 200 || !strings.Contains(got.Body, `"current_visitors":1,`) || !strings.Contains(got.Body, `"page":"/tea"`) {
		t.Errorf("snapshot: %d %s", got.StatusCode, got.Body)
	}
	if got := must[httpAnswer](t, query, request("GET", "/api/v1/live", "site=shop", secrets.Access[0], "")); got.StatusCode != 404 {
		t.Errorf("an event stream through API Gateway: %d", got.StatusCode)
	}
	if got := must[httpAnswer](t, query, request("GET", "/", "", secrets.Access[0], "")); got.StatusCode != 200 || !strings.Contains(got.Body, "<html") {
		t.Errorf("page: %d %.100s", got.StatusCode, got.Body)
	}
	if got := must[httpAnswer](t, query, request("POST", "/v1/events", "", secrets.Access[0], pageview("2", now))); got.StatusCode != 404 {
		t.Errorf("query takes events: %d", got.StatusCode)
	}
	wantPipeline(t, must[httpAnswer](t, query, request("GET", "/api/v1/pipeline", "", secrets.Access[0], "")))
	wantRefused(t, must[httpAnswer](t, query, request("GET", "/api/v1/ledger", "", secrets.Access[0], "")))
	wantLines(t, consume.output.String())
	wantSeries(t, meters.Consume, consume)
	wantSeries(t, meters.Rollup, newRoll)
}

// wantPipeline checks that the function that answers the view has seen what the others noted: the door how long it took, the consumer its first batch, of which it writes at once.
func wantPipeline(t *testing.T, got httpAnswer) {
	t.Helper()
	var v pipeline.View
	if err := json.Unmarshal([]byte(got.Body), &v); err != nil || got.StatusCode != 200 {
		t.Fatalf("pipeline: %d %s: %v", got.StatusCode, got.Body, err)
	}
	if len(v.Shards) != 1 || v.Shards[0].Batches != 1 || v.Shards[0].BatchP50MS <= 0 || v.Shards[0].State != pipeline.Polling {
		t.Errorf("shards: %+v", v.Shards)
	}
	if v.Ledger.Counted != 1 || v.Door.AckP50MS <= 0 || v.Delay.Count != 1 || v.StepMS != 60_000 || slices.Contains(v.Missing, "shards") {
		t.Errorf("%s", got.Body)
	}
}

// wantRefused checks that a function knows what the door of another one refused: the request without a key.
func wantRefused(t *testing.T, got httpAnswer) {
	t.Helper()
	var v struct{ Refused aggregate.RefusedView }
	if err := json.Unmarshal([]byte(got.Body), &v); err != nil || v.Refused.Events != 1 || len(v.Refused.Rows) != 1 || v.Refused.Rows[0].Reason != "unauthorized" {
		t.Errorf("ledger: %d %s: %v", got.StatusCode, got.Body, err)
	}
}

// wantSeries ends a function's process and checks that it wrote the metrics of the table, with their units, and no others.
func wantSeries(t *testing.T, name string, f *function) {
	t.Helper()
	f.kill() // and all that it wrote has come
	output := f.output.String()
	type written struct{ Name, Unit string }
	var want []written
	for _, s := range meters.AllSeries() {
		if slices.Contains(s.Functions, name) && s.Unit != meters.Aside {
			want = append(want, written{s.Name, s.Unit})
		}
	}
	lines := 0
	for line := range strings.Lines(output) {
		var v struct {
			AWS *struct{ CloudWatchMetrics []struct{ Metrics []written } } `json:"_aws"`
		}
		if json.Unmarshal([]byte(line), &v) != nil || v.AWS == nil {
			continue
		}
		lines++
		got := v.AWS.CloudWatchMetrics[0].Metrics
		byName := func(a, b written) int { return strings.Compare(a.Name, b.Name) }
		if slices.SortFunc(got, byName); !slices.Equal(got, slices.SortedFunc(slices.Values(want), byName)) {
			t.Errorf("%s writes %v, want %v", name, got, want)
		}
	}
	if lines == 0 {
		t.Errorf("%s writes no metrics:\n%s", name, output)
	}
}

// wantLines checks what consume writes: a log line and a line of metrics for each batch.
func wantLines(t *testing.T, output string) {
	t.Helper()
	logs, metrics := 0, 0
	for line := range strings.Lines(output) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("no JSON: %s", line)
			continue
		}
		switch {
		case v["_aws"] != nil:
			metrics++
			if v["Stage"] != "test" || v["Function"] != "consume" || v["Imbalance"] != 0.0 || v["Records"] != 1.0 || v["request_id"] == "" {
				t.Errorf("metrics: %s", line)
			}
			if strings.Contains(line, "shop") || strings.Contains(line, "tea") {
				t.Errorf("site or page in the metrics: %s", line)
			}
		case v["message"] == "batch":
			logs++
			if v["shard"] != "shardId-000000000000" || v["outcome"] != "done" || v["records"] != 1.0 || v["request_id"] == "" {
				t.Errorf("log: %s", line)
			}
		}
	}
	if logs != 2 || metrics != 2 {
		t.Errorf("%d log lines and %d lines of metrics of 2 batches", logs, metrics)
	}
}

func TestCommands(t *testing.T) {
	c := newCloud(t)
	f := newFunction(t, "command", c.env()...)
	c.ssm.mu.Lock()
	c.ssm.value = ""
	c.ssm.mu.Unlock()
	if out, err := f.invoke(t.Context(), []byte(`{"command":"key","site":"shop"}`)); err == nil || !strings.Contains(err.Error(), "make deploy makes it") {
		t.Errorf("without secrets: %s, %v", out, err)
	}
	if got := must[map[string]string](t, f, order{Command: "init"}); got["outcome"] != "made" || got["access"] != c.ssm.secrets(t).Access[0] {
		t.Errorf("init: %v", got)
	}
	before := c.ssm.secrets(t)
	if got := must[map[string]string](t, f, order{Command: "init"}); got["access"] != "" || c.ssm.secrets(t).Access[0] != before.Access[0] {
		t.Errorf("a second init: %v", got)
	}
	if got := must[map[string]string](t, f, order{Command: "key", Site: "shop"}); got["key"] != before.SiteKey("shop") {
		t.Errorf("key: %v", got)
	}
	token := must[map[string]string](t, f, order{Command: "token", Site: "shop", Minutes: 5})["token"]
	if got := must[map[string]string](t, f, order{Command: "rotate-access"}); got["access"] != c.ssm.secrets(t).Access[0] || got["access"] == before.Access[0] {
		t.Errorf("rotate-access: %v", got)
	}
	must[string](t, f, order{Command: "rotate-ingest"})
	if site, err := c.ssm.secrets(t).Verify(token, time.Now()); err != nil || site != "shop" {
		t.Errorf("a token from before the rotation: %q, %v", site, err)
	}
	text := must[string](t, f, order{Command: "metrics"})
	parser := expfmt.NewTextParser(model.UTF8Validation)
	if families, err := parser.TextToMetricFamilies(strings.NewReader(text)); err != nil || len(families[meters.Ledger.Name].GetMetric()) != 9 || len(families) != 5 {
		t.Errorf("metrics: %v of\n%s", err, text)
	} else {
		for name, f := range families {
			if m, known := meters.Find(name); !known || f.GetHelp() != m.Help || f.GetType().String() != strings.ToUpper(string(m.Kind)) {
				t.Errorf("%s is not the table's: %v", name, f)
			}
		}
	}
	if got := must[map[string]any](t, f, order{Command: "ledger"}); got["received"] != 0.0 {
		t.Errorf("ledger: %v", got)
	}
	must[string](t, f, order{Command: "repair"})
	must[string](t, f, order{Command: "purge"})
	for _, bad := range []order{{Command: "key", Site: "No Site"}, {Command: "token", Site: "shop"}, {Command: "burn"}, {Command: "ledger", Site: "?"}} {
		b, _ := json.Marshal(bad)
		if out, err := f.invoke(t.Context(), b); err == nil {
			t.Errorf("%+v: %s", bad, out)
		}
	}
}

func TestAuthorize(t *testing.T) {
	c := newCloud(t)
	f := newFunction(t, "authorize", c.env()...)
	golden, err := os.ReadFile(filepath.Join("testdata", "apigw-v2-custom-authorizer-v2-request.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r events.APIGatewayV2CustomAuthorizerV2Request
	if err := json.Unmarshal(golden, &r); err != nil {
		t.Fatal(err)
	}
	if got := must[events.APIGatewayV2CustomAuthorizerSimpleResponse](t, f, golden); got.IsAuthorized {
		t.Error("the request of the documentation was let in")
	}
	token := c.ssm.secrets(t).Sign("shop.example", time.Now().Add(time.Minute))
	for name, set := range map[string]func(){
		"header": func() { r.Headers = map[string]string{"Authorization": "Bearer " + token} },
		"query":  func() { r.Headers, r.QueryStringParameters = nil, map[string]string{"key": token} },
	} {
		set()
		got := must[events.APIGatewayV2CustomAuthorizerSimpleResponse](t, f, r)
		key, _ := got.Context["partitionKey"].(string)
		if !got.IsAuthorized || got.Context["site"] != "shop.example" || event.AuthorizedSite(key) != "shop.example" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	wantSeries(t, meters.Authorize, f)
}

// The event of AWS's documentation, and one with a tumbling window, whose state comes back as it went.
func TestKinesisEvents(t *testing.T) {
	c := newCloud(t)
	f := newFunction(t, "consume", c.env()...)
	for file, state := range map[string]string{"kinesis-event": "", "kinesis-time-window-event": `{"1":"state 1","2":"state 2"}`} {
		golden, err := os.ReadFile(filepath.Join("testdata", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.invoke(t.Context(), golden)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal(out, &got); err != nil || string(got["batchItemFailures"]) != "[]" {
			t.Errorf("%s: %s, %v", file, out, err)
		}
		if string(got["state"]) != state {
			t.Errorf("%s: state %s, want %s", file, got["state"], state)
		}
	}
}

// A load balancer's event, with the body in base64, and a function URL's.
func TestCollectBehindABalancer(t *testing.T) {
	c := newCloud(t)
	f := newFunction(t, "collect", c.env()...)
	alb := events.ALBTargetGroupRequest{
		HTTPMethod: "POST", Path: "/v1/events", QueryStringParameters: map[string]string{"key": c.ssm.secrets(t).SiteKey("shop")},
		Headers: map[string]string{"content-type": "application/json", "x-forwarded-for": "198.51.100.9, 192.0.2.1"},
		Body:    base64.StdEncoding.EncodeToString([]byte(pageview("1", time.Now()))), IsBase64Encoded: true,
	}
	alb.RequestContext.ELB.TargetGroupArn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/collect/abcdefgh"
	if got := must[events.ALBTargetGroupResponse](t, f, alb); got.StatusCode != 202 || got.StatusDescription != "202 Accepted" {
		t.Errorf("%+v", got)
	}
	v1 := events.APIGatewayProxyRequest{
		HTTPMethod: "POST", Path: "/v1/events", Headers: map[string]string{"Content-Type": "application/json"},
		MultiValueQueryStringParameters: map[string][]string{"key": {c.ssm.secrets(t).SiteKey("shop")}}, Body: pageview("2", time.Now()),
	}
	v1.RequestContext.Identity.SourceIP = "192.0.2.1"
	if got := must[events.APIGatewayProxyResponse](t, f, v1); got.StatusCode != 202 {
		t.Errorf("%+v", got)
	}
	if got := len(c.onStream(t).Records); got != 2 {
		t.Errorf("%d records on the stream", got)
	}
}

func TestSettings(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for _, p := range pairs {
				if n, v, _ := strings.Cut(p, "="); n == name {
					return v
				}
			}
			return ""
		}
	}
	for name, c := range map[string]struct {
		env   func(string) string
		wants []string
	}{
		"no role":  {env("_HANDLER=x"), []string{`"x" is no role`, "authorize, collect, command, consume, query, rollup"}},
		"nothing":  {env("_HANDLER=consume"), []string{"STREAMGAUGE_TABLE is not set", "STREAMGAUGE_SHARDS", "AWS_REGION"}},
		"shards 0": {env("_HANDLER=consume", "STREAMGAUGE_TABLE=t", "AWS_REGION=r", "STREAMGAUGE_SHARDS=0"), []string{`"0", not a number of shards`}},
	} {
		_, err := build(c.env, os.Stderr)
		for _, want := range c.wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := &parts{now: func() time.Time { return now }}
	hour := fmt.Sprintf("%012x", now.UnixMilli())
	for partition, want := range map[string]time.Duration{
		"D#1#shop#0#" + hour: time.Hour + 10*time.Second + 24*time.Hour + 7*24*time.Hour + 72*time.Hour,
		"T":                  48 * time.Hour, "C#shop": 11 * 24 * time.Hour, "Q": 60 * 24 * time.Hour, "A#shop": 400 * 24 * time.Hour, "M": 24 * time.Hour,
		"S": -1, "H": -1, "R#1#shop#minute#" + hour: -1, "D#": -1, "D#1#shop#0#zz": -1, "X#minute#1": -1,
	} {
		got := p.expires(partition)
		if want < 0 != got.IsZero() || want >= 0 && got.Sub(now) != want {
			t.Errorf("%s: %v after now, want %v", partition, got.Sub(now), want)
		}
	}
}
