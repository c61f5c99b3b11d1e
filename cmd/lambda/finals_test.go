package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// topic is an SNS (Amazon SNS API Reference: Publish, in the query protocol) that keeps what is published, after it has refused some.
type topic struct {
	url string

	mu      sync.Mutex // guards the rest
	refuse  int
	told    []map[string]any // the messages
	ids     []string         // their attribute "id"
	targets []string
}

func newTopic(t *testing.T) *topic {
	p := &topic{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *topic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	if p.refuse > 0 || r.FormValue("Action") != "Publish" {
		p.refuse--
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`))
		return
	}
	var m map[string]any
	_ = json.Unmarshal([]byte(r.FormValue("Message")), &m)
	p.told = append(p.told, m)
	p.targets = append(p.targets, r.FormValue("TopicArn"))
	for i := '1'; i <= '3'; i++ {
		if prefix := "MessageAttributes.entry." + string(i) + "."; r.FormValue(prefix+"Name") == "id" {
			p.ids = append(p.ids, r.FormValue(prefix+"Value.StringValue"))
		}
	}
	_, _ = w.Write([]byte(`<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`))
}

// A minute that is settled is published, what comes later as its next revision, and an event of an alert; what the topic refuses is sent again.
func TestFinalsArePublished(t *testing.T) {
	c, sns := newCloud(t), newTopic(t)
	env := append(c.env(), "AWS_ENDPOINT_URL_SNS="+sns.url, "STREAMGAUGE_TOPIC=arn:aws:sns:us-east-1:000000000000:figures", "STREAMGAUGE_PARALLELIZATION=1")
	minute := time.Now().Truncate(time.Minute).Add(-4 * time.Minute)
	secrets := c.ssm.secrets(t)
	collect, consume, roll := newFunction(t, "collect", env...), newFunction(t, "consume", env...), newFunction(t, "rollup", env...)
	query := newFunction(t, "query", env...)
	if got := must[httpAnswer](t, query, request("POST", "/api/v1/sites", "", secrets.Access[0],
		`{"id":"shop","alerts":[{"name":"Any","kind":"threshold","metric":"pageviews","over":1,"minutes":1}]}`)); got.StatusCode != 201 {
		t.Fatalf("add site: %+v", got)
	}
	must[rolledUp](t, roll, tick{}) // the watermark begins before the minute that is counted later
	send := func(id string, at time.Time) {
		t.Helper()
		if got := must[httpAnswer](t, collect, request("POST", "/v1/events", "key="+secrets.SiteKey("shop"), "", pageview(id, at))); got.StatusCode != 202 {
			t.Fatalf("collect: %+v", got)
		}
		must[verdict](t, consume, c.onStream(t))
	}
	send("1", minute.Add(time.Second))
	sns.refuse = 1
	if _, err := roll.invoke(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if len(sns.told) != 0 {
		t.Fatalf("published %v", sns.told)
	}
	send("2", minute.Add(2*time.Second))
	deadline := time.Now().Add(30 * time.Second)
	for len(sns.ids) < 2 && time.Now().Before(deadline) { // the pause before the second attempt is a random one of up to 5 s
		must[rolledUp](t, roll, tick{})
	}
	first, second := "shop/"+unixMS(minute)+"/1", "shop/"+unixMS(minute)+"/2"
	slices.Sort(sns.ids)
	if !slices.Equal(sns.ids, []string{first, second}) {
		t.Fatalf("published %v, want %s and %s", sns.ids, first, second)
	}
	for i, m := range sns.told {
		if m["type"] != "final" || m["site"] != "shop" || m["settled_by"] != "cursors" || sns.targets[i] != "arn:aws:sns:us-east-1:000000000000:figures" {
			t.Errorf("published %v to %s", m, sns.targets[i])
		}
		if n := m["revision"].(float64); m["pageviews"] != n || m["visitors"] != 1.0 {
			t.Errorf("revision %v: %v", n, m)
		}
	}
}

func unixMS(t time.Time) string { b, _ := json.Marshal(t.UnixMilli()); return string(b) }

func TestLastDone(t *testing.T) {
	at := func(s int64) events.SecondsEpochTime { return events.SecondsEpochTime{Time: time.Unix(s, 0)} }
	records := []events.KinesisEventRecord{
		{EventID: "shardId-1:a", Kinesis: events.KinesisRecord{SequenceNumber: "a", ApproximateArrivalTimestamp: at(1)}},
		{EventID: "shardId-1:b", Kinesis: events.KinesisRecord{SequenceNumber: "b", ApproximateArrivalTimestamp: at(2)}},
		{EventID: "shardId-1:c", Kinesis: events.KinesisRecord{SequenceNumber: "c", ApproximateArrivalTimestamp: at(3)}},
	}
	for _, c := range []struct {
		failed  string
		shard   string
		arrival int64
	}{{"", "shardId-1", 3}, {"c", "shardId-1", 2}, {"b", "shardId-1", 1}, {"a", "", 0}} {
		var resp events.KinesisEventResponse
		if c.failed != "" {
			resp.BatchItemFailures = []events.KinesisBatchItemFailure{{ItemIdentifier: c.failed}}
		}
		shard, arrival := lastDone(records, resp)
		if shard != c.shard || shard != "" && arrival.Unix() != c.arrival {
			t.Errorf("failed %q: %s %v", c.failed, shard, arrival)
		}
	}
}
