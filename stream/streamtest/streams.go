package streamtest

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (s *suite) streams() {
	s.run("create, describe and delete", func(s *suite) {
		name := s.stream(2)
		out, err := s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
		s.must(err)
		d := out.StreamDescription
		s.equal(*d.StreamName, name)
		s.equal(d.StreamStatus, types.StreamStatusActive)
		s.equal(d.StreamModeDetails.StreamMode, types.StreamModeProvisioned)
		s.equal(d.EncryptionType, types.EncryptionTypeNone)
		s.equal(*d.RetentionPeriodHours, int32(24))
		s.equal(*d.HasMoreShards, false)
		s.equal(len(d.Shards), 2)
		if !strings.HasPrefix(*d.StreamARN, "arn:aws:kinesis:") || !strings.HasSuffix(*d.StreamARN, ":stream/"+name) {
			s.Errorf("ARN %s", *d.StreamARN)
		}
		_, err = s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamName: &name})
		s.must(err)
		_, err = s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
		s.wantError(err, notFound, "Stream "+name+" under account ")
	})
	s.run("summary", func(s *suite) {
		name := s.stream(3)
		out, err := s.api.DescribeStreamSummary(s.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		s.must(err)
		d := out.StreamDescriptionSummary
		s.equal(*d.StreamName, name)
		s.equal(*d.OpenShardCount, int32(3))
		s.equal(*d.ConsumerCount, int32(0))
		s.equal(d.StreamStatus, types.StreamStatusActive)
		s.equal(d.StreamCreationTimestamp.IsZero(), false)
	})
	s.run("on demand", func(s *suite) {
		name := newName()
		_, err := s.api.CreateStream(s.Context(), &kinesis.CreateStreamInput{
			StreamName: &name, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
		})
		s.must(err)
		out, err := s.api.DescribeStreamSummary(s.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		s.must(err)
		s.equal(*out.StreamDescriptionSummary.OpenShardCount, int32(4))
		s.equal(out.StreamDescriptionSummary.StreamModeDetails.StreamMode, types.StreamModeOnDemand)
		_, err = s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamName: &name})
		s.must(err)
	})
	s.run("exists", func(s *suite) {
		name := s.stream(1)
		_, err := s.api.CreateStream(s.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		s.wantError(err, inUse, "Stream "+name+" under account ")
		s.wantError(err, inUse, " already exists.")
	})
	s.run("by ARN", (*suite).byARN)
	s.run("deleted and made again", (*suite).madeAgain)
}

func (s *suite) byARN() {
	name := s.stream(1)
	d, err := s.api.DescribeStream(s.Context(), &kinesis.DescribeStreamInput{StreamName: &name})
	s.must(err)
	arn := d.StreamDescription.StreamARN
	_, err = s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamARN: arn, PartitionKey: aws.String("k"), Data: []byte("one")})
	s.must(err)
	_, err = s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamARN: arn, Records: entries("two")})
	s.must(err)
	shards, err := s.api.ListShards(s.Context(), &kinesis.ListShardsInput{StreamARN: arn})
	s.must(err)
	it, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
		StreamARN: arn, ShardId: shards.Shards[0].ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	s.must(err)
	out, err := s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{StreamARN: arn, ShardIterator: it.ShardIterator})
	s.must(err)
	s.equal(data(out.Records), "one two")
	summary, err := s.api.DescribeStreamSummary(s.Context(), &kinesis.DescribeStreamSummaryInput{StreamARN: arn})
	s.must(err)
	s.equal(*summary.StreamDescriptionSummary.StreamName, name)
	_, err = s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamARN: arn})
	s.must(err)
}

// madeAgain: a stream of the same name is another stream, without the records of the first.
func (s *suite) madeAgain() {
	name := s.stream(1)
	s.put(name, "k", []byte("old"))
	old := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
	_, err := s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamName: &name})
	s.must(err)
	_, err = s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{ShardIterator: old})
	s.wantError(err, notFound, "Shard shardId-000000000000 in stream "+name+" under account ")
	_, err = s.api.CreateStream(s.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
	s.must(err)
	s.put(name, "k", []byte("new"))
	s.equal(data(s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records), "new")
}

func (s *suite) listStreams() {
	want := []string{s.stream(1), s.stream(1), s.stream(1), s.stream(1), s.stream(1)}
	for _, byToken := range []bool{false, true} {
		var got []string
		in := &kinesis.ListStreamsInput{Limit: aws.Int32(2)}
		for more := true; more; {
			out, err := s.api.ListStreams(s.Context(), in)
			s.must(err)
			s.equal(len(out.StreamSummaries), len(out.StreamNames))
			got, more = append(got, out.StreamNames...), *out.HasMoreStreams
			s.equal(out.NextToken != nil, more)
			if byToken {
				in.NextToken = out.NextToken
			} else {
				in.ExclusiveStartStreamName = aws.String(got[len(got)-1])
			}
		}
		s.equal(strings.Join(got, " "), strings.Join(want, " "))
	}
	out, err := s.api.ListStreams(s.Context(), &kinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String("zzz")})
	s.must(err)
	s.equal(len(out.StreamNames), 0)
	s.equal(*out.HasMoreStreams, false)
}
