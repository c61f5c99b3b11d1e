package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

func createStream(t *testing.T, c *stream.Client, name string, shards int32) {
	t.Helper()
	if _, err := c.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards}); err != nil {
		t.Fatal(err)
	}
}

func putText(c *stream.Client, name, key, text string) (*kinesis.PutRecordOutput, error) {
	return c.PutRecord(context.Background(), &kinesis.PutRecordInput{StreamName: &name, PartitionKey: &key, Data: []byte(text)})
}

func mustPut(t *testing.T, c *stream.Client, text string) string {
	t.Helper()
	out, err := putText(c, "s", "k", text)
	if err != nil {
		t.Fatal(err)
	}
	return *out.SequenceNumber
}

func iterator(t *testing.T, c *stream.Client, kind types.ShardIteratorType) string {
	t.Helper()
	out, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String("0"), ShardIteratorType: kind,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ShardIterator
}

// texts reads from an iterator and joins the data.
func texts(t *testing.T, c *stream.Client, it string) string {
	t.Helper()
	out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range out.Records {
		all = append(all, string(r.Data))
	}
	return strings.Join(all, " ")
}

func TestRestart(t *testing.T) {
	clock := newClock()
	opt := stream.Options{Dir: t.TempDir(), FS: disk.OS{}, Clock: clock.now}
	b := openBroker(t, opt)
	createStream(t, b.Client(), "s", 1)
	createStream(t, b.Client(), "gone", 1)
	before := mustPut(t, b.Client(), "one")
	it := iterator(t, b.Client(), types.ShardIteratorTypeTrimHorizon)
	if _, err := b.Client().DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	clock.advance(-time.Minute) // the clock steps back, and iterators of before are from the future
	b = openBroker(t, opt)
	after := mustPut(t, b.Client(), "two")
	if after <= before {
		t.Errorf("sequence number %s after %s", after, before)
	}
	if got := texts(t, b.Client(), it); got != "one two" {
		t.Errorf("%q", got)
	}
	out, err := b.Client().ListStreams(t.Context(), nil)
	if err != nil || len(out.StreamNames) != 1 {
		t.Errorf("%v: %v", out, err)
	}
}

func TestOneProcessOwnsTheFolder(t *testing.T) {
	dir := t.TempDir()
	b := openBroker(t, stream.Options{Dir: dir, FS: disk.OS{}})
	if _, err := stream.Open(stream.Options{Dir: dir}); !errors.Is(err, stream.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	openBroker(t, stream.Options{Dir: dir, FS: disk.OS{}})
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := stream.Open(stream.Options{Account: "me", SegmentBytes: 1, TailBytes: -1})
	for _, field := range []string{"Dir", "Account", "SegmentBytes", "TailBytes"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestIteratorExpires(t *testing.T) {
	clock := newClock()
	b := openBroker(t, stream.Options{Clock: clock.now})
	c := b.Client()
	createStream(t, c, "s", 3)
	it := iterator(t, c, types.ShardIteratorTypeTrimHorizon)
	page, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("s"), MaxResults: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(5 * time.Minute)
	out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it})
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(time.Millisecond)
	_, err = c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it})
	var expired *types.ExpiredIteratorException
	if !errors.As(err, &expired) || *expired.Message != "Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 while right "+
		"now it is Tue Nov 14 22:18:20 UTC 2023 which is further in the future than the tolerated delay of 300000 milliseconds." {
		t.Error(err)
	}
	if err := c.WaitForRecords(t.Context(), it); !errors.As(err, &expired) {
		t.Error(err)
	}
	if _, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: out.NextShardIterator}); err != nil {
		t.Error(err)
	}
	var old *types.ExpiredNextTokenException
	if _, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{NextToken: page.NextToken}); !errors.As(err, &old) {
		t.Error(err)
	}
}

