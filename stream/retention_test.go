package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// iteratorAt asks for an iterator of the first shard by a sequence number or a time.
func iteratorAt(t *testing.T, c *stream.Client, in kinesis.GetShardIteratorInput) string {
	t.Helper()
	in.StreamName, in.ShardId = aws.String("s"), aws.String("0")
	out, err := c.GetShardIterator(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.ShardIterator
}

// TestRetention: from the moment that a record expires no iterator finds it, whichever way it came to stand before it.
func TestRetention(t *testing.T) {
	clock := newClock()
	c := openBroker(t, stream.Options{Clock: clock.now}).Client()
	createStream(t, c, "s", 1)
	first := mustPut(t, c, "old")
	made := clock.now()
	clock.advance(time.Hour)
	mustPut(t, c, "young")
	for _, step := range []struct {
		at   time.Duration
		want string
	}{{24 * time.Hour, "old young"}, {24*time.Hour + time.Millisecond, "young"}, {25 * time.Hour, "young"}, {25*time.Hour + time.Millisecond, ""}} {
		clock.advance(made.Add(step.at).Sub(clock.now()))
		for name, it := range map[string]string{
			"TRIM_HORIZON":          iterator(t, c, types.ShardIteratorTypeTrimHorizon),
			"AT_SEQUENCE_NUMBER":    iteratorAt(t, c, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &first}),
			"AT_TIMESTAMP, earlier": iteratorAt(t, c, kinesis.GetShardIteratorInput{ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(made.Add(-time.Hour))}),
		} {
			if got := texts(t, c, it); got != step.want {
				t.Errorf("after %v from %s: %q, want %q", step.at, name, got, step.want)
			}
		}
	}
}

