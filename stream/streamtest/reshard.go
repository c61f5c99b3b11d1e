package streamtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	half      = "170141183460469231731687303715884105728"
	belowHalf = "170141183460469231731687303715884105727"
	last      = "340282366920938463463374607431768211455"
)

// shape describes the shards of a stream: id, range, parents, and whether it is closed.
func (s *suite) shape(stream string) string {
	s.Helper()
	var all []string
	for _, sh := range s.shards(stream) {
		text := fmt.Sprintf("%s %s-%s", short(*sh.ShardId), *sh.HashKeyRange.StartingHashKey, *sh.HashKeyRange.EndingHashKey)
		for _, parent := range []*string{sh.ParentShardId, sh.AdjacentParentShardId} {
			if parent != nil {
				text += " of " + short(*parent)
			}
		}
		if sh.SequenceNumberRange.EndingSequenceNumber != nil {
			text += " closed"
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

// short is the number of a shard's id.
func short(shardID string) string {
	n, _ := strconv.Atoi(shardID[strings.LastIndexByte(shardID, '-')+1:])
	return strconv.Itoa(n)
}

func (s *suite) shards(stream string) []types.Shard {
	s.Helper()
	out, err := s.api.ListShards(s.Context(), &kinesis.ListShardsInput{StreamName: &stream})
	s.must(err)
	return out.Shards
}

func (s *suite) splitShard(stream, shard, at string) { //nolint:unparam // the shard is what a reader looks for
	s.Helper()
	_, err := s.api.SplitShard(s.Context(), &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: &shard, NewStartingHashKey: &at})
	s.must(err)
}

func (s *suite) mergeShards(stream, low, high string) {
	s.Helper()
	_, err := s.api.MergeShards(s.Context(), &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: &low, AdjacentShardToMerge: &high})
	s.must(err)
}

// drain reads a shard from where an iterator of a kind stands: all its records, and the ids of its children if it is closed.
func (s *suite) drain(stream, shard string, kind types.ShardIteratorType, sequence *string) (records []types.Record, children []string) {
	s.Helper()
	it, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: &shard, ShardIteratorType: kind, StartingSequenceNumber: sequence,
	})
	s.must(err)
	for next := it.ShardIterator; ; {
		out, err := s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{ShardIterator: next, Limit: aws.Int32(3)})
		s.must(err)
		records = append(records, out.Records...)
		s.equal(out.NextShardIterator == nil, len(out.ChildShards) > 0)
		for _, c := range out.ChildShards {
			children = append(children, short(*c.ShardId))
		}
		next = out.NextShardIterator
		if next == nil || len(out.Records) == 0 && *out.MillisBehindLatest == 0 {
			return records, children
		}
	}
}

