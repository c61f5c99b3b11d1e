package mapping

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// deliver invokes the function with the records, and with the same ones again after a failure, until they are done or given
// up, and moves the checkpoint. What is left after a partial success is a batch of its own: its attempts are counted anew.
//
// After the end of ctx no further invocation begins; the error says what was left.
func (s *shard) deliver(ctx, work context.Context, records []types.Record) error {
	for attempt := 1; ; attempt++ {
		done, failure := s.invoke(work, records, attempt)
		if done > 0 {
			if err := s.save(work, after(aws.ToString(records[done-1].SequenceNumber))); err != nil {
				return err
			}
			records, attempt = records[done:], 0
		}
		if len(records) == 0 {
			return nil
		}
		if s.exhausted(attempt) {
			return s.discard(ctx, work, records, attempt, failure)
		}
		if functionBackoff.sleep(ctx, attempt) != nil {
			return fmt.Errorf("%d records from %s on were not done: %w", len(records), aws.ToString(records[0].SequenceNumber), failure)
		}
	}
}

func (s *shard) exhausted(attempts int) bool {
	retries := *s.cfg.MaximumRetryAttempts
	return retries >= 0 && attempts > retries
}

// invoke is one invocation: how many records, from the first, are done, and why not all of them.
func (s *shard) invoke(work context.Context, records []types.Record, attempt int) (done int, _ error) {
	began := time.Now()
	age := began.Sub(aws.ToTime(records[len(records)-1].ApproximateArrivalTimestamp))
	s.board.invoking(s.id, attempt, age)

	response, err := s.call(work, s.batcher.event(records))
	done, err = judge(records, response, err)

	s.board.invoked(s.id, err)
	s.cfg.Events.Invoked(Invocation{
		ShardID: s.id, Records: len(records), Done: done, Attempt: attempt,
		Duration: time.Since(began), IteratorAge: age, Err: err,
	})
	return done, err
}

// PanicError is the error of an invocation whose function panicked.
type PanicError struct {
	Value any    // of the panic
	Stack []byte // as debug.Stack writes it
}

func (e *PanicError) Error() string { return fmt.Sprintf("function panicked: %v", e.Value) }

// call calls the function within its time limit.
func (s *shard) call(work context.Context, e events.KinesisEvent) (_ events.KinesisEventResponse, err error) {
	ctx, cancel := context.WithTimeout(work, s.cfg.FunctionTimeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return s.cfg.Function(ctx, e)
}

// discard hands over what is given up, and moves the checkpoint past it.
func (s *shard) discard(ctx, work context.Context, records []types.Record, attempts int, failure error) error {
	d := Discard{
		ShardID:             s.id,
		FirstSequenceNumber: aws.ToString(records[0].SequenceNumber),
		LastSequenceNumber:  aws.ToString(records[len(records)-1].SequenceNumber),
		Attempts:            attempts,
		Err:                 failure,
		Event:               s.batcher.event(records),
	}
	for failures := 1; ; failures++ {
		err := s.cfg.OnDiscard(work, d)
		if err == nil {
			s.board.discarded(s.id)
			return s.save(work, after(d.LastSequenceNumber))
		}
		err = fmt.Errorf("discard %d records from %s on: %w", len(records), d.FirstSequenceNumber, err)
		s.failed(err)
		if callBackoff.sleep(ctx, failures) != nil {
			return err
		}
	}
}
