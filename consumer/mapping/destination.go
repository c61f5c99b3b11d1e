package mapping

import (
	"encoding/json"
	"fmt"
	"time"
)

// destinationRecord is what Lambda sends to an on-failure destination ("Retain discarded batch records for a Kinesis Data Streams event
// source", AWS Lambda Developer Guide).
type destinationRecord struct {
	RequestContext  requestContext   `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"` // absent where the function was not invoked
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	KinesisBatch    kinesisBatchInfo `json:"KinesisBatchInfo"`
	Payload         string           `json:"payload,omitempty"` // the whole event as JSON; of S3 destinations only
}

type requestContext struct {
	RequestID              string    `json:"requestId"`
	FunctionARN            string    `json:"functionArn"`
	Condition              Condition `json:"condition"`
	ApproximateInvokeCount int       `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"` // absent where the function named records
}

type kinesisBatchInfo struct {
	ShardID             string `json:"shardId"`
	StartSequenceNumber string `json:"startSequenceNumber"`
	EndSequenceNumber   string `json:"endSequenceNumber"`
	FirstArrival        string `json:"approximateArrivalOfFirstRecord"`
	LastArrival         string `json:"approximateArrivalOfLastRecord"`
	BatchSize           int    `json:"batchSize"`
	StreamARN           string `json:"streamArn"`
}

// Record writes the discard as Lambda sends it to SQS and SNS: without the payload.
func (d Discard) Record() ([]byte, error) { return json.Marshal(d.record()) }

// RecordWithPayload writes the discard as Lambda puts it into an S3 bucket: with the whole event, as text.
func (d Discard) RecordWithPayload() ([]byte, error) {
	payload, err := json.Marshal(d.Event)
	if err != nil {
		return nil, fmt.Errorf("encode payload of discard: %w", err)
	}
	r := d.record()
	r.Payload = string(payload)
	return json.Marshal(r)
}

func (d Discard) record() destinationRecord {
	r := destinationRecord{
		RequestContext: requestContext{d.RequestID, d.FunctionARN, d.Condition, d.Attempts},
		Version:        "1.0",
		Timestamp:      instant(d.At),
		KinesisBatch: kinesisBatchInfo{
			ShardID: d.ShardID, StartSequenceNumber: d.FirstSequenceNumber, EndSequenceNumber: d.LastSequenceNumber,
			FirstArrival: instant(d.FirstArrival), LastArrival: instant(d.LastArrival),
			BatchSize: len(d.Event.Records), StreamARN: d.StreamARN,
		},
	}
	if d.Attempts > 0 {
		r.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: "$LATEST"}
		if !d.Reported {
			r.ResponseContext.FunctionError = "Unhandled"
		}
	}
	return r
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ObjectKey is the name under which Lambda puts the record into a bucket, for a mapping with that UUID.
func (d Discard) ObjectKey(mappingID string) string {
	at := d.At.UTC()
	return fmt.Sprintf("aws/lambda/%s/%s/%s/%s-%s", mappingID, d.ShardID, at.Format("2006/01/02"), at.Format("2006-01-02T15.04.05"), d.RequestID)
}
