package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/e2e/destination"
)

// What the mapping has given up is listed, brought back with its place and its arrival, and counted once, however often that is asked for. Nothing is left in the bucket and the
// queue but what is not the mapping's.
func TestRedriveFromTheBucket(t *testing.T) {
	c, d := newCloud(t), destination.New(t)
	f, n := newFunction(t, "command", append(c.env(), d.Env...)...), 0
	d.Give(bulk(3, &n), mapping.RetryAttemptsExhausted, true)
	aged := bulk(1, &n)
	aged.Records[0].Kinesis.ApproximateArrivalTimestamp.Time = time.Now().Add(-20 * time.Hour)
	d.Give(aged, mapping.RecordAgeExceeded, false)
	old := bulk(1, &n)
	old.Records[0].Kinesis.ApproximateArrivalTimestamp.Time = time.Now().Add(-9 * 24 * time.Hour)
	old.Records[0].Kinesis.Data = []byte(`{"site":"shop","name":"pageview","visitor":"ann"}`)
	d.Give(old, mapping.RecordAgeExceeded, true)
	d.Put("notes.txt", []byte("not the mapping's"))
	d.Notify(`{"Service":"Amazon S3","Event":"s3:TestEvent"}`)
	d.Notify("hello")

	type item struct {
		Key, Reason string
	}
	type list struct{ Items []item }
	first := must[list](t, f, order{Command: "dlq-list"})
	notices, _ := d.Notices()
	if len(first.Items) != 5 || notices != 0 || d.Left() != 1 {
		t.Fatalf("%d in quarantine, %d notices and %d objects left: %+v\n%s", len(first.Items), notices, d.Left(), first, f.output)
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
	c, d := newCloud(t), destination.New(t)
	f, n := newFunction(t, "command", append(c.env(), d.Env...)...), 0
	batch := bulk(2, &n)
	for range 3 {
		d.Give(batch, mapping.RetryAttemptsExhausted, true)
		must[json.RawMessage](t, f, order{Command: "dlq-list"})
	}
	books := must[struct{ Received, Quarantined int }](t, f, order{Command: "ledger"})
	if books.Received != 2 || books.Quarantined != 2 {
		t.Errorf("books %+v", books)
	}
	gone := newFunction(t, "command", append(c.env(), append(d.Env, "STREAMGAUGE_FAILURES=elsewhere")...)...)
	if out, err := gone.invoke(t.Context(), []byte(`{"command":"dlq-list"}`)); err == nil || !strings.Contains(err.Error(), "list bucket elsewhere") {
		t.Errorf("without the bucket: %s, %v", out, err)
	}
}
