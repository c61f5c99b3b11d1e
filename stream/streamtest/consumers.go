package streamtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// register registers a consumer of a stream.
func (s *suite) register(stream, name string) *types.Consumer {
	s.Helper()
	out, err := s.api.RegisterStreamConsumer(s.Context(), &kinesis.RegisterStreamConsumerInput{
		StreamARN: s.summary(stream).StreamARN, ConsumerName: &name, Tags: map[string]string{"by": "suite"},
	})
	s.must(err)
	return out.Consumer
}

func (s *suite) describeConsumer(in kinesis.DescribeStreamConsumerInput) (*types.ConsumerDescription, error) {
	out, err := s.api.DescribeStreamConsumer(s.Context(), &in)
	if err != nil {
		return nil, err
	}
	return out.ConsumerDescription, nil
}

func (s *suite) consumers() {
	s.run("register, describe and deregister", (*suite).oneConsumer)
	s.run("listed page by page", (*suite).listConsumers)
	s.run("20 at most", func(s *suite) {
		name := s.stream(1)
		for i := range 20 {
			s.register(name, fmt.Sprint(i))
		}
		_, err := s.api.RegisterStreamConsumer(s.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: s.summary(name).StreamARN, ConsumerName: aws.String("more")}, once)
		s.wantError(err, limitExceeded, name)
		s.equal(*s.summary(name).ConsumerCount, int32(20))
	})
	s.run("keep their stream", func(s *suite) {
		name := s.stream(1)
		s.register(name, "keeper")
		_, err := s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamName: &name})
		s.wantError(err, inUse, name)
		_, err = s.api.DeleteStream(s.Context(), &kinesis.DeleteStreamInput{StreamName: &name, EnforceConsumerDeletion: aws.Bool(true)})
		s.must(err)
	})
}

func (s *suite) oneConsumer() {
	stream := s.stream(1)
	arn := s.summary(stream).StreamARN
	first := s.register(stream, "app")
	s.equal(*first.ConsumerName, "app")
	s.equal(strings.HasPrefix(*first.ConsumerARN, *arn+"/consumer/app:"), true)
	s.equal(first.ConsumerStatus, types.ConsumerStatusActive)
	s.equal(s.tagsOf(first.ConsumerARN), "by=suite")
	for _, in := range []kinesis.DescribeStreamConsumerInput{
		{ConsumerARN: first.ConsumerARN}, {StreamARN: arn, ConsumerName: aws.String("app")},
	} {
		d, err := s.describeConsumer(in)
		s.must(err)
		s.equal(*d.ConsumerARN+*d.StreamARN+*d.ConsumerName, *first.ConsumerARN+*arn+"app")
		s.equal(d.ConsumerCreationTimestamp.Equal(*first.ConsumerCreationTimestamp), true)
	}
	_, err := s.api.RegisterStreamConsumer(s.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("app")})
	s.wantError(err, inUse, "app")

	_, err = s.api.DeregisterStreamConsumer(s.Context(), &kinesis.DeregisterStreamConsumerInput{ConsumerARN: first.ConsumerARN})
	s.must(err)
	again := s.register(stream, "app")
	s.equal(*again.ConsumerARN != *first.ConsumerARN, true)
	_, err = s.describeConsumer(kinesis.DescribeStreamConsumerInput{ConsumerARN: first.ConsumerARN})
	s.wantError(err, notFound, *first.ConsumerARN)
	_, err = s.api.DeregisterStreamConsumer(s.Context(), &kinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("app")})
	s.must(err)
	_, err = s.api.DeregisterStreamConsumer(s.Context(), &kinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("app")})
	s.wantError(err, notFound, "app")
	_, err = s.describeConsumer(kinesis.DescribeStreamConsumerInput{StreamARN: arn})
	s.wantError(err, invalidArgument, "ConsumerARN")
	_, err = s.describeConsumer(kinesis.DescribeStreamConsumerInput{ConsumerARN: arn})
	s.wantError(err, validation, "at 'consumerARN' failed to satisfy constraint: Member must satisfy regular expression pattern: ")
}

func (s *suite) listConsumers() {
	stream := s.stream(1)
	arn := s.summary(stream).StreamARN
	for _, name := range []string{"c", "a", "e", "b", "d"} {
		s.register(stream, name)
	}
	for _, size := range []int32{1, 2, 100} {
		names, in := "", &kinesis.ListStreamConsumersInput{StreamARN: arn, MaxResults: &size}
		for more := true; more; {
			out, err := s.api.ListStreamConsumers(s.Context(), in)
			s.must(err)
			s.equal(len(out.Consumers) <= int(size), true)
			for _, c := range out.Consumers {
				names += *c.ConsumerName
			}
			in.NextToken, more = out.NextToken, out.NextToken != nil
		}
		s.equal(names, "abcde")
	}
	_, err := s.api.ListStreamConsumers(s.Context(), &kinesis.ListStreamConsumersInput{StreamARN: arn, NextToken: aws.String("none")})
	s.wantError(err, invalidArgument, "NextToken")
	_, err = s.api.ListStreamConsumers(s.Context(), &kinesis.ListStreamConsumersInput{StreamARN: arn, StreamCreationTimestamp: aws.Time(time.Unix(1, 0))})
	s.wantError(err, notFound, stream)
	out, err := s.api.ListStreamConsumers(s.Context(), &kinesis.ListStreamConsumersInput{StreamARN: arn, StreamCreationTimestamp: s.summary(stream).StreamCreationTimestamp})
	s.must(err)
	s.equal(len(out.Consumers), 5)
}
