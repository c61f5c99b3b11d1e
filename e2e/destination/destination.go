package destination

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/streamgauge/streamgauge/consumer/mapping"
)

// Bucket is its name.
const Bucket = "failures"

// Destination is a bucket, and a queue with notices.
type Destination struct {
	Env []string // of the function that reads it

	t      testing.TB
	bucket *s3mem.Backend
	queue  *queue
}

// New starts one, which ends with the test.
func New(t testing.TB) *Destination {
	t.Helper()
	d := &Destination{t: t, bucket: s3mem.New(), queue: &queue{}}
	if err := d.bucket.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	s3, sqs := httptest.NewServer(gofakes3.New(d.bucket).Server()), httptest.NewServer(d.queue)
	t.Cleanup(func() { s3.Close(); sqs.Close() })
	d.Env = []string{
		"STREAMGAUGE_FAILURES=" + Bucket, "STREAMGAUGE_NOTICES=" + sqs.URL + "/000000000000/notices", "STREAMGAUGE_SHARDS=1",
		"AWS_ENDPOINT_URL_S3=" + s3.URL, "AWS_ENDPOINT_URL_SQS=" + sqs.URL,
	}
	return d
}

// Put puts an object into the bucket, whoever wrote it.
func (d *Destination) Put(key string, body []byte) {
	d.t.Helper()
	if _, err := d.bucket.PutObject(Bucket, key, nil, bytes.NewReader(body), int64(len(body)), nil); err != nil {
		d.t.Fatal(err)
	}
}

// Give puts a batch there as the mapping does, and says so where it is told to.
func (d *Destination) Give(batch events.KinesisEvent, condition mapping.Condition, notice bool) {
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
	d.Put(key, body)
	if notice {
		d.Notify(fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, Bucket, url.QueryEscape(key)))
	}
}

// Left counts the objects in the bucket.
func (d *Destination) Left() (objects int) {
	d.t.Helper()
	list, err := d.bucket.ListBucket(Bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		d.t.Fatal(err)
	}
	return len(list.Contents)
}

// Notify sends a message to the queue.
func (d *Destination) Notify(message string) { d.queue.send(message) }

// Notices counts the messages in the queue, and Asked how often somebody has asked for some.
func (d *Destination) Notices() (messages, asked int) {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	return len(d.queue.messages), d.queue.asked
}

// queue is an SQS queue, as much of it as is called (Amazon SQS API Reference: ReceiveMessage, DeleteMessage).
type queue struct {
	mu       sync.Mutex
	messages []map[string]string // guarded by mu
	n        int                 // guarded by mu
	asked    int                 // guarded by mu
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
		q.asked++
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
