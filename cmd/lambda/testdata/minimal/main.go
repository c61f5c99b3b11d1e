// Command minimal is what a start of the bootstrap is compared with: a function that does nothing, with the same clients linked in.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

func main() {
	if os.Getenv("NEVER") != "" { // keeps the linker from leaving the calls out
		ctx := context.Background()
		d := dynamodb.New(dynamodb.Options{})
		_, _ = d.PutItem(ctx, nil)
		_, _ = d.GetItem(ctx, nil)
		_, _ = d.DeleteItem(ctx, nil)
		_, _ = d.Query(ctx, nil)
		_, _ = d.BatchGetItem(ctx, nil)
		k := kinesis.New(kinesis.Options{})
		_, _ = k.PutRecords(ctx, nil)
		_, _ = k.ListShards(ctx, nil)
		_, _ = k.GetShardIterator(ctx, nil)
		_, _ = k.GetRecords(ctx, nil)
		_, _ = sns.New(sns.Options{}).Publish(ctx, nil)
		b := s3.New(s3.Options{})
		_, _ = b.GetObject(ctx, nil)
		_, _ = b.DeleteObject(ctx, nil)
		_, _ = b.ListObjectsV2(ctx, nil)
		q := sqs.New(sqs.Options{})
		_, _ = q.ReceiveMessage(ctx, nil)
		_, _ = q.DeleteMessage(ctx, nil)
		s := ssm.New(ssm.Options{})
		_, _ = s.GetParameter(ctx, nil)
		_, _ = s.PutParameter(ctx, nil)
	}
	lambda.Start(func(context.Context) (string, error) { return "done", nil })
}
