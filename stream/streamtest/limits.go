package streamtest

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (s *suite) limits() {
	name := s.stream(1)
	const mib = 1 << 20
	putAll := func(s *suite, records []types.PutRecordsRequestEntry) error {
		_, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: records})
		return err
	}
	s.run("a record of 1 MiB, its key included", func(s *suite) {
		s.put(name, "k", make([]byte, mib-1))
		_, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k"), Data: make([]byte, mib)})
		s.wantError(err, invalidArgument, "1048577")
		_, err = s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k"), Data: make([]byte, mib+1)})
		s.wantError(err, validation, "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data' "+
			"failed to satisfy constraint: Member must have length less than or equal to 1048576")
	})
	s.run("500 records", func(s *suite) {
		s.must(putAll(s, entries(make([]string, 500)...)))
		s.wantError(putAll(s, entries(make([]string, 501)...)), validation,
			"at 'records' failed to satisfy constraint: Member must have length less than or equal to 500")
	})
	s.run("10 MiB in a PutRecords", func(s *suite) {
		full := entries(strings.Split(strings.Repeat("x ", 10), " ")[:10]...)
		for i := range full {
			full[i].Data = make([]byte, mib-1)
		}
		s.must(putAll(s, full))
		s.wantError(putAll(s, append(full, entries("x")...)), invalidArgument, "Records size exceeds 10 MB limit")
	})
	s.run("10 MiB in a GetRecords", func(s *suite) {
		it := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
		total := 0
		for behind := int64(1); behind > 0; {
			out := s.get(it, 0)
			size := 0
			for _, r := range out.Records {
				size += len(r.Data) + len(*r.PartitionKey)
			}
			s.equal(size <= 10*mib && len(out.Records) > 0, true)
			total += len(out.Records)
			it, behind = out.NextShardIterator, *out.MillisBehindLatest
		}
		s.equal(total, 511)
	})
}

