package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/streamgauge/streamgauge/consumer/mapping"
)

const failuresName = "failures"

// destination is the mapping's: a bucket, and a queue with notices.
type destination struct {
	t      testing.TB
	bucket *s3mem.Backend
	queue  *queue
	env    []string // of the function that reads it
}

func newDestination(t testing.TB) *destination {
	t.Helper()
	d := &destination{t: t, bucket: s3mem.New(), queue: &queue{}}
	if err := d.bucket.CreateBucket(failuresName); err != nil {
		t.Fatal(err)
	}
	s3, sqs := httptest.NewServer(gofakes3.New(d.bucket).Server()), httptest.NewServer(d.queue)
	t.Cleanup(func() { s3.Close(); sqs.Close() })
	d.env = []string{
		"STREAMGAUGE_FAILURES=" + failuresName, "STREAMGAUGE_NOTICES=" + sqs.URL + "/000000000000/notices", "STREAMGAUGE_SHARDS=1",
		"AWS_ENDPOINT_URL_S3=" + s3.URL, "AWS_ENDPOINT_URL_SQS=" + sqs.URL,
	}
	return d
}

func (d *destination) put(key string, body []byte) {
	d.t.Helper()
	if _, err := d.bucket.PutObject(failuresName, key, nil, bytes.NewReader(body), int64(len(body)), nil); err != nil {
		d.t.Fatal(err)
	}
}

// give puts a batch there as the mapping does, and says so where it is told to.
func (d *destination) give(batch events.KinesisEvent, condition mapping.Condition, notice bool) {
	d.t.Helper()
	g := mapping.Discard{
		Condition: condition, RequestID: uuid.NewString(), FunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:consume", ShardID: "shardId-000000000000",
		Attempts: 61, At: time.Now(), Err: errors.New("unhandled"), Event: batch,
	}
	body, err := g.RecordWithPayload()
	if err != nil {
		d.t.Fatal(err)
	}
	key := g.ObjectKey("6dcd7b4a-1f3e-4a58-9a53-9d1b3a2a7e10")
	d.put(key, body)
	if notice {
		d.queue.send(fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, failuresName, url.QueryEscape(key)))
	}
}

func (d *destination) left() (objects int) {
	d.t.Helper()
	list, err := d.bucket.ListBucket(failuresName, nil, gofakes3.ListBucketPage{})
	if err != nil {
		d.t.Fatal(err)
	}
	return len(list.Contents)
}

// queue is an SQS queue, as much of it as is called (Amazon SQS API Reference: ReceiveMessage, DeleteMessage).
type queue struct {
	mu       sync.Mutex
	messages []map[string]string // guarded by mu
	n        int
}