// TestRetentionIsChanged: what a shorter retention has let expire does not come back with a longer one.
func TestRetentionIsChanged(t *testing.T) {
	clock := newClock()
	opt := stream.Options{FS: disk.NewFake(), Clock: clock.now}
	b := openBroker(t, opt)
	c := b.Client()
	createStream(t, c, "s", 1)
	retain := func(hours int32) {
		t.Helper()
		summary, err := c.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		if hours > *summary.StreamDescriptionSummary.RetentionPeriodHours {
			_, err = c.IncreaseStreamRetentionPeriod(t.Context(), &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("s"), RetentionPeriodHours: &hours})
		} else {
			_, err = c.DecreaseStreamRetentionPeriod(t.Context(), &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: aws.String("s"), RetentionPeriodHours: &hours})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(text string) {
		t.Helper()
		if got := texts(t, c, iterator(t, c, types.ShardIteratorTypeTrimHorizon)); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	retain(48)
	mustPut(t, c, "a")
	clock.advance(24 * time.Hour)
	mustPut(t, c, "b")
	clock.advance(time.Hour)
	want("a b")
	retain(24)
	want("b")
	retain(48)
	want("b")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	c = openBroker(t, opt).Client()
	want("b")
	clock.advance(46 * time.Hour)
	want("b")
	clock.advance(time.Hour + time.Millisecond)
	want("")
}

// filesOf lists what is below a folder, without key, lock and settings.
func filesOf(fsys disk.FS, dir string) (files []string) {
	names, err := fsys.List(dir)
	if err != nil {
		return []string{dir}
	}
	for _, name := range names {
		files = append(files, filesOf(fsys, dir+"/"+name)...)
	}
	return files
}

func segmentsOf(fsys disk.FS) (segments []string) {
	for _, name := range filesOf(fsys, "/data") {
		if strings.HasSuffix(name, ".seg") {
			segments = append(segments, name)
		}
	}
	return segments
}

// TestExpiredSpaceIsGivenBack: without a call, and without more work than there are files to remove.
func TestExpiredSpaceIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := disk.NewFake()
		c := openBroker(t, stream.Options{FS: fsys, SegmentBytes: 4 << 10}).Client()
		createStream(t, c, "s", 1)
		for i := range 20 {
			if _, err := putText(c, "s", "k", strings.Repeat("x", 1000)+fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		if n := len(segmentsOf(fsys)); n < 5 {
			t.Fatalf("only %d segments", n)
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if got := texts(t, c, iterator(t, c, types.ShardIteratorTypeTrimHorizon)); strings.Count(got, " ") != 13 || !strings.HasSuffix(got, "x19") {
			t.Errorf("%d records are left", 1+strings.Count(got, " "))
		}
		part := len(segmentsOf(fsys))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		ops := fsys.Ops()
		if all := segmentsOf(fsys); part >= 20 || part < 5 || len(all) != 1 {
			t.Errorf("%d segments, then %q", part, all)
		}
		time.Sleep(1000 * time.Hour)
		synctest.Wait()
		if fsys.Ops() != ops {
			t.Errorf("%d operations while nothing expired", fsys.Ops()-ops)
		}
		mustPut(t, c, "goes on")
	})
}

// TestExpiredAtOpen: what expired while nobody ran is gone soon after the start.
func TestExpiredAtOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := stream.Options{FS: disk.NewFake(), SegmentBytes: 4 << 10}
		b := openBroker(t, opt)
		createStream(t, b.Client(), "s", 1)
		var last string
		for range 20 {
			last = mustPut(t, b.Client(), strings.Repeat("x", 1000))
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		for range 3 { // the second opening finds an empty log, the third one where it goes on
			time.Sleep(25 * time.Hour)
			b = openBroker(t, opt)
			synctest.Wait()
			if all := segmentsOf(opt.FS); len(all) != 1 {
				t.Errorf("left are %q", all)
			}
			if next := mustPut(t, b.Client(), "goes on"); next <= last {
				t.Errorf("%s after %s", next, last)
			} else {
				last = next
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestExpiredShards: a closed shard vanishes when its last record could have expired, with its folder.
func TestExpiredShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := stream.Options{FS: disk.NewFake()}
		b := openBroker(t, opt)
		c := b.Client()
		createStream(t, c, "s", 1)
		mustPut(t, c, "x")
		it := iterator(t, c, types.ShardIteratorTypeTrimHorizon)
		_, err := c.SplitShard(t.Context(), &kinesis.SplitShardInput{
			StreamName: aws.String("s"), ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("1000"),
		})
		if err != nil {
			t.Fatal(err)
		}
		shards := func() string {
			out, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("s")})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, sh := range out.Shards {
				ids = append(ids, strings.TrimLeft(strings.TrimPrefix(*sh.ShardId, "shardId-"), "0"))
			}
			return strings.Join(ids, ",")
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if got := shards(); got != ",1,2" {
			t.Errorf("shards %q", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got, left := shards(), segmentsOf(opt.FS); got != "1,2" || len(left) != 0 {
			t.Errorf("shards %q, files %q", got, left)
		}
		var gone *types.ResourceNotFoundException
		_, err = c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if !errors.As(err, &gone) {
			t.Errorf("iterator of a shard that is gone: %v", err)
		}
		if _, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: &it}); err == nil {
			t.Error("records of a shard that is gone")
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		c = openBroker(t, opt).Client()
		if got := shards(); got != "1,2" {
			t.Errorf("after a restart shards %q", got)
		}
	})
}

// TestFailedRetentionIsTold: nobody calls, so somebody is told; it is tried again.
func TestFailedRetentionIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := disk.NewFake()
		var told []error
		c := openBroker(t, stream.Options{FS: fsys, OnError: func(err error) { told = append(told, err) }}).Client()
		createStream(t, c, "s", 1)
		mustPut(t, c, "x")
		time.Sleep(23 * time.Hour)
		fsys.SetRoom(0)
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		if len(told) == 0 || !errors.Is(told[0], stream.ErrFull) || !strings.Contains(told[0].Error(), "stream s") {
			t.Errorf("told %v", told)
		}
		fsys.SetRoom(-1)
		time.Sleep(time.Minute)
		synctest.Wait()
		n := len(told)
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(told) != n {
			t.Errorf("it goes on to fail: %v", told[n:])
		}
	})
}