// TestFormerStream: what belongs to a stream that was deleted does not pass for its successor's, not even over a restart
// between the two.
func TestFormerStream(t *testing.T) {
	clock := newClock()
	opt := stream.Options{FS: disk.NewFake(), Clock: clock.now}
	b := openBroker(t, opt)
	createStream(t, b.Client(), "s", 1)
	number := mustPut(t, b.Client(), "old")
	it := iterator(t, b.Client(), types.ShardIteratorTypeTrimHorizon)
	if _, err := b.Client().DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("s")}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	clock.advance(time.Second)
	c := openBroker(t, opt).Client()
	createStream(t, c, "s", 1)
	var notFound *types.ResourceNotFoundException
	if _, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it}); !errors.As(err, &notFound) {
		t.Error(err)
	}
	_, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &number,
	})
	if err == nil || !strings.Contains(err.Error(), "is invalid because it did not come from this stream.") {
		t.Error(err)
	}
}

func TestMillisBehindLatest(t *testing.T) {
	clock := newClock()
	c := openBroker(t, stream.Options{Clock: clock.now}).Client()
	createStream(t, c, "s", 1)
	for _, text := range []string{"a", "b", "c"} {
		mustPut(t, c, text)
		clock.advance(time.Second)
	}
	it := iterator(t, c, types.ShardIteratorTypeTrimHorizon)
	for _, want := range []int64{2000, 1000, 0, 0} { // the age of the next record
		out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(1)})
		if err != nil || *out.MillisBehindLatest != want {
			t.Errorf("%d ms behind, want %d: %v", *out.MillisBehindLatest, want, err)
		}
		it = *out.NextShardIterator
	}
}

// TestDataIsTheCallers: what GetRecords returns may be changed without changing what others read.
func TestDataIsTheCallers(t *testing.T) {
	c := openBroker(t, stream.Options{}).Client()
	createStream(t, c, "s", 1)
	sent := []byte("text")
	if _, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: sent}); err != nil {
		t.Fatal(err)
	}
	copy(sent, "XXXX")
	it := iterator(t, c, types.ShardIteratorTypeTrimHorizon)
	out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it})
	if err != nil {
		t.Fatal(err)
	}
	copy(out.Records[0].Data, "YYYY")
	if got := texts(t, c, it); got != "text" {
		t.Errorf("%q", got)
	}
}

func TestWaitForRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openBroker(t, stream.Options{})
		c := b.Client()
		createStream(t, c, "s", 1)
		createStream(t, c, "other", 1)
		results := make(chan error, 1)
		wait := func(ctx context.Context) {
			it := iterator(t, c, types.ShardIteratorTypeLatest)
			go func() { results <- c.WaitForRecords(ctx, it) }()
			synctest.Wait()
		}
		want := func(name string, is func(error) bool) {
			t.Helper()
			if err := <-results; !is(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		isNil := func(err error) bool { return err == nil }

		wait(t.Context())
		if _, err := putText(c, "other", "k", "elsewhere"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(results) != 0 {
			t.Error("woken by another stream")
		}
		mustPut(t, c, "x")
		want("a record came", isNil)

		ctx, cancel := context.WithCancel(t.Context())
		wait(ctx)
		cancel()
		want("canceled", func(err error) bool { return errors.Is(err, context.Canceled) })

		start := time.Now()
		wait(t.Context())
		want("renewal", isNil)
		if waited := time.Since(start); waited != 240*time.Second {
			t.Errorf("waited %v", waited)
		}

		wait(t.Context())
		if _, err := c.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("s")}); err != nil {
			t.Fatal(err)
		}
		want("deleted", func(err error) bool { var e *types.ResourceNotFoundException; return errors.As(err, &e) })

		createStream(t, c, "s", 1)
		wait(t.Context())
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		want("closed", func(err error) bool { return errors.Is(err, stream.ErrClosed) })
	})
}

func TestClosedBroker(t *testing.T) {
	b := openBroker(t, stream.Options{})
	createStream(t, b.Client(), "s", 1)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := putText(b.Client(), "s", "k", "x"); !errors.Is(err, stream.ErrClosed) {
		t.Error(err)
	}
	if r := post(t, b, "ListStreams", "{}"); r.StatusCode != http.StatusServiceUnavailable {
		t.Error(r.Status)
	}
}

