package streamtest

import (
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var sequencePattern = regexp.MustCompile(`^49\d{54}$`)

func (s *suite) describedShards() {
	name := s.stream(3)
	out, err := s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
	s.must(err)
	want := [][3]string{
		{"shardId-000000000000", "0", "113427455640312821154458202477256070484"},
		{"shardId-000000000001", "113427455640312821154458202477256070485", "226854911280625642308916404954512140969"},
		{"shardId-000000000002", "226854911280625642308916404954512140970", "340282366920938463463374607431768211455"},
	}
	s.equal(len(out.StreamDescription.Shards), len(want))
	for i, sh := range out.StreamDescription.Shards {
		s.equal([3]string{*sh.ShardId, *sh.HashKeyRange.StartingHashKey, *sh.HashKeyRange.EndingHashKey}, want[i])
		if !sequencePattern.MatchString(*sh.SequenceNumberRange.StartingSequenceNumber) {
			s.Errorf("starting sequence number %s", *sh.SequenceNumberRange.StartingSequenceNumber)
		}
		s.equal(sh.SequenceNumberRange.EndingSequenceNumber == nil && sh.ParentShardId == nil, true)
	}
	s.run("page by page", func(s *suite) {
		var ids []string
		in := &kinesis.DescribeStreamInput{StreamName: &name, Limit: aws.Int32(2)}
		for more := true; more; {
			out, err := s.api.DescribeStream(s.Context(), in)
			s.must(err)
			ids, more = append(ids, shardIDs(out.StreamDescription.Shards)...), *out.StreamDescription.HasMoreShards
			in.ExclusiveStartShardId = &ids[len(ids)-1]
		}
		s.equal(strings.Join(ids, " "), "shardId-000000000000 shardId-000000000001 shardId-000000000002")
	})
}

func shardIDs(shards []types.Shard) []string {
	ids := make([]string, len(shards))
	for i, sh := range shards {
		ids[i] = *sh.ShardId
	}
	return ids
}

func (s *suite) listShards() {
	name := s.stream(5)
	list := func(s *suite, in kinesis.ListShardsInput) string {
		s.Helper()
		in.StreamName = &name
		out, err := s.api.ListShards(s.Context(), &in)
		s.must(err)
		return strings.ReplaceAll(strings.Join(shardIDs(out.Shards), " "), "shardId-00000000000", "")
	}
	filter := func(kind types.ShardFilterType) *types.ShardFilter { return &types.ShardFilter{Type: kind} }
	now, before := aws.Time(time.Now().Add(time.Hour)), aws.Time(time.Unix(1, 0))
	for _, c := range []struct {
		name string
		in   kinesis.ListShardsInput
		want string
	}{
		{"all", kinesis.ListShardsInput{}, "0 1 2 3 4"},
		{"first", kinesis.ListShardsInput{MaxResults: aws.Int32(2)}, "0 1"},
		{"after", kinesis.ListShardsInput{ExclusiveStartShardId: aws.String("shardId-000000000002")}, "3 4"},
		{"after the last", kinesis.ListShardsInput{ExclusiveStartShardId: aws.String("shardId-000000000004")}, ""},
		{"latest", kinesis.ListShardsInput{ShardFilter: filter(types.ShardFilterTypeAtLatest)}, "0 1 2 3 4"},
		{"trim horizon", kinesis.ListShardsInput{ShardFilter: filter(types.ShardFilterTypeAtTrimHorizon)}, "0 1 2 3 4"},
		{"from trim horizon", kinesis.ListShardsInput{ShardFilter: filter(types.ShardFilterTypeFromTrimHorizon)}, "0 1 2 3 4"},
		{"filter after", kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{
			Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String("shardId-000000000001")}}, "2 3 4"},
		{"at a time", kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: now}}, "0 1 2 3 4"},
		{"before all", kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: before}}, ""},
		{"from a time", kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: before}}, "0 1 2 3 4"},
	} {
		s.run(c.name, func(s *suite) { s.equal(list(s, c.in), c.want) })
	}
	s.run("page by page", func(s *suite) {
		out, err := s.api.ListShards(s.Context(), &kinesis.ListShardsInput{StreamName: &name, MaxResults: aws.Int32(2)})
		s.must(err)
		ids := shardIDs(out.Shards)
		for out.NextToken != nil {
			out, err = s.api.ListShards(s.Context(), &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(2)})
			s.must(err)
			ids = append(ids, shardIDs(out.Shards)...)
		}
		s.equal(len(ids), 5)
		s.equal(ids[4], "shardId-000000000004")
	})
	s.run("by creation", func(s *suite) {
		d, err := s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
		s.must(err)
		s.equal(list(s, kinesis.ListShardsInput{StreamCreationTimestamp: d.StreamDescription.StreamCreationTimestamp}), "0 1 2 3 4")
		_, err = s.api.ListShards(s.Context(), &kinesis.ListShardsInput{StreamName: &name, StreamCreationTimestamp: before})
		s.wantError(err, notFound, name)
	})
}