// refused holds one row for each thing that the API refuses.
func (s *suite) refused() {
	name, none := s.stream(2), newName()
	numbers := s.numbered(name, 1)
	long := strings.Repeat("a", 129)
	const latest, atSequence, atTime = types.ShardIteratorTypeLatest, types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeAtTimestamp
	iterate := func(in kinesis.GetShardIteratorInput) func() error {
		return func() error { _, err := s.api.GetShardIterator(s.Context(), &in); return err }
	}
	get := func(in kinesis.GetRecordsInput) func() error {
		return func() error { _, err := s.api.GetRecords(s.Context(), &in); return err }
	}
	put := func(in kinesis.PutRecordInput) func() error {
		return func() error { _, err := s.api.PutRecord(s.Context(), &in); return err }
	}
	putAll := func(in kinesis.PutRecordsInput) func() error {
		return func() error { _, err := s.api.PutRecords(s.Context(), &in); return err }
	}
	describe := func(in kinesis.DescribeStreamInput) func() error {
		return func() error { _, err := s.api.DescribeStream(s.Context(), &in); return err }
	}
	list := func(in kinesis.ListShardsInput) func() error {
		return func() error { _, err := s.api.ListShards(s.Context(), &in); return err }
	}
	create := func(in kinesis.CreateStreamInput) func() error {
		return func() error { _, err := s.api.CreateStream(s.Context(), &in); return err }
	}
	remove := func(in kinesis.DeleteStreamInput) func() error {
		return func() error { _, err := s.api.DeleteStream(s.Context(), &in); return err }
	}
	one := func(e types.PutRecordsRequestEntry) []types.PutRecordsRequestEntry {
		return []types.PutRecordsRequestEntry{e}
	}
	zero, k, x, empty := aws.String("0"), aws.String("k"), []byte("x"), aws.String("")
	tooHigh := aws.String("340282366920938463463374607431768211456")

	for _, c := range []struct {
		name, code, text string
		call             func() error
	}{
		{"stream that is not there", notFound, "Stream " + none + " under account ", describe(kinesis.DescribeStreamInput{StreamName: &none})},
		{"neither name nor ARN", invalidArgument, "StreamARN or StreamName", describe(kinesis.DescribeStreamInput{})},
		{"name and ARN differ", invalidArgument, "does not match", describe(kinesis.DescribeStreamInput{
			StreamName: &name, StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + none)})},
		{"not an ARN", validation, "at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
			describe(kinesis.DescribeStreamInput{StreamARN: &name})},
		{"empty name, limit 0", validation, "3 validation errors detected: " +
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
			"Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
			"Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
			describe(kinesis.DescribeStreamInput{StreamName: empty, Limit: aws.Int32(0)})},
		{"delete what is not there", notFound, none, remove(kinesis.DeleteStreamInput{StreamName: &none})},

		{"create with a long name", validation, "1 validation error detected: Value '" + long + "' at 'streamName' failed to satisfy " +
			"constraint: Member must have length less than or equal to 128", create(kinesis.CreateStreamInput{StreamName: &long, ShardCount: aws.Int32(1)})},
		{"create with no shards", validation, "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
			create(kinesis.CreateStreamInput{StreamName: &none, ShardCount: aws.Int32(0)})},
		{"create without a shard count", invalidArgument, "ShardCount", create(kinesis.CreateStreamInput{StreamName: &none})},
		{"create with too many shards", limitExceeded, "would exceed the shard limit", create(kinesis.CreateStreamInput{
			StreamName: &none, ShardCount: aws.Int32(1 << 30)})},
		{"create in a mode that is none", validation, "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]",
			create(kinesis.CreateStreamInput{StreamName: &none, StreamModeDetails: &types.StreamModeDetails{StreamMode: "FREE"}})},

		{"put on what is not there", notFound, none, put(kinesis.PutRecordInput{StreamName: &none, PartitionKey: k, Data: x})},
		{"put with an empty key", validation, "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
			put(kinesis.PutRecordInput{StreamName: &name, PartitionKey: empty, Data: x})},
		{"put with a long key", validation, "at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
			put(kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String(strings.Repeat("é", 257)), Data: x})},
		{"put with a hash key that is no number", validation, "at 'explicitHashKey' failed to satisfy constraint: " +
			`Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`,
			put(kinesis.PutRecordInput{StreamName: &name, PartitionKey: k, Data: x, ExplicitHashKey: aws.String("007")})},
		{"put with a hash key of 2^128", invalidArgument, "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. " +
			"Specified value was " + *tooHigh, put(kinesis.PutRecordInput{StreamName: &name, PartitionKey: k, Data: x, ExplicitHashKey: tooHigh})},
		{"put no records", validation, "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
			putAll(kinesis.PutRecordsInput{StreamName: &name, Records: []types.PutRecordsRequestEntry{}})},
		{"put one bad record among good ones", validation, "at 'records.2.member.partitionKey' failed to satisfy constraint",
			putAll(kinesis.PutRecordsInput{StreamName: &name, Records: append(entries("good"), one(types.PutRecordsRequestEntry{PartitionKey: empty, Data: x})...)})},
		{"put all on what is not there", notFound, none, putAll(kinesis.PutRecordsInput{StreamName: &none, Records: entries("x")})},
		{"put all with a hash key of 2^128", invalidArgument, "Invalid ExplicitHashKey", putAll(kinesis.PutRecordsInput{
			StreamName: &name, Records: one(types.PutRecordsRequestEntry{PartitionKey: k, Data: x, ExplicitHashKey: tooHigh})})},

		{"iterator of a stream that is not there", notFound, "Shard shardId-000000000000 in stream " + none + " under account ",
			iterate(kinesis.GetShardIteratorInput{StreamName: &none, ShardId: zero, ShardIteratorType: latest})},
		{"iterator of a shard that is not there", notFound, "Shard shardId-000000000005 in stream " + name + " under account ",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: aws.String("shardId-5"), ShardIteratorType: latest})},
		{"iterator of what is no shard", notFound, "Could not find shard ABKLFD8 in stream " + name + " under account ",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: aws.String("ABKLFD8"), ShardIteratorType: latest})},
		{"iterator of a type that is none", validation, "at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: " +
			"[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: zero, ShardIteratorType: "EARLIEST"})},
		{"sequence number missing", invalidArgument, "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: zero, ShardIteratorType: atSequence})},
		{"sequence number too many", invalidArgument, "Request specified LATEST and also a StartingSequenceNumber.",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: zero, ShardIteratorType: latest, StartingSequenceNumber: &numbers[0]})},
		{"sequence number of another shard", invalidArgument, "Invalid StartingSequenceNumber. It encodes ",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: s.otherShard(name), ShardIteratorType: atSequence, StartingSequenceNumber: &numbers[0]})},
		{"sequence number that is none", invalidArgument, "is invalid.", iterate(kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: zero, ShardIteratorType: atSequence, StartingSequenceNumber: aws.String("49" + strings.Repeat("9", 54))})},
		{"sequence number with letters", validation, "at 'startingSequenceNumber' failed to satisfy constraint", iterate(kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: zero, ShardIteratorType: atSequence, StartingSequenceNumber: aws.String("12a")})},
		{"time missing", invalidArgument, "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: zero, ShardIteratorType: atTime})},
		{"time to come", invalidArgument, "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.",
			iterate(kinesis.GetShardIteratorInput{StreamName: &name, ShardId: zero, ShardIteratorType: atTime, Timestamp: aws.Time(time.Now().Add(time.Hour))})},

		{"iterator that is none", invalidArgument, "Invalid ShardIterator.", get(kinesis.GetRecordsInput{ShardIterator: k})},
		{"empty iterator, limit 0", validation, "2 validation errors detected: " +
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
			"Value '' at 'shardIterator' failed to satisfy constraint: Member must have length greater than or equal to 1",
			get(kinesis.GetRecordsInput{ShardIterator: empty, Limit: aws.Int32(0)})},
		{"limit above 10,000", validation, "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
			get(kinesis.GetRecordsInput{ShardIterator: s.iterator(name, latest, nil), Limit: aws.Int32(10_001)})},

		{"shards of nothing", invalidArgument, "Either NextToken or StreamName should be provided.", list(kinesis.ListShardsInput{})},
		{"shards of a name and a token", invalidArgument, "NextToken and StreamName cannot be provided together.",
			list(kinesis.ListShardsInput{StreamName: &name, NextToken: k})},
		{"shards of a token that is none", invalidArgument, "NextToken", list(kinesis.ListShardsInput{NextToken: k})},
		{"shards of a stream that is not there", notFound, none, list(kinesis.ListShardsInput{StreamName: &none})},
		{"filter without its id", invalidArgument, "ShardId", list(kinesis.ListShardsInput{
			StreamName: &name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAfterShardId}})},
		{"filter without its time", invalidArgument, "Timestamp", list(kinesis.ListShardsInput{
			StreamName: &name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp}})},
	} {
		s.run(c.name, func(s *suite) { s.wantError(c.call(), c.code, c.text) })
	}
}

// otherShard is the id of the shard of two that the partition key of numbered does not fall on.
func (s *suite) otherShard(stream string) *string {
	if len(s.get(s.iterator(stream, types.ShardIteratorTypeTrimHorizon, nil), 0).Records) == 0 {
		return aws.String("0")
	}
	return aws.String("1")
}