func TestEndedContext(t *testing.T) {
	c := openBroker(t, stream.Options{}).Client()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.ListStreams(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDiskFull: the put fails on either face, nothing of it is kept, and it works again when there is room.
func TestDiskFull(t *testing.T) {
	fsys := disk.NewFake()
	b := openBroker(t, stream.Options{FS: fsys, SegmentBytes: 8 << 10})
	c := b.Client()
	createStream(t, c, "s", 1)
	mustPut(t, c, "kept")
	fsys.SetRoom(1000)
	large := strings.Repeat("x", 10_000)
	_, err := putText(c, "s", "k", large)
	var api smithy.APIError
	if !errors.Is(err, stream.ErrFull) || !errors.As(err, &api) || api.ErrorCode() != "InternalFailure" || api.ErrorFault() != smithy.FaultServer {
		t.Errorf("in process: %v", err)
	}
	_, err = sdkClient(t, b).PutRecords(t.Context(), &kinesis.PutRecordsInput{
		StreamName: aws.String("s"), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte(large)}},
	}, func(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} })
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &api) || api.ErrorCode() != "InternalFailure" || !errors.As(err, &response) || response.HTTPStatusCode() != 500 {
		t.Errorf("over HTTP: %v", err)
	}
	fsys.SetRoom(-1)
	mustPut(t, c, "again")
	if got := texts(t, c, iterator(t, c, types.ShardIteratorTypeTrimHorizon)); got != "kept again" {
		t.Errorf("%q", got)
	}
}

// TestSomeShardsFail breaks one shard of two: its records carry the error, the others are put.
func TestSomeShardsFail(t *testing.T) {
	fsys := disk.NewFake()
	b := openBroker(t, stream.Options{FS: fsys})
	c := b.Client()
	createStream(t, c, "s", 2)
	fsys.FailSync(io.ErrUnexpectedEOF)
	if _, err := putText(c, "s", "a", "breaks shard 0"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	fsys.FailSync(nil)
	entry := func(key string) types.PutRecordsRequestEntry {
		return types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(key)}
	}
	out, err := c.PutRecords(t.Context(), &kinesis.PutRecordsInput{
		StreamName: aws.String("s"), Records: []types.PutRecordsRequestEntry{entry("e"), entry("a"), entry("e")},
	})
	if err != nil || *out.FailedRecordCount != 1 {
		t.Fatalf("%+v: %v", out, err)
	}
	for i, r := range out.Records {
		failed := r.ErrorCode != nil && *r.ErrorCode == "InternalFailure" && r.ErrorMessage != nil && r.SequenceNumber == nil
		if failed != (i == 1) {
			t.Errorf("record %d: %+v", i, r)
		}
	}
}

