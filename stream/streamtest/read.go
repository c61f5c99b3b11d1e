package streamtest

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (s *suite) iterators() {
	name := s.stream(1)
	shards, err := s.api.ListShards(s.Context(), &kinesis.ListShardsInput{StreamName: &name})
	s.must(err)
	start := *shards.Shards[0].SequenceNumberRange.StartingSequenceNumber
	numbers := s.numbered(name, 5)
	for _, c := range []struct {
		kind     types.ShardIteratorType
		sequence string
		want     string
	}{
		{types.ShardIteratorTypeTrimHorizon, "", "0 1 2 3 4"},
		{types.ShardIteratorTypeLatest, "", ""},
		{types.ShardIteratorTypeAtSequenceNumber, start, "0 1 2 3 4"},
		{types.ShardIteratorTypeAfterSequenceNumber, start, "0 1 2 3 4"},
		{types.ShardIteratorTypeAtSequenceNumber, numbers[0], "0 1 2 3 4"},
		{types.ShardIteratorTypeAfterSequenceNumber, numbers[0], "1 2 3 4"},
		{types.ShardIteratorTypeAtSequenceNumber, numbers[3], "3 4"},
		{types.ShardIteratorTypeAfterSequenceNumber, numbers[3], "4"},
		{types.ShardIteratorTypeAtSequenceNumber, numbers[4], "4"},
		{types.ShardIteratorTypeAfterSequenceNumber, numbers[4], ""},
	} {
		s.run(fmt.Sprint(c.kind, " ", c.sequence), func(s *suite) {
			var sequence *string
			if c.sequence != "" {
				sequence = &c.sequence
			}
			out := s.get(s.iterator(name, c.kind, sequence), 0)
			s.equal(data(out.Records), c.want)
			s.equal(*out.MillisBehindLatest, int64(0))
		})
	}
	s.run("AT_TIMESTAMP", func(s *suite) { s.atTimestamp(name) })
	s.run("only the number of the shard's id matters", func(s *suite) {
		for _, id := range []string{"0", "shardId-0", "x-000"} {
			_, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
				StreamName: &name, ShardId: &id, ShardIteratorType: types.ShardIteratorTypeLatest,
			})
			s.must(err)
		}
	})
}

func (s *suite) atTimestamp(name string) {
	records := s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records
	for i, r := range records {
		out, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
			Timestamp: r.ApproximateArrivalTimestamp,
		})
		s.must(err)
		got := s.get(out.ShardIterator, 1).Records[0]
		if got.ApproximateArrivalTimestamp.Before(*r.ApproximateArrivalTimestamp) || string(got.Data) > string(r.Data) {
			s.Errorf("record %d, arrived at %v: got %s, arrived at %v", i, r.ApproximateArrivalTimestamp, got.Data, got.ApproximateArrivalTimestamp)
		}
	}
	out, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
		StreamName: &name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(time.Unix(1, 0)),
	})
	s.must(err)
	s.equal(data(s.get(out.ShardIterator, 0).Records), "0 1 2 3 4")
}

func (s *suite) getRecords() {
	s.run("goes on from iterator to iterator", func(s *suite) {
		name := s.stream(1)
		s.numbered(name, 7)
		it := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
		for i, want := range []string{"0 1 2", "3 4 5", "6", ""} {
			out := s.get(it, 3)
			s.equal(data(out.Records), want)
			s.equal(*out.MillisBehindLatest > 0, i < 2)
			it = out.NextShardIterator
		}
		s.put(name, "k", []byte("late"))
		s.equal(data(s.get(it, 3).Records), "late")
		s.equal(data(s.get(it, 3).Records), "late") // an iterator may be used again
	})
	s.run("LATEST on an empty shard", func(s *suite) {
		name := s.stream(1)
		latest := s.iterator(name, types.ShardIteratorTypeLatest, nil)
		horizon := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
		for range 3 {
			out := s.get(latest, 0)
			s.equal(len(out.Records), 0)
			latest = out.NextShardIterator
			horizon = s.get(horizon, 0).NextShardIterator
		}
		s.put(name, "k", []byte("first"))
		s.equal(data(s.get(latest, 0).Records), "first")
		s.equal(data(s.get(horizon, 0).Records), "first")
	})
	s.run("arrival", func(s *suite) {
		name := s.stream(1)
		s.numbered(name, 3)
		last := time.Time{}
		for _, r := range s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records {
			at := *r.ApproximateArrivalTimestamp
			s.equal(at.Before(last) || at.IsZero(), false)
			s.equal(at.Truncate(time.Millisecond).Equal(at), true)
			last = at
		}
	})
	s.run("each shard has its own records", func(s *suite) {
		name := s.stream(2)
		for i := range 20 {
			s.put(name, fmt.Sprint(i), fmt.Append(nil, i))
		}
		total := 0
		for _, id := range []string{"0", "1"} {
			out, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
				StreamName: &name, ShardId: &id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
			})
			s.must(err)
			n := len(s.get(out.ShardIterator, 0).Records)
			s.equal(n > 0, true)
			total += n
		}
		s.equal(total, 20)
	})
}
