package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
)

const rateExceeded = "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000."

func wantThrottled(t *testing.T, what string, err error) {
	t.Helper()
	var throttled *types.ProvisionedThroughputExceededException
	if !errors.As(err, &throttled) || *throttled.Message != rateExceeded {
		t.Errorf("%s: %v, want %s", what, err, rateExceeded)
	}
}

// throttled is a stream with limits, and a clock that stands still until it is moved.
type throttled struct {
	*stream.Client
	*clock
}

func newThrottled(t *testing.T, shards int32) *throttled {
	t.Helper()
	c := &throttled{clock: newClock()}
	c.Client = openBroker(t, stream.Options{EnforceLimits: true, Clock: c.now}).Client()
	createStream(t, c.Client, "s", shards)
	return c
}

// put puts n records of so many bytes with one key, and returns how many were throttled.
func (c *throttled) put(t *testing.T, key string, n, bytes int) (refused int) {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: aws.String("s")}
	for range n {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: make([]byte, bytes-len(key))})
	}
	out, err := c.PutRecords(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range out.Records {
		switch {
		case r.ErrorCode == nil && r.SequenceNumber != nil && r.ErrorMessage == nil:
		case *r.ErrorCode == "ProvisionedThroughputExceededException" && strings.HasPrefix(*r.ErrorMessage, "Rate exceeded for shard shardId-") &&
			r.SequenceNumber == nil && r.ShardId == nil:
			refused++
		default:
			t.Errorf("record %d: %+v", i, r)
		}
	}
	if int(*out.FailedRecordCount) != refused {
		t.Errorf("%d failed, %d say so", *out.FailedRecordCount, refused)
	}
	return refused
}

func TestThrottledPuts(t *testing.T) {
	c := newThrottled(t, 2)
	for _, step := range []struct {
		wait           time.Duration
		key            string
		n, bytes, want int
	}{
		{0, "e", 500, 100, 0},
		{0, "e", 500, 100, 0}, // 1,000 records
		{0, "e", 500, 100, 500},
		{0, "a", 500, 100, 0}, // the other shard has its own
		{100 * time.Millisecond, "e", 500, 100, 400},
		{time.Hour, "e", 400, 4096, 144}, // 1 MiB, however long nothing came
		{time.Second, "e", 3, 1 << 20, 2},
		{250 * time.Millisecond, "e", 1, 1 << 20, 1},
		{0, "e", 4, 1 << 17, 2},
		{-time.Hour, "e", 1, 1 << 17, 1}, // the clock steps back, and goes on from there
		{time.Second, "e", 1, 1 << 20, 0},
	} {
		c.advance(step.wait)
		if got := c.put(t, step.key, step.n, step.bytes); got != step.want {
			t.Errorf("%+v: %d throttled", step, got)
		}
	}
}

// TestThrottledPutRecord: one record is one call, and the call fails.
func TestThrottledPutRecord(t *testing.T) {
	c := newThrottled(t, 1)
	if got := c.put(t, "k", 256, 4096); got != 0 {
		t.Fatalf("%d throttled", got)
	}
	_, err := putText(c.Client, "s", "k", "one more")
	wantThrottled(t, "put", err)
	c.advance(time.Millisecond)
	if _, err := putText(c.Client, "s", "k", "one more"); err != nil {
		t.Error(err)
	}
}

// TestThrottledLargeRecord: a record of more than a second's worth goes when nothing was used, and then its bytes are paid off.
func TestThrottledLargeRecord(t *testing.T) {
	c := newThrottled(t, 1)
	large := &kinesis.UpdateMaxRecordSizeInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s"), MaxRecordSizeInKiB: aws.Int32(4096)}
	if _, err := c.UpdateMaxRecordSize(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 0}, {2999 * time.Millisecond, 1}, {time.Millisecond, 0}} {
		c.advance(step.wait)
		if got := c.put(t, "k", 1, 3<<20); got != step.want {
			t.Errorf("%+v: %d throttled", step, got)
		}
	}
}

// TestThrottledOrder: what was let in is on the shard in the order sent, and nothing else is.
func TestThrottledOrder(t *testing.T) {
	c := newThrottled(t, 1)
	in := &kinesis.PutRecordsInput{StreamName: aws.String("s")}
	for i, bytes := range []int{10, 600_000, 600_000, 10, 400_000, 10} {
		data := append([]byte(fmt.Sprint(i)), make([]byte, bytes)...)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: data})
	}
	out, err := c.PutRecords(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for i, r := range out.Records {
		if refused := r.SequenceNumber == nil; refused != (i == 2) || !refused && *r.SequenceNumber <= last {
			t.Errorf("record %d: %+v", i, r)
		} else if !refused {
			last = *r.SequenceNumber
		}
	}
	it := iterator(t, c.Client, types.ShardIteratorTypeTrimHorizon)
	if got := strings.ReplaceAll(texts(t, c.Client, it), "\x00", ""); got != "0 1 3 4 5" {
		t.Errorf("%q", got)
	}
}

func TestThrottledReads(t *testing.T) {
	c := newThrottled(t, 1)
	get := func(limit int32) error {
		it := iterator(t, c.Client, types.ShardIteratorTypeTrimHorizon)
		_, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it, Limit: &limit})
		return err
	}
	for range 5 {
		if err := get(1); err != nil {
			t.Fatal(err)
		}
	}
	wantThrottled(t, "the sixth read in a second", get(1))
	c.advance(200 * time.Millisecond)
	if err := get(1); err != nil {
		t.Error(err)
	}
	for range 10 { // 10 MiB
		c.advance(time.Second)
		if got := c.put(t, "k", 256, 4096); got != 0 {
			t.Fatal(got)
		}
	}
	if err := get(10_000); err != nil {
		t.Fatal(err)
	}
	c.advance(4990 * time.Millisecond)
	wantThrottled(t, "within 5 seconds of 10 MiB", get(1))
	c.advance(20 * time.Millisecond)
	if err := get(1); err != nil {
		t.Error(err)
	}
}

// TestNotThrottled: limits are for whoever asks for them.
func TestNotThrottled(t *testing.T) {
	c := &throttled{Client: openBroker(t, stream.Options{Clock: newClock().now}).Client()}
	createStream(t, c.Client, "s", 1)
	for range 10 {
		if got := c.put(t, "k", 500, 4096); got != 0 {
			t.Errorf("%d throttled", got)
		}
		iterator(t, c.Client, types.ShardIteratorTypeTrimHorizon)
	}
}