func (q *queue) send(body string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n++
	q.messages = append(q.messages, map[string]string{"Body": body, "MessageId": fmt.Sprint(q.n), "ReceiptHandle": fmt.Sprintf("receipt-%d", q.n)})
}

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ ReceiptHandle string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	q.mu.Lock()
	defer q.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonSQS.ReceiveMessage":
		_ = json.NewEncoder(w).Encode(map[string]any{"Messages": q.messages[:min(10, len(q.messages))]})
	case "AmazonSQS.DeleteMessage":
		for i, m := range q.messages {
			if m["ReceiptHandle"] == in.ReceiptHandle {
				q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
				break
			}
		}
		_, _ = w.Write([]byte("{}"))
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// What the mapping has given up is listed, brought back with its place and its arrival, and counted once, however often that is asked for. Nothing is left in the bucket and the
// queue but what is not the mapping's.
func TestRedriveFromTheBucket(t *testing.T) {
	c, d := newCloud(t), newDestination(t)
	f, n := newFunction(t, "command", append(c.env(), d.env...)...), 0
	d.give(bulk(3, &n), mapping.RetryAttemptsExhausted, true)
	aged := bulk(1, &n)
	aged.Records[0].Kinesis.ApproximateArrivalTimestamp.Time = time.Now().Add(-20 * time.Hour)
	d.give(aged, mapping.RecordAgeExceeded, false)
	old := bulk(1, &n)
	old.Records[0].Kinesis.ApproximateArrivalTimestamp.Time = time.Now().Add(-9 * 24 * time.Hour)
	old.Records[0].Kinesis.Data = []byte(`{"site":"shop","name":"pageview","visitor":"ann"}`)
	d.give(old, mapping.RecordAgeExceeded, true)
	d.put("notes.txt", []byte("not the mapping's"))
	d.queue.send(`{"Service":"Amazon S3","Event":"s3:TestEvent"}`)
	d.queue.send("hello")

	type item struct {
		Key, Reason string
	}
	type list struct{ Items []item }
	first := must[list](t, f, order{Command: "dlq-list"})
	if len(first.Items) != 5 || len(d.queue.messages) != 0 || d.left() != 1 {
		t.Fatalf("%d in quarantine, %d notices and %d objects left: %+v\n%s", len(first.Items), len(d.queue.messages), d.left(), first, f.output)
	}
	reasons, keys := map[string]int{}, []string{}
	for _, i := range first.Items {
		reasons[i.Reason]++
		keys = append(keys, i.Key)
	}
	if reasons["retries_exhausted"] != 3 || reasons["age_exceeded"] != 2 {
		t.Errorf("reasons %v", reasons)
	}
	shown := must[struct{ Text, Message string }](t, f, order{Command: "dlq-show", Keys: keys[:1]})
	if !strings.Contains(shown.Text, `"site":"shop"`) || !strings.Contains(shown.Message, "failed on it 61 times") {
		t.Errorf("shown: %+v", shown)
	}
	for range 2 {
		outcomes := map[string]int{}
		for _, r := range must[struct {
			Results []struct{ Outcome, Code string }
		}](t, f, order{Command: "redrive", Keys: keys}).Results {
			outcomes[r.Outcome+r.Code]++
		}
		if outcomes["counted"] != 4 || outcomes["expired"] != 1 {
			t.Errorf("outcomes %v", outcomes)
		}
		// The one that stays was put aside before there was such a site.
		books := must[struct{ Received, Counted, Duplicate, Quarantined int }](t, f, order{Command: "ledger"})
		if books.Received != 5 || books.Counted != 4 || books.Quarantined != 1 {
			t.Errorf("books %+v", books)
		}
	}
	for bad, want := range map[string]string{
		`{"command":"dlq-show"}`: "one is needed", `{"command":"dlq-show","keys":["none"]}`: "no such copy", `{"command":"redrive"}`: "1 to 100 are allowed", `{"command":"dlq-list","limit":-1}`: "bad_limit",
	} {
		if out, err := f.invoke(t.Context(), []byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want %q", bad, out, err, want)
		}
	}
}

// Where a step fails, as after a kill between two of them, the next order begins again, and no record is booked twice.
func TestTakingInIsRepeated(t *testing.T) {
	c, d := newCloud(t), newDestination(t)
	f, n := newFunction(t, "command", append(c.env(), d.env...)...), 0
	batch := bulk(2, &n)
	for range 3 {
		d.give(batch, mapping.RetryAttemptsExhausted, true)
		must[json.RawMessage](t, f, order{Command: "dlq-list"})
	}
	books := must[struct{ Received, Quarantined int }](t, f, order{Command: "ledger"})
	if books.Received != 2 || books.Quarantined != 2 {
		t.Errorf("books %+v", books)
	}
	gone := newFunction(t, "command", append(c.env(), append(d.env, "STREAMGAUGE_FAILURES=elsewhere")...)...)
	if out, err := gone.invoke(t.Context(), []byte(`{"command":"dlq-list"}`)); err == nil || !strings.Contains(err.Error(), "list bucket elsewhere") {
		t.Errorf("without the bucket: %s, %v", out, err)
	}
}
