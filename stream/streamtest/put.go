package streamtest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// entries makes an entry of each text, all with the same partition key.
func entries(texts ...string) []types.PutRecordsRequestEntry {
	all := make([]types.PutRecordsRequestEntry, len(texts))
	for i, text := range texts {
		all[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(text)}
	}
	return all
}

func (s *suite) puts() {
	s.run("comes back as sent", func(s *suite) {
		name := s.stream(1)
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		contents := [][]byte{{}, {0}, []byte("text"), []byte("déjà \"vu\" <&>"), all, bytes.Repeat(all, 100)}
		keys := []string{"k", "\u00e9", "a\"b\\c", "</script>", strings.Repeat("é", 256), "tab\tand\u2028line"}
		for i, c := range contents {
			s.put(name, keys[i], c)
		}
		got := s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records
		s.equal(len(got), len(contents))
		for i, r := range got {
			if !bytes.Equal(r.Data, contents[i]) || *r.PartitionKey != keys[i] {
				s.Errorf("record %d: key %q, %d bytes", i, *r.PartitionKey, len(r.Data))
			}
		}
	})
	s.run("PutRecords keeps the order of a shard", func(s *suite) {
		name := s.stream(1)
		var want []string
		for i := range 3 {
			texts := make([]string, 100)
			for j := range texts {
				texts[j] = fmt.Sprint(i*100+j) + strings.Repeat("x", j*j%777)
			}
			out, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: entries(texts...)})
			s.must(err)
			s.equal(*out.FailedRecordCount, int32(0))
			s.equal(len(out.Records), len(texts))
			for _, r := range out.Records {
				s.equal(*r.ShardId, "shardId-000000000000")
				s.equal(r.ErrorCode == nil && r.ErrorMessage == nil, true)
			}
			want = append(want, texts...)
		}
		got := s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0)
		s.equal(data(got.Records), strings.Join(want, " "))
		s.equal(*got.MillisBehindLatest, int64(0))
	})
	s.run("sequence numbers rise", func(s *suite) {
		name := s.stream(1)
		numbers := s.numbered(name, 20)
		if !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
			s.Errorf("%q", numbers)
		}
		for i, r := range s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records {
			s.equal(*r.SequenceNumber, numbers[i])
			s.equal(sequencePattern.MatchString(numbers[i]), true)
		}
	})
	s.run("equal records are two records", func(s *suite) {
		name := s.stream(1)
		s.put(name, "k", []byte("same"))
		s.put(name, "k", []byte("same"))
		s.equal(data(s.get(s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil), 0).Records), "same same")
	})
	s.run("SequenceNumberForOrdering", func(s *suite) {
		name := s.stream(1)
		first := s.put(name, "k", []byte("a"))
		out, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{
			StreamName: &name, PartitionKey: aws.String("k"), Data: []byte("b"), SequenceNumberForOrdering: &first,
		})
		s.must(err)
		s.equal(*out.SequenceNumber > first, true)
	})
}

// dryRun: each operation that knows it checks the request, does nothing, and says so.
func (s *suite) dryRun() {
	name, yes, k := s.stream(1), aws.Bool(true), aws.String("k")
	it := s.iterator(name, types.ShardIteratorTypeTrimHorizon, nil)
	for call, f := range map[string]func() error{
		"PutRecord": func() error {
			_, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamName: &name, PartitionKey: k, Data: []byte("x"), DryRun: yes})
			return err
		},
		"PutRecords": func() error {
			_, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: entries("x"), DryRun: yes})
			return err
		},
		"GetRecords": func() error {
			_, err := s.api.GetRecords(s.Context(), &kinesis.GetRecordsInput{ShardIterator: it, DryRun: yes})
			return err
		},
		"GetShardIterator": func() error {
			_, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
				StreamName: &name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest, DryRun: yes,
			})
			return err
		},
	} {
		s.run(call, func(s *suite) { s.wantError(f(), "DryRunOperationException", "") })
	}
	s.equal(len(s.get(it, 0).Records), 0)
}

// routing: the MD5 of the partition key, or the explicit hash key, chooses the shard.
func (s *suite) routing() {
	name := s.stream(3)
	third := "113427455640312821154458202477256070485"
	for _, c := range []struct{ key, explicit, shard string }{
		{"a", "", "0"}, {"b", "", "1"}, {"e", "", "2"}, {"f", "", "1"},
		{"a", "0", "0"},
		{"a", "113427455640312821154458202477256070484", "0"},
		{"a", third, "1"},
		{"a", "340282366920938463463374607431768211455", "2"},
	} {
		s.run(c.key+" "+c.explicit, func(s *suite) {
			entry := types.PutRecordsRequestEntry{PartitionKey: &c.key, Data: []byte("x")}
			if c.explicit != "" {
				entry.ExplicitHashKey = &c.explicit
			}
			one, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{
				StreamName: &name, PartitionKey: &c.key, Data: []byte("x"), ExplicitHashKey: entry.ExplicitHashKey,
			})
			s.must(err)
			many, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{
				StreamName: &name, Records: append(entries("other"), entry),
			})
			s.must(err)
			s.equal(*one.ShardId, "shardId-00000000000"+c.shard)
			s.equal(*many.Records[1].ShardId, *one.ShardId)
		})
	}
}
