package stream_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/stream"
)

// post sends a request as it stands on the wire.
func post(t *testing.T, h http.Handler, action, body string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// fixedBroker is a broker at a fixed time, with a stream "s" of one shard.
func fixedBroker(t *testing.T) *stream.Broker {
	t.Helper()
	b := openBroker(t, stream.Options{Clock: func() time.Time { return time.UnixMilli(1_700_000_000_120) }})
	if r := post(t, b, "CreateStream", `{"StreamName":"s","ShardCount":1}`); r.StatusCode != 200 || bodyOf(t, r) != "" {
		t.Fatal("CreateStream")
	}
	return b
}

// TestWire shows bodies as they are, letter by letter.
func TestWire(t *testing.T) {
	const first = "49646437577108476416916876405827138351405044305449975810"
	b := fixedBroker(t)
	for _, c := range []struct{ action, body, want string }{
		{"GetRecords", `{"ShardIterator":"` + iterate(t, b, "LATEST") + `"}`, `{"MillisBehindLatest":0,"NextShardIterator":"…","Records":[]}`},
		{"PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"AAEC"}`,
			`{"EncryptionType":"NONE","SequenceNumber":"` + first + `","ShardId":"shardId-000000000000"}`},
		{"ListStreams", `{}`,
			`{"HasMoreStreams":false,"StreamNames":["s"],"StreamSummaries":[{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s",` +
				`"StreamCreationTimestamp":1700000000.120,"StreamModeDetails":{"StreamMode":"PROVISIONED"},"StreamName":"s","StreamStatus":"ACTIVE"}]}`},
		{"GetRecords", `{"ShardIterator":"` + iterate(t, b, "TRIM_HORIZON") + `"}`,
			`{"MillisBehindLatest":0,"NextShardIterator":"…","Records":[{"ApproximateArrivalTimestamp":1700000000.120,"Data":"AAEC",` +
				`"EncryptionType":"NONE","PartitionKey":"k","SequenceNumber":"` + first + `"}]}`},
		{"DeleteStream", `{"StreamName":"s"}`, ""},
		{"DescribeStream", `{"StreamName":"s"}`,
			`{"__type":"ResourceNotFoundException","message":"Stream s under account 000000000000 not found."}`},
	} {
		r := post(t, b, c.action, c.body)
		got := regexp.MustCompile(`("NextShardIterator":")[^"]*`).ReplaceAllString(bodyOf(t, r), "${1}…")
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.action, got, c.want)
		}
		if r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || r.Header.Get("Content-Length") == "" ||
			r.Header.Get("x-amz-id-2") == "" || len(r.Header.Get("x-amzn-RequestId")) != 36 {
			t.Errorf("%s: headers %v", c.action, r.Header)
		}
	}
}

func iterate(t *testing.T, b *stream.Broker, kind string) string {
	t.Helper()
	var out struct{ ShardIterator string }
	body := bodyOf(t, post(t, b, "GetShardIterator", `{"StreamName":"s","ShardId":"0","ShardIteratorType":"`+kind+`"}`))
	if err := json.Unmarshal([]byte(body), &out); err != nil || out.ShardIterator == "" {
		t.Fatal(body)
	}
	return out.ShardIterator
}