// TestManyCallers puts from many goroutines on many shards while others read, create and delete.
func TestManyCallers(t *testing.T) {
	const callers, puts = 8, 20
	b := openBroker(t, stream.Options{SegmentBytes: 16 << 10, TailBytes: 8 << 10})
	c := b.Client()
	createStream(t, c, "s", 4)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range puts {
				if _, err := putText(c, "s", fmt.Sprint(i), fmt.Sprint(j)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			name := fmt.Sprint("churn-", i)
			for range 3 {
				createStream(t, c, name, 1)
				if _, err := putText(c, name, "k", "x"); err != nil {
					t.Error(err)
				}
				if _, err := c.DeleteStream(context.Background(), &kinesis.DeleteStreamInput{StreamName: &name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	for shard := range 4 {
		it, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: aws.String(fmt.Sprint(shard)), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Records {
			if want := fmt.Sprint(next[*r.PartitionKey]); string(r.Data) != want {
				t.Errorf("key %s: %s, want %s", *r.PartitionKey, r.Data, want)
			}
			next[*r.PartitionKey]++
		}
	}
	for i := range callers {
		if next[fmt.Sprint(i)] != puts {
			t.Errorf("key %d: %d records, want %d", i, next[fmt.Sprint(i)], puts)
		}
	}
}

// TestPowerCutAnywhere cuts the power at every operation of a life with streams made, written and deleted.
func TestPowerCutAnywhere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for cut := 1; ; cut++ {
		fsys := disk.NewFake()
		fsys.CutPowerAt(cut)
		var l life
		if l.live(fsys) {
			t.Logf("%d crash points", cut-1)
			return
		}
		for _, survive := range []*rand.Rand{nil, rand.New(rand.NewPCG(seed, uint64(cut)))} {
			l.check(t, cut, fsys.Restart(survive))
		}
	}
}

// life is what a client did before the power went, and what it was answered.
type life struct {
	steps  int
	failed bool
}

// step runs f unless an earlier step failed, and counts it when it succeeds.
func (l *life) step(f func() error) {
	if !l.failed {
		if l.failed = f() != nil; !l.failed {
			l.steps++
		}
	}
}

// live reports whether the life went to its end.
func (l *life) live(fsys disk.FS) bool {
	b, err := stream.Open(stream.Options{Dir: "/data", FS: fsys, SegmentBytes: 4 << 10})
	if err != nil {
		return false
	}
	defer b.Close()
	c := b.Client()
	ctx := context.Background()
	create := func(name string) func() error {
		return func() error {
			_, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
			return err
		}
	}
	put := func(name, text string) func() error {
		return func() error { _, err := putText(c, name, "k", text); return err }
	}
	l.step(create("s"))
	l.step(put("s", "one"))
	l.step(create("t"))
	l.step(put("t", "two"))
	l.step(func() error {
		_, err := c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("s")})
		return err
	})
	l.step(create("s"))
	l.step(put("s", "three"))
	return !l.failed
}

// check looks whether every acknowledged step is there. The step that was cut may or may not have happened.
func (l *life) check(t *testing.T, cut int, fsys *disk.Fake) {
	t.Helper()
	b, err := stream.Open(stream.Options{Dir: "/data", FS: fsys, SegmentBytes: 4 << 10})
	if err != nil {
		t.Fatalf("crash point %d: %v", cut, err)
	}
	defer b.Close()
	states := []string{"", "s()", "s(one)", "s(one) t()", "s(one) t(two)", "t(two)", "s() t(two)", "s(three) t(two)"}
	got := state(t, b.Client())
	if got != states[l.steps] && got != states[min(l.steps+1, len(states)-1)] {
		t.Errorf("crash point %d after step %d: %q", cut, l.steps, got)
	}
	if left, err := fsys.List("/data/streams"); err != nil || len(left) != strings.Count(got, "(") {
		t.Errorf("crash point %d: %q left for %q", cut, left, got)
	}
}

// state writes streams and their records like "s(one) t(two)".
func state(t *testing.T, c *stream.Client) string {
	t.Helper()
	list, err := c.ListStreams(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range list.StreamNames {
		out, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name+"("+texts(t, c, *out.ShardIterator)+")")
	}
	return strings.Join(all, " ")
}

// TestWhoseData: what one reader does to the data of a record is nothing to another, unless they share it.
func TestWhoseData(t *testing.T) {
	b := openBroker(t, stream.Options{})
	c := b.Client()
	createStream(t, c, "s", 1)
	mustPut(t, c, "text")
	it := iterator(t, c, types.ShardIteratorTypeTrimHorizon)
	read := func(c *stream.Client) []byte {
		out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it})
		if err != nil {
			t.Fatal(err)
		}
		return out.Records[0].Data
	}
	copy(read(c), "mine")
	if got := read(c); string(got) != "text" {
		t.Errorf("a reader changed another's data to %q", got)
	}
	if one, two := read(b.SharingClient()), read(b.SharingClient()); &one[0] != &two[0] {
		t.Error("readers that share their data have copies")
	}
}
