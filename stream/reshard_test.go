package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

func scale(t *testing.T, c *stream.Client, n int32) {
	t.Helper()
	_, err := c.UpdateShardCount(context.Background(), &kinesis.UpdateShardCountInput{
		StreamName: aws.String("s"), TargetShardCount: &n, ScalingType: types.ScalingTypeUniformScaling,
	})
	if err != nil {
		t.Error(err)
	}
}

func split(t *testing.T, c *stream.Client, shard, at string) {
	t.Helper()
	_, err := c.SplitShard(context.Background(), &kinesis.SplitShardInput{StreamName: aws.String("s"), ShardToSplit: &shard, NewStartingHashKey: &at})
	if err != nil {
		t.Error(err)
	}
}

func merge(t *testing.T, c *stream.Client, low, high string) {
	t.Helper()
	_, err := c.MergeShards(context.Background(), &kinesis.MergeShardsInput{StreamName: aws.String("s"), ShardToMerge: &low, AdjacentShardToMerge: &high})
	if err != nil {
		t.Error(err)
	}
}

// openShards returns the open shards, by number.
func openShards(t *testing.T, c *stream.Client) []types.Shard {
	t.Helper()
	out, err := c.ListShards(context.Background(), &kinesis.ListShardsInput{
		StreamName: aws.String("s"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Shards
}

// follower reads a stream as it grows, parents before children, and checks that each key's numbers come one after the other.
type follower struct {
	t    *testing.T
	c    *stream.Client
	stop context.Context

	mu      sync.Mutex // guards all below
	seen    map[string]bool
	parents map[string]int // of a shard, how many are read to their end
	next    map[string]int
	last    map[string]string // sequence number
	wg      sync.WaitGroup
}

func follow(stop context.Context, t *testing.T, c *stream.Client) *follower {
	t.Helper()
	f := &follower{t: t, c: c, stop: stop, seen: map[string]bool{}, parents: map[string]int{}, next: map[string]int{}, last: map[string]string{}}
	out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{
		StreamName: aws.String("s"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range out.Shards {
		f.wg.Go(func() { f.read(*sh.ShardId) })
	}
	return f
}

func (f *follower) read(shard string) {
	out, err := f.c.GetShardIterator(context.Background(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		f.t.Error(err)
		return
	}
	f.mu.Lock()
	f.seen[shard] = true
	f.mu.Unlock()
	for it := out.ShardIterator; it != nil; {
		ending := f.c.WaitForRecords(f.stop, *it) != nil // all is there
		out, err := f.c.GetRecords(context.Background(), &kinesis.GetRecordsInput{ShardIterator: it, Limit: aws.Int32(7)})
		if err != nil {
			f.t.Error(err)
			return
		}
		f.take(out.Records)
		f.adopt(out.ChildShards)
		if it = out.NextShardIterator; ending && len(out.Records) == 0 {
			return
		}
	}
}

func (f *follower) take(records []types.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		key := *r.PartitionKey
		if got := string(r.Data); got != strconv.Itoa(f.next[key]) || *r.SequenceNumber <= f.last[key] {
			f.t.Errorf("key %s: %s under %s, want %d above %s", key, got, *r.SequenceNumber, f.next[key], f.last[key])
		}
		f.next[key]++
		f.last[key] = *r.SequenceNumber
	}
}

// adopt begins to read the children whose parents are all at their end.
func (f *follower) adopt(children []types.ChildShard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range children {
		if f.parents[*c.ShardId]++; f.parents[*c.ShardId] == len(c.ParentShards) {
			f.wg.Go(func() { f.read(*c.ShardId) })
		}
	}
}

// TestReshardUnderLoad puts numbered records while shards are split, merged and scaled, and a reader follows.
func TestReshardUnderLoad(t *testing.T) {
	const writers, keys = 4, 3
	b := openBroker(t, stream.Options{Dir: t.TempDir(), FS: disk.OS{}, SegmentBytes: 16 << 10, TailBytes: 4 << 10})
	c := b.Client()
	createStream(t, c, "s", 1)
	stop, cancel := context.WithCancel(t.Context())
	f := follow(stop, t, c)
	resharded := make(chan struct{})
	counts := make([]int, writers)
	var puts sync.WaitGroup
	for w := range writers {
		puts.Go(func() { counts[w] = putUntil(t, c, resharded, w, keys) })
	}
	for round := range 3 {
		for _, n := range []int32{2, 4, 8, 4, 3} {
			scale(t, c, n)
			awaitPuts(t, c, openShards(t, c))
		}
		open := openShards(t, c)
		split(t, c, *open[0].ShardId, strconv.Itoa(1000+round))
		open = openShards(t, c)
		merge(t, c, *open[len(open)-2].ShardId, *open[len(open)-1].ShardId) // the two new ones
		scale(t, c, 2)
		scale(t, c, 1)
	}
	close(resharded)
	puts.Wait()
	cancel()
	f.wg.Wait()
	total := 0
	for w := range writers {
		for k := range keys {
			key := fmt.Sprint(w, "-", k)
			if f.next[key] != counts[w] {
				t.Errorf("key %s: %d of %d records", key, f.next[key], counts[w])
			}
			total += counts[w]
		}
	}
	all, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("s")})
	if err != nil || len(f.seen) != len(all.Shards) {
		t.Errorf("read %d shards of %d: %v", len(f.seen), len(all.Shards), err)
	}
	t.Logf("%d records on %d shards", total, len(all.Shards))
}

// awaitPuts returns when a record came to one of the shards.
func awaitPuts(t *testing.T, c *stream.Client, shards []types.Shard) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, sh := range shards {
		out, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: sh.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if c.WaitForRecords(ctx, *out.ShardIterator) == nil {
				cancel()
			}
		})
	}
	wg.Wait()
	cancel()
}

