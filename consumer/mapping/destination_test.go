package mapping

import (
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// The record of Lambda's documentation, from a discard like the one that it is about.
func TestDestinationRecord(t *testing.T) {
	d := Discard{
		Condition: RetryAttemptsExhausted, RequestID: "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
		FunctionARN: "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
		StreamARN:   "arn:aws:kinesis:us-east-2:123456789012:stream/mystream", ShardID: "shardId-000000000001",
		FirstSequenceNumber: "49601189658422359378836298521827638475320189012309704722",
		LastSequenceNumber:  "49601189658422359378836298522902373528957594348623495186",
		FirstArrival:        time.Date(2019, 11, 14, 0, 38, 4, 835e6, time.UTC), LastArrival: time.Date(2019, 11, 14, 0, 38, 5, 580e6, time.UTC),
		At: time.Date(2019, 11, 14, 0, 38, 6, 21e6, time.UTC), Attempts: 1, Err: errFunction,
		Event: events.KinesisEvent{Records: make([]events.KinesisEventRecord, 500)},
	}
	const want = `{"requestContext":{"requestId":"c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",` +
		`"functionArn":"arn:aws:lambda:us-east-2:123456789012:function:myfunction","condition":"RetryAttemptsExhausted","approximateInvokeCount":1},` +
		`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"version":"1.0","timestamp":"2019-11-14T00:38:06.021Z",` +
		`"KinesisBatchInfo":{"shardId":"shardId-000000000001","startSequenceNumber":"49601189658422359378836298521827638475320189012309704722",` +
		`"endSequenceNumber":"49601189658422359378836298522902373528957594348623495186","approximateArrivalOfFirstRecord":"2019-11-14T00:38:04.835Z",` +
		`"approximateArrivalOfLastRecord":"2019-11-14T00:38:05.580Z","batchSize":500,"streamArn":"arn:aws:kinesis:us-east-2:123456789012:stream/mystream"}}`
	if got := string(must(d.Record())); got != want {
		t.Errorf("record\n got %s\nwant %s", got, want)
	}
	const key = "aws/lambda/6f0b/shardId-000000000001/2019/11/14/2019-11-14T00.38.06-c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5"
	if got := d.ObjectKey("6f0b"); got != key {
		t.Errorf("key %s, want %s", got, key)
	}
}