func (s *suite) split() {
	name := s.stream(1)
	numbers := s.numbered(name, 7)
	s.splitShard(name, "0", half)
	after := s.put(name, "key", []byte("7"))
	s.equal(s.shape(name), "0 0-"+last+" closed\n1 0-"+belowHalf+" of 0\n2 "+half+"-"+last+" of 0")
	shards := s.shards(name)
	first, end := shards[0].SequenceNumberRange.StartingSequenceNumber, shards[0].SequenceNumberRange.EndingSequenceNumber
	s.equal(*first <= numbers[0] && numbers[6] < *end, true)
	for _, child := range shards[1:] {
		s.equal(*end < *child.SequenceNumberRange.StartingSequenceNumber, true)
	}
	s.equal(*end < after, true)

	s.run("the parent is readable to its end", func(s *suite) {
		for _, c := range []struct {
			kind     types.ShardIteratorType
			sequence *string
			want     string
		}{
			{types.ShardIteratorTypeTrimHorizon, nil, "0 1 2 3 4 5 6"},
			{types.ShardIteratorTypeAtSequenceNumber, first, "0 1 2 3 4 5 6"},
			{types.ShardIteratorTypeAfterSequenceNumber, &numbers[4], "5 6"},
			{types.ShardIteratorTypeAfterSequenceNumber, &numbers[6], ""},
			{types.ShardIteratorTypeAtSequenceNumber, end, ""},
			{types.ShardIteratorTypeAfterSequenceNumber, end, ""},
			{types.ShardIteratorTypeLatest, nil, ""},
		} {
			records, children := s.drain(name, "0", c.kind, c.sequence)
			s.equal(data(records), c.want)
			s.equal(fmt.Sprint(children), "[1 2]")
		}
	})
	s.run("the children take over", func(s *suite) {
		low, none := s.drain(name, "1", types.ShardIteratorTypeTrimHorizon, nil)
		high, _ := s.drain(name, "2", types.ShardIteratorTypeTrimHorizon, nil)
		s.equal(data(append(low, high...)), "7")
		s.equal(len(none), 0)
	})
	s.run("children are described to readers", func(s *suite) {
		out, err := s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{ShardIterator: s.iterator(name, types.ShardIteratorTypeLatest, nil)})
		s.must(err)
		s.equal(*out.MillisBehindLatest, int64(0))
		s.equal(len(out.ChildShards), 2)
		c := out.ChildShards[1]
		s.equal(*c.ShardId+*c.HashKeyRange.StartingHashKey+*c.HashKeyRange.EndingHashKey, *shards[2].ShardId+half+last)
		s.equal(fmt.Sprint(c.ParentShards), "[shardId-000000000000]")
	})
	s.run("an iterator from before", func(s *suite) {
		name := s.stream(1)
		s.numbered(name, 2)
		it := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
		tip := s.get(it, 0).NextShardIterator
		s.splitShard(name, "0", half)
		out, err := s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{ShardIterator: tip})
		s.must(err)
		s.equal(out.NextShardIterator == nil && len(out.ChildShards) == 2 && len(out.Records) == 0, true)
	})
}