// putUntil puts the next number of each of its keys, by turns one by one and many at once, and returns how many each has.
func putUntil(t *testing.T, c *stream.Client, done <-chan struct{}, writer, keys int) int {
	for n := 0; ; n++ {
		select {
		case <-done:
			return n
		default:
		}
		in := &kinesis.PutRecordsInput{StreamName: aws.String("s")}
		for k := range keys {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{
				PartitionKey: aws.String(fmt.Sprint(writer, "-", k)), Data: []byte(strconv.Itoa(n)),
			})
		}
		if n%2 == 0 {
			out, err := c.PutRecords(context.Background(), in)
			if err != nil || *out.FailedRecordCount > 0 {
				t.Errorf("%+v: %v", out, err)
			}
			continue
		}
		for _, r := range in.Records {
			if _, err := c.PutRecord(context.Background(), &kinesis.PutRecordInput{StreamName: in.StreamName, PartitionKey: r.PartitionKey, Data: r.Data}); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestWaitAtTheEndOfAShard: who waits at the tip of a shard is told when it is closed.
func TestWaitAtTheEndOfAShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openBroker(t, stream.Options{}).Client()
		createStream(t, c, "s", 1)
		mustPut(t, c, "x")
		it := iterator(t, c, types.ShardIteratorTypeLatest)
		start, result := time.Now(), make(chan error, 1)
		go func() { result <- c.WaitForRecords(t.Context(), it) }()
		synctest.Wait()
		split(t, c, "0", "1000")
		if err := <-result; err != nil || time.Since(start) != 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := c.WaitForRecords(t.Context(), it); err != nil || time.Since(start) != 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestClockStepsBackAcrossReshards: whatever the clock does, a key's sequence numbers rise from parent to child.
func TestClockStepsBackAcrossReshards(t *testing.T) {
	clock := newClock()
	opt := stream.Options{FS: disk.NewFake(), Clock: clock.now}
	b := openBroker(t, opt)
	createStream(t, b.Client(), "s", 2)
	last := ""
	for i, n := range []int32{4, 2, 3, 2, 1, 2} {
		for range 2 {
			if number := mustPut(t, b.Client(), "x"); number <= last {
				t.Errorf("before step %d: %s after %s", i, number, last)
			} else {
				last = number
			}
		}
		clock.advance([]time.Duration{-time.Hour, time.Millisecond, -time.Second}[i%3])
		scale(t, b.Client(), n)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b = openBroker(t, opt)
	}
}

// TestShardTimes: filters go by the time at which shards are made and closed.
func TestShardTimes(t *testing.T) {
	clock := newClock()
	begin := clock.now()
	c := openBroker(t, stream.Options{Clock: clock.now}).Client()
	createStream(t, c, "s", 1)
	clock.advance(10 * time.Hour)
	scale(t, c, 2) // 1 2
	clock.advance(10 * time.Hour)
	merge(t, c, "1", "2") // 3
	list := func(kind types.ShardFilterType, at time.Duration) string {
		t.Helper()
		out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{
			StreamName: aws.String("s"), ShardFilter: &types.ShardFilter{Type: kind, Timestamp: aws.Time(begin.Add(at))},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids := ""
		for _, sh := range out.Shards {
			ids += (*sh.ShardId)[len("shardId-00000000000"):]
		}
		return ids
	}
	for _, c := range []struct {
		now  time.Duration
		kind types.ShardFilterType
		at   time.Duration
		want string
	}{
		{20, types.ShardFilterTypeAtTimestamp, 5, "0"},
		{20, types.ShardFilterTypeAtTimestamp, 10, "012"}, // the end of one and the beginning of the others
		{20, types.ShardFilterTypeAtTimestamp, 15, "12"},
		{20, types.ShardFilterTypeAtTimestamp, 21, "3"},
		{20, types.ShardFilterTypeFromTimestamp, 5, "0123"},
		{20, types.ShardFilterTypeFromTimestamp, 10, "0123"},
		{20, types.ShardFilterTypeFromTimestamp, 15, "123"},
		{20, types.ShardFilterTypeFromTimestamp, 21, "3"},
		{20, types.ShardFilterTypeAtTrimHorizon, 0, "0"},
		{20, types.ShardFilterTypeFromTrimHorizon, 0, "0123"},
		{20, types.ShardFilterTypeAtLatest, 0, "3"},
		{35, types.ShardFilterTypeFromTrimHorizon, 0, "123"}, // the records of 0 have expired, and with them the shard
		{35, types.ShardFilterTypeAtTrimHorizon, 0, "12"},
		{35, types.ShardFilterTypeFromTimestamp, 5, "123"},
		{45, types.ShardFilterTypeFromTrimHorizon, 0, "3"},
		{45, types.ShardFilterTypeAtTrimHorizon, 0, "3"},
	} {
		clock.advance(c.now*time.Hour - clock.now().Sub(begin))
		if got := list(c.kind, c.at*time.Hour); got != c.want {
			t.Errorf("%s %dh at %dh: %s, want %s", c.kind, c.at, c.now, got, c.want)
		}
	}
}

// TestClosedAfterItsRecords: a shard counts as open when its last record came, though the clock steps back before it is closed.
func TestClosedAfterItsRecords(t *testing.T) {
	clock := newClock()
	c := openBroker(t, stream.Options{Clock: clock.now}).Client()
	createStream(t, c, "s", 1)
	clock.advance(time.Hour)
	mustPut(t, c, "x")
	arrival := clock.now()
	clock.advance(-30 * time.Minute)
	scale(t, c, 2)
	out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{
		StreamName: aws.String("s"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: &arrival},
	})
	if err != nil || len(out.Shards) != 3 {
		t.Errorf("%d shards: %v", len(out.Shards), err)
	}
}

// TestFailedReshard: one that fails, before it is on disk or for the limit of shards, changes nothing.
func TestFailedReshard(t *testing.T) {
	fsys := disk.NewFake()
	c := openBroker(t, stream.Options{FS: fsys, Clock: newClock().now}).Client()
	createStream(t, c, "s", 1)
	mustPut(t, c, "before")
	want := everything(t, c)
	try := func() error {
		_, err := c.SplitShard(t.Context(), &kinesis.SplitShardInput{
			StreamName: aws.String("s"), ShardToSplit: aws.String("0"), NewStartingHashKey: aws.String("1000"),
		})
		return err
	}
	fsys.FailSync(io.ErrUnexpectedEOF)
	if err := try(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("disk fails: %v", err)
	}
	fsys.FailSync(nil)
	if got := everything(t, c); got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
	createStream(t, c, "others", 9999)
	var limit *types.LimitExceededException
	if err := try(); !errors.As(err, &limit) || !strings.Contains(*limit.Message, "Current shard count for the account: 10000. Limit: 10000.") {
		t.Errorf("limit: %v", err)
	}
	if got := everything(t, c); got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
	if _, err := c.TagResource(t.Context(), &kinesis.TagResourceInput{ // another change, which begins with what is there
		ResourceARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s"), Tags: map[string]string{"a": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "after")
	if _, err := c.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("others")}); err != nil {
		t.Fatal(err)
	}
	if err := try(); err != nil {
		t.Error(err)
	}
}

// TestManyShards: more shards than a page of either listing takes.
func TestManyShards(t *testing.T) {
	c := openBroker(t, stream.Options{}).Client()
	createStream(t, c, "s", 1001)
	var described []string
	in := &kinesis.DescribeStreamInput{StreamName: aws.String("s")}
	for more := true; more; {
		out, err := c.DescribeStream(t.Context(), in)
		if err != nil || len(out.StreamDescription.Shards) > 100 {
			t.Fatalf("%d shards: %v", len(out.StreamDescription.Shards), err)
		}
		for _, sh := range out.StreamDescription.Shards {
			described = append(described, *sh.ShardId)
		}
		in.ExclusiveStartShardId, more = &described[len(described)-1], *out.StreamDescription.HasMoreShards
	}
	first, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("s")})
	if err != nil || first.NextToken == nil {
		t.Fatal(err)
	}
	rest, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{NextToken: first.NextToken})
	if err != nil || rest.NextToken != nil {
		t.Fatal(err)
	}
	if len(described) != 1001 || len(first.Shards) != 1000 || len(rest.Shards) != 1 {
		t.Errorf("described %d, listed %d and %d", len(described), len(first.Shards), len(rest.Shards))
	}
	scale(t, c, 2001)
	if open := len(openShards(t, c)); open != 1000 { // a page
		t.Error(open)
	}
}