// TestVerifyAndRepair damages a folder, and finds and repairs it.
func TestVerifyAndRepair(t *testing.T) {
	fsys := disk.NewFake()
	opt := stream.Options{Dir: "/data", FS: fsys}
	b := openBroker(t, opt)
	createStream(t, b.Client(), "s", 2)
	for i := range 6 {
		mustPut(t, b.Client(), fmt.Sprint(i))
	}
	never := func(stream.Inspection) bool { t.Error("asked"); return false }
	if _, err := stream.Verify(opt); !errors.Is(err, stream.ErrLocked) {
		t.Errorf("verify in use: %v", err)
	}
	if _, err := stream.Repair(opt, never); !errors.Is(err, stream.ErrLocked) {
		t.Errorf("repair in use: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := stream.Repair(opt, never)
	if err != nil || in.Records != 6 || in.Shards != 2 || in.Streams != 1 || len(in.Damage) != 0 {
		t.Errorf("%+v: %v", in, err)
	}
	segment := segmentsOf(fsys)[0]
	flip(t, fsys, segment, 32+42) // in the records of the first frame
	in, err = stream.Verify(opt)
	if err != nil || len(in.Damage) != 1 || in.Damage[0].Stream != "s" || in.Damage[0].Shard != "shardId-000000000001" ||
		in.Damage[0].File != segment || in.Damage[0].Offset != 32 || in.Records != 5 {
		t.Errorf("%+v: %v", in, err)
	}
	var corrupt *stream.CorruptError
	if _, err := stream.Open(opt); !errors.As(err, &corrupt) || corrupt.File != segment || corrupt.Offset != 32 {
		t.Errorf("open: %v", err)
	}
	if in, err = stream.Repair(opt, func(stream.Inspection) bool { return false }); err != nil || len(in.Damage) != 1 {
		t.Errorf("not agreed: %+v: %v", in, err)
	}
	if in, err = stream.Repair(opt, func(stream.Inspection) bool { return true }); err != nil || len(in.Damage) != 1 {
		t.Errorf("agreed: %+v: %v", in, err)
	}
	if in, err = stream.Verify(opt); err != nil || len(in.Damage) != 0 || in.Records != 5 || in.GivenUp != 1 {
		t.Errorf("after it: %+v: %v", in, err)
	}
	c := openBroker(t, opt).Client()
	out, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String("1"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, c, *out.ShardIterator); got != "1 2 3 4 5" {
		t.Errorf("%q", got)
	}
}

func flip(t *testing.T, fsys disk.FS, name string, at int64) {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedSettings: a stream without settings is found, and nobody can repair it.
func TestDamagedSettings(t *testing.T) {
	fsys := disk.NewFake()
	opt := stream.Options{Dir: "/data", FS: fsys}
	b := openBroker(t, opt)
	createStream(t, b.Client(), "s", 1)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	name := filesOf(fsys, "/data/streams")[0]
	flip(t, fsys, name, 0)
	in, err := stream.Repair(opt, func(stream.Inspection) bool { return true })
	if err == nil || !strings.Contains(err.Error(), name) || len(in.Damage) != 1 || in.Damage[0].Stream != "s" {
		t.Errorf("%+v: %v", in, err)
	}
	if err := fsys.Remove(name); err != nil {
		t.Fatal(err)
	}
	if in, err := stream.Verify(opt); err != nil || len(in.Damage) != 1 || in.Damage[0].File != name {
		t.Errorf("%+v: %v", in, err)
	}
	if _, err := stream.Verify(stream.Options{Dir: "/elsewhere", FS: fsys}); err == nil {
		t.Error("a folder that is none")
	}
}