// TestBadBodies: what cannot be read is a SerializationException, and what is missing has AWS's words.
func TestBadBodies(t *testing.T) {
	b := fixedBroker(t)
	serialization := func(message string) string {
		if message == "" {
			return `{"__type":"SerializationException"}`
		}
		return `{"Message":"` + message + `","__type":"SerializationException"}`
	}
	for _, c := range []struct{ action, body, want string }{
		{"PutRecord", ``, serialization("")},
		{"PutRecord", `null`, serialization("")},
		{"PutRecord", `[]`, serialization("")},
		{"PutRecord", `{"StreamName":`, serialization("")},
		{"PutRecord", `{"StreamName":5}`, serialization("NUMBER_VALUE can not be converted to a String")},
		{"PutRecord", `{"StreamName":["s"]}`, serialization("Start of list found where not expected")},
		{"PutRecord", `{"Data":7}`, serialization("NUMBER_VALUE can not be converted to a Blob")},
		{"PutRecords", `{"Records":5}`, serialization("Expected list or null")},
		{"PutRecords", `{"Records":[5]}`, serialization("Expected null")},
		{"PutRecords", `{"Records":{}}`, serialization("Start of structure or map found where not expected.")},
		{"GetRecords", `{"Limit":"5"}`, serialization("STRING_VALUE can not be converted to an Integer")},
		{"GetShardIterator", `{"Timestamp":"now"}`, serialization("STRING_VALUE can not be converted to a Timestamp")},
		{"ListShards", `{"ShardFilter":{"Timestamp":true}}`, serialization("BOOL_VALUE can not be converted to a Timestamp")},
		{"GetRecords", `{}`, `{"__type":"ValidationException","message":"1 validation error detected: Value null at 'shardIterator' failed to ` +
			`satisfy constraint: Member must not be null"}`},
		{"PutRecords", `{"StreamName":"s","Records":[{},{"Data":null,"PartitionKey":null}]}`, `{"__type":"ValidationException","message":"4 validation ` +
			`errors detected: Value null at 'records.1.member.partitionKey' failed to satisfy constraint: Member must not be null; ` +
			`Value null at 'records.1.member.data' failed to satisfy constraint: Member must not be null; ` +
			`Value null at 'records.2.member.partitionKey' failed to satisfy constraint: Member must not be null; ` +
			`Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null"}`},
		{"GetShardIterator", `{"StreamName":"s"}`, `{"__type":"ValidationException","message":"2 validation errors detected: Value null at 'shardId' ` +
			`failed to satisfy constraint: Member must not be null; Value null at 'shardIteratorType' failed to satisfy constraint: Member must not be null"}`},
		{"CreateChannel", `{}`, `{"__type":"UnknownOperationException"}`},
		{"", `{}`, `{"__type":"UnknownOperationException"}`},
	} {
		r := post(t, b, c.action, c.body)
		if got := bodyOf(t, r); got != c.want || r.StatusCode != 400 {
			t.Errorf("%s %s\n got %d %s\nwant %s", c.action, c.body, r.StatusCode, got, c.want)
		}
	}
	if got := bodyOf(t, post(t, b, "PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"A"}`)); !strings.Contains(got, "SerializationException") {
		t.Error(got)
	}
}

func TestHTTPEdges(t *testing.T) {
	b := fixedBroker(t)
	if r := post(t, b, "PutRecord", strings.Repeat(" ", 20<<20+1)); r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that is too large: %s", r.Status)
	}
	for name, change := range map[string]func(*http.Request){
		"method":       func(r *http.Request) { r.Method = http.MethodGet },
		"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"service":      func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListStreams") },
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
		change(r)
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != 400 || !strings.Contains(w.Body.String(), "UnknownOperationException") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// FuzzBody sends any body to any action. The answer is always JSON, and never the server's fault.
func FuzzBody(f *testing.F) {
	actions := []string{"CreateStream", "DeleteStream", "DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator",
		"ListShards", "ListStreams", "PutRecord", "PutRecords"}
	for i, body := range []string{
		`{"StreamName":"a","ShardCount":2}`, `{"StreamName":"a"}`, `{"StreamName":"s","Limit":1}`, `{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"}`,
		`{"ShardIterator":"AAAA","Limit":3}`, `{"StreamName":"s","ShardId":"shardId-0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1.5e9}`,
		`{"StreamName":"s","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":1}}`, `{"NextToken":"x"}`, `{"StreamName":"s","PartitionKey":"k","Data":"AA=="}`,
		`{"StreamName":"s","Records":[{"Data":"AA==","PartitionKey":"\ud800"},{"Data":"","PartitionKey":"b","ExplicitHashKey":"12"}]}`,
	} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		b := fixedBroker(t)
		r := post(t, b, actions[int(which)%len(actions)], string(body))
		got := bodyOf(t, r)
		if r.StatusCode != 200 && r.StatusCode != 400 || got != "" && !json.Valid([]byte(got)) {
			t.Fatalf("%d %s", r.StatusCode, got)
		}
	})
}

// TestDataSizes puts records of many lengths through base64 and back.
func TestDataSizes(t *testing.T) {
	b := fixedBroker(t)
	for n := range 200 {
		data := bytes.Repeat([]byte{byte(n), 0xff}, n)[:n]
		body := `{"StreamName":"s","PartitionKey":"k","Data":"` + base64.StdEncoding.EncodeToString(data) + `"}`
		latest := iterate(t, b, "LATEST")
		if r := post(t, b, "PutRecord", body); r.StatusCode != 200 {
			t.Fatal(bodyOf(t, r))
		}
		var out struct{ Records []struct{ Data []byte } }
		if err := json.Unmarshal([]byte(bodyOf(t, post(t, b, "GetRecords", `{"ShardIterator":"`+latest+`"}`))), &out); err != nil {
			t.Fatal(err)
		}
		if len(out.Records) != 1 || !bytes.Equal(out.Records[0].Data, data) {
			t.Fatalf("%d bytes came back as %v", n, out.Records)
		}
	}
}
