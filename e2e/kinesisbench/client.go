package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	recordsACall = 500
	shards       = 4
	keyBytes     = 36 // a visitor's UUID
)

// client is the SDK, without retries: a failure ends the run.
func (s *server) client() *kinesis.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: &s.url,
		Credentials:  credentials.NewStaticCredentialsProvider("any", "thing", ""),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer:      aws.NopRetryer{},
	})
}

// makeStream makes a stream and waits until it takes records.
func makeStream(ctx context.Context, c *kinesis.Client) (string, error) {
	name := fmt.Sprintf("bench-%08x", rand.Uint32())
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(shards)}); err != nil {
		return "", fmt.Errorf("create stream: %w", err)
	}
	wait := kinesis.NewStreamExistsWaiter(c, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second })
	if err := wait.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, time.Minute); err != nil {
		return "", fmt.Errorf("wait for stream: %w", err)
	}
	return name, nil
}

func deleteStream(ctx context.Context, c *kinesis.Client, name string) error {
	if _, err := c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}); err != nil {
		return fmt.Errorf("delete stream: %w", err)
	}
	return nil
}

// batch is a full PutRecords of records of so many bytes, keys included.
func batch(stream string, bytes int) *kinesis.PutRecordsInput {
	rng := rand.New(rand.NewPCG(1, uint64(bytes)))
	in := &kinesis.PutRecordsInput{StreamName: &stream}
	for range recordsACall {
		data := make([]byte, bytes-keyBytes)
		for i := range data {
			data[i] = byte(' ' + rng.IntN(95))
		}
		key := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<16), rng.IntN(1<<16), rng.Uint64N(1<<48))
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: data})
	}
	return in
}
