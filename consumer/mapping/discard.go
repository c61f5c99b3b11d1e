package mapping

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"
)

// Condition is why a batch was given up. The texts are Lambda's.
type Condition string

// The conditions.
const (
	RetryAttemptsExhausted Condition = "RetryAttemptsExhausted"
	RecordAgeExceeded      Condition = "RecordAgeExceeded"
)

// Discard is a batch, or a part of one, that was given up.
type Discard struct {
	Condition           Condition
	RequestID           string // a UUID
	FunctionARN         string
	StreamARN           string
	ShardID             string
	FirstSequenceNumber string
	LastSequenceNumber  string
	FirstArrival        time.Time
	LastArrival         time.Time
	At                  time.Time           // when it was given up
	Attempts            int                 // how often these records were delivered as a batch of their own; throttled invocations are none
	Reported            bool                // the last attempt did not fail: it named records
	Err                 error               // of the last attempt; nil where there was none
	Event               events.KinesisEvent // the payload, as it was delivered
}

// discardExpired gives up the records, from the first, that are too old, and returns the others.
func (s *shard) discardExpired(ctx, work context.Context, records []types.Record, attempts int, last failure) ([]types.Record, error) {
	if s.cfg.MaximumRecordAge <= 0 {
		return records, nil
	}
	n := 0
	for n < len(records) && time.Since(aws.ToTime(records[n].ApproximateArrivalTimestamp)) > s.cfg.MaximumRecordAge {
		n++
	}
	if n == 0 {
		return records, nil
	}
	if err := s.discard(ctx, work, RecordAgeExceeded, records[:n], attempts, last); err != nil {
		return records, err
	}
	return records[n:], nil
}

// discard hands over what is given up, and moves the checkpoint past it.
func (s *shard) discard(ctx, work context.Context, why Condition, records []types.Record, attempts int, last failure) error {
	head, tail := records[0], records[len(records)-1]
	d := Discard{
		Condition: why, RequestID: uuid.NewString(), FunctionARN: s.cfg.FunctionARN, StreamARN: s.cfg.StreamARN, ShardID: s.id,
		FirstSequenceNumber: aws.ToString(head.SequenceNumber), FirstArrival: aws.ToTime(head.ApproximateArrivalTimestamp),
		LastSequenceNumber: aws.ToString(tail.SequenceNumber), LastArrival: aws.ToTime(tail.ApproximateArrivalTimestamp),
		At: time.Now(), Attempts: attempts, Reported: last.kind == reported, Err: last.err,
	}
	for failures := 1; ; failures++ {
		d.Event = s.batcher.event(records)
		err := s.cfg.OnDiscard(work, d)
		if err == nil {
			s.board.discarded(s.id)
			s.cfg.Events.Discarded(s.id, why, len(records))
			return s.finish(work, records)
		}
		err = fmt.Errorf("discard %d records from %s on: %w", len(records), d.FirstSequenceNumber, err)
		s.failed(err)
		if callBackoff.sleep(ctx, failures) != nil {
			return err
		}
	}
}