func (s *suite) merge() {
	name := s.stream(2)
	s.numbered(name, 3)
	s.mergeShards(name, "0", "1")
	s.put(name, "key", []byte("3"))
	s.equal(s.shape(name), "0 0-"+belowHalf+" closed\n1 "+half+"-"+last+" closed\n2 0-"+last+" of 0 of 1")
	low, children := s.drain(name, "0", types.ShardIteratorTypeTrimHorizon, nil)
	high, same := s.drain(name, "1", types.ShardIteratorTypeTrimHorizon, nil)
	s.equal(data(append(low, high...)), "0 1 2")
	s.equal(fmt.Sprint(children, same), "[2] [2]")
	records, _ := s.drain(name, "2", types.ShardIteratorTypeTrimHorizon, nil)
	s.equal(data(records), "3")
	out, err := s.api.DescribeStreamSummary(s.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	s.must(err)
	s.equal(*out.StreamDescriptionSummary.OpenShardCount, int32(1))
}

// open returns the ranges of the open shards.
func (s *suite) open(stream string) (ranges []string) {
	s.Helper()
	for _, sh := range s.shards(stream) {
		if sh.SequenceNumberRange.EndingSequenceNumber == nil {
			ranges = append(ranges, fmt.Sprintf("%39s %39s", *sh.HashKeyRange.StartingHashKey, *sh.HashKeyRange.EndingHashKey))
		}
	}
	slices.Sort(ranges)
	return ranges
}

func (s *suite) scale(stream string, n int32) error {
	out, err := s.api.UpdateShardCount(s.Context(), &kinesis.UpdateShardCountInput{
		StreamName: &stream, TargetShardCount: &n, ScalingType: types.ScalingTypeUniformScaling,
	}, once)
	if err == nil {
		s.equal(*out.TargetShardCount, n)
		s.equal(*out.StreamName, stream)
	}
	return err
}

// once keeps the SDK from trying again where it is a refusal that is wanted.
func once(o *kinesis.Options) { o.RetryMaxAttempts = 1 }

// updateShardCount: after each step the open shards are those of a new stream of that many, and every key's records can be
// read in order, parents first.
func (s *suite) updateShardCount() {
	name := s.stream(1)
	put := 0
	for _, n := range []int32{2, 4, 8, 4, 3, 5, 5} {
		for range 3 {
			for key := range 5 {
				s.put(name, fmt.Sprint(key), fmt.Append(nil, put))
			}
			put++
		}
		s.must(s.scale(name, n))
		s.equal(strings.Join(s.open(name), "\n"), strings.Join(s.open(s.stream(n)), "\n"))
	}
	s.inOrder(name, 5, put)
	s.run("more than double", func(s *suite) {
		s.wantError(s.scale(name, 11), limitExceeded,
			"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 5, Target shard count: 11")
	})
	s.run("less than half", func(s *suite) {
		s.wantError(s.scale(name, 2), limitExceeded, "UpdateShardCount cannot scale down below half your current open shard count.")
	})
	s.run("more than there may be", func(s *suite) { s.wantError(s.scale(name, 10_001), limitExceeded, "Target shard count") })
}

// inOrder reads all shards in the order of their ids, in which parents come before their children, and checks that every key
// has the numbers below n, one after the other, under rising sequence numbers.
func (s *suite) inOrder(stream string, keys, n int) {
	s.Helper()
	next, number := map[string]int{}, map[string]string{}
	for _, sh := range s.shards(stream) {
		records, _ := s.drain(stream, *sh.ShardId, types.ShardIteratorTypeTrimHorizon, nil)
		for _, r := range records {
			key := *r.PartitionKey
			s.equal(string(r.Data), fmt.Sprint(next[key]))
			s.equal(number[key] < *r.SequenceNumber, true)
			next[key]++
			number[key] = *r.SequenceNumber
		}
	}
	s.equal(len(next), keys)
	for key, got := range next {
		if got != n {
			s.Errorf("key %s has %d records, want %d", key, got, n)
		}
	}
}

func (s *suite) shardFilters() {
	name := s.stream(2)
	s.splitShard(name, "0", "1000")
	s.mergeShards(name, "3", "1")
	d, err := s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
	s.must(err)
	begin, later, before := d.StreamDescription.StreamCreationTimestamp, aws.Time(time.Now().Add(time.Hour)), aws.Time(time.Unix(1, 0))
	for _, c := range []struct {
		kind types.ShardFilterType
		at   *time.Time
		id   *string
		want string
	}{
		{types.ShardFilterTypeAtLatest, nil, nil, "2 4"},
		{types.ShardFilterTypeAtTrimHorizon, nil, nil, "0 1"},
		{types.ShardFilterTypeFromTrimHorizon, nil, nil, "0 1 2 3 4"},
		{types.ShardFilterTypeAtTimestamp, begin, nil, "0 1"},
		{types.ShardFilterTypeAtTimestamp, later, nil, "2 4"},
		{types.ShardFilterTypeAtTimestamp, before, nil, ""},
		{types.ShardFilterTypeFromTimestamp, begin, nil, "0 1 2 3 4"},
		{types.ShardFilterTypeFromTimestamp, before, nil, "0 1 2 3 4"},
		{types.ShardFilterTypeFromTimestamp, later, nil, "2 4"},
		{types.ShardFilterTypeAfterShardId, nil, aws.String("shardId-000000000002"), "3 4"},
	} {
		s.run(fmt.Sprint(c.kind, " ", c.want), func(s *suite) {
			filter := &types.ShardFilter{Type: c.kind, Timestamp: c.at, ShardId: c.id}
			for _, size := range []int32{1, 2, 10} {
				s.equal(strings.Join(s.pages(&kinesis.ListShardsInput{StreamName: &name, ShardFilter: filter, MaxResults: &size}), " "), c.want)
			}
		})
	}
}

// pages lists shards page by page.
func (s *suite) pages(in *kinesis.ListShardsInput) (ids []string) {
	s.Helper()
	for {
		out, err := s.api.ListShards(s.Context(), in)
		s.must(err)
		s.equal(len(out.Shards) <= int(*in.MaxResults), true)
		for _, sh := range out.Shards {
			ids = append(ids, short(*sh.ShardId))
		}
		if out.NextToken == nil {
			return ids
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: in.MaxResults}
	}
}

// reshardRefused holds one row for each thing that the operations on shards refuse.
func (s *suite) reshardRefused() {
	name, none, demand := s.stream(3), newName(), s.onDemand()
	s.splitShard(name, "0", "1000") // 0 is closed now, by 3 and 4
	split := func(stream, shard, at string) func() error {
		return func() error {
			_, err := s.api.SplitShard(s.Context(), &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: &shard, NewStartingHashKey: &at})
			return err
		}
	}
	merge := func(stream, low, high string) func() error {
		return func() error {
			_, err := s.api.MergeShards(s.Context(), &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: &low, AdjacentShardToMerge: &high})
			return err
		}
	}
	third := "113427455640312821154458202477256070485"
	for _, c := range []struct {
		name, code, text string
		call             func() error
	}{
		{"split what is not there", notFound, "Stream " + none + " under account ", split(none, "0", half)},
		{"split no shard", notFound, "Could not find shard ABKLFD8 in stream " + name + " under account ", split(name, "ABKLFD8", half)},
		{"split a shard that is not there", notFound, "Could not find shard shardId-000000000007 in stream " + name + " under account ", split(name, "shardId-7", half)},
		{"split a closed shard", invalidArgument, "Shard shardId-000000000000 in stream " + name + " under account ", split(name, "0", "2000")},
		{"split at the first key", invalidArgument, "NewStartingHashKey " + third + " used in SplitShard() on shard shardId-000000000001", split(name, "1", third)},
		{"split at the second key", invalidArgument, "is not both greater than one plus the shard's StartingHashKey " + third,
			split(name, "1", third[:len(third)-1]+"6")},
		{"split at the last key", invalidArgument, "less than the shard's EndingHashKey " + last, split(name, "2", last)},
		{"split out of range", invalidArgument, "is not both greater than", split(name, "1", "5")},
		{"split beyond all", invalidArgument, "is not both greater than", split(name, "1", "999999999999999999999999999999999999999")},
		{"split at no number", validation, `at 'newStartingHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`,
			split(name, "1", "007")},
		{"split with an empty id", validation, "Value '' at 'shardToSplit' failed to satisfy constraint: Member must have length greater than or equal to 1", split(name, "", half)},
		{"split on demand", validation, "ON_DEMAND", split(demand, "0", "1000")},

		{"merge what is not there", notFound, "Stream " + none + " under account ", merge(none, "0", "1")},
		{"merge a shard that is not there", notFound, "Could not find shard shardId-000000000007 in stream " + name + " under account ", merge(name, "1", "7")},
		{"merge shards that do not touch", invalidArgument, "Shards shardId-000000000003 and shardId-000000000001 in stream " + name + " under account ",
			merge(name, "3", "1")},
		{"merge the wrong way round", invalidArgument, " are not an adjacent pair of shards eligible for merging", merge(name, "2", "1")},
		{"merge a shard with itself", invalidArgument, " are not an adjacent pair of shards eligible for merging", merge(name, "1", "1")},
		{"merge a closed shard", invalidArgument, "has already been merged or split, and thus is not eligible for merging or splitting.", merge(name, "0", "1")},
		{"merge on demand", validation, "ON_DEMAND", merge(demand, "0", "1")},

		{"scale to none", validation, "Value '0' at 'targetShardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
			func() error { return s.scale(name, 0) }},
		{"scale what is not there", notFound, none, func() error { return s.scale(none, 1) }},
		{"scale on demand", validation, "ON_DEMAND", func() error { return s.scale(demand, 4) }},
		{"scale in a way that is none", validation, "at 'scalingType' failed to satisfy constraint: Member must satisfy enum value set: [UNIFORM_SCALING]",
			func() error {
				_, err := s.api.UpdateShardCount(s.Context(), &kinesis.UpdateShardCountInput{StreamName: &name, TargetShardCount: aws.Int32(3), ScalingType: "ODD"})
				return err
			}},
	} {
		s.run(c.name, func(s *suite) { s.wantError(c.call(), c.code, c.text) })
	}
	s.equal(len(s.open(name)), 4)
}

// onDemand makes an on-demand stream and deletes it after the test.
func (s *suite) onDemand() string {
	s.Helper()
	return s.create(&kinesis.CreateStreamInput{StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}})
}
