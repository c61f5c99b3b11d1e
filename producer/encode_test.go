package producer

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http"
)

// sentBy returns the request that the SDK would send.
func sentBy(t *testing.T, in *kinesis.PutRecordsInput, opts ...func(*kinesis.Options)) (header map[string][]string, size int64, body []byte) {
	t.Helper()
	c := kinesis.New(kinesis.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "thing", "")}, kinesis.WithAPIOptions(func(s *middleware.Stack) error {
		return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("look", func(_ context.Context, in middleware.FinalizeInput, _ middleware.FinalizeHandler) (out middleware.FinalizeOutput, m middleware.Metadata, err error) {
			req := in.Request.(*http.Request)
			header, size = req.Header, req.ContentLength
			body, err = io.ReadAll(req.GetStream())
			out.Result = &kinesis.PutRecordsOutput{}
			return out, m, err
		}), middleware.Before)
	}))
	if _, err := c.PutRecords(t.Context(), in, opts...); err != nil {
		t.Fatal(err)
	}
	return header, size, body
}

// What is sent is what the SDK would send by itself: the same headers, and a body that says the same.
func TestBodyIsThatOfTheSDK(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	keys := []string{"shop.example/v-1", `with "quotes" and \\`, "Grüße\u2028", "a\tb", "<&>", "\x7f"}
	for range 50 {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("clicks")}
		for range 1 + rnd.IntN(20) {
			data := make([]byte, 1+rnd.IntN(3000))
			for i := range data {
				data[i] = byte(rnd.Uint32())
			}
			r := types.PutRecordsRequestEntry{Data: data, PartitionKey: &keys[rnd.IntN(len(keys))]}
			if rnd.IntN(4) == 0 {
				r.ExplicitHashKey = aws.String("170141183460469231731687303715884105728")
			}
			in.Records = append(in.Records, r)
		}
		if rnd.IntN(5) == 0 {
			in.StreamARN = aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/clicks")
		}
		header, _, want := sentBy(t, in, oneAttempt)
		ours, size, got := sentBy(t, in, sizedCall)
		var a, b any
		if err := json.Unmarshal(want, &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &b); err != nil {
			t.Fatalf("seed %d: %v: %s", seed, err, got)
		}
		if !reflect.DeepEqual(a, b) || size != int64(len(got)) {
			t.Fatalf("seed %d: %d bytes:\n%s, want\n%s", seed, size, got, want)
		}
		for _, name := range []string{"Content-Type", "X-Amz-Target", "X-Amzn-Query-Mode"} {
			if !reflect.DeepEqual(header[name], ours[name]) {
				t.Fatalf("seed %d: %s is %v, want %v", seed, name, ours[name], header[name])
			}
		}
	}
}

// The body has its size at once.
func TestBodyIsMadeOnce(t *testing.T) {
	in := &kinesis.PutRecordsInput{StreamName: aws.String("clicks")}
	for range 50 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: make([]byte, 5000), PartitionKey: aws.String("shop.example/v-1")})
	}
	if n := testing.AllocsPerRun(10, func() { encode(in) }); n != 1 {
		t.Errorf("%v allocations", n)
	}
}
