package mapping

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// ErrThrottled is what a Function's error wraps to say that it was not invoked for want of capacity, or that what it depends on is down. The
// same records are delivered again after a backoff; no attempt is used up and nothing is bisected, however often that happens.
// Only their age ends it.
var ErrThrottled = errors.New("throttled")

// deliver invokes the function with the records until all are done or given up, and moves the checkpoint.
//
// After the end of ctx no further invocation begins; the error says what was left.
func (s *shard) deliver(ctx, work context.Context, records []types.Record) error {
	// What is to be delivered, the next batch last. Halves are put back here, so that order holds.
	stack := [][]types.Record{records}
	again := false // a half is a part of what was delivered before
	for len(stack) > 0 {
		top := len(stack) - 1
		batch := stack[top]
		stack = stack[:top]
		rest, err := s.deliverBatch(ctx, work, batch, again)
		if err != nil {
			return fmt.Errorf("%d records from %s on were not done: %w", count(stack)+len(rest), first(rest), err)
		}
		if len(rest) > 0 {
			again = true
			s.cfg.Events.Bisected(s.id)
			half := len(rest) / 2
			stack = append(stack, rest[half:], rest[:half])
		}
	}
	return nil
}

func count(stack [][]types.Record) (n int) {
	for _, batch := range stack {
		n += len(batch)
	}
	return n
}

func first(records []types.Record) string {
	if len(records) == 0 {
		return "none"
	}
	return aws.ToString(records[0].SequenceNumber)
}

// deliverBatch delivers one batch, again and again with the same records, until they are done or given up, or until it is to be
// halved: then it returns what is left of it. What is left after a partial success is a batch of its own: its attempts are
// counted anew. An error comes with what is left, too.
func (s *shard) deliverBatch(ctx, work context.Context, records []types.Record, again bool) (rest []types.Record, _ error) {
	var last failure
	for attempts, pauses := 0, 0; ; {
		var err error
		if records, err = s.discardExpired(ctx, work, records, attempts, last); err != nil || len(records) == 0 {
			return records, err
		}
		var done int
		done, last = s.invoke(work, records, attempts+1, again)
		again = true
		if done > 0 {
			if err := s.finish(work, records[:done]); err != nil {
				return records, err
			}
			records, attempts, pauses = records[done:], 0, 0
			if len(records) == 0 {
				return nil, nil
			}
		} else if last.kind != throttled {
			attempts++
		}
		if done == 0 && last.kind == broken && s.cfg.BisectBatchOnFunctionError && len(records) > 1 {
			return records, pause(ctx, 1, last.err)
		}
		if s.exhausted(attempts) {
			if err := s.discard(ctx, work, RetryAttemptsExhausted, records, attempts, last); err != nil {
				return records, err
			}
			return nil, nil
		}
		pauses++
		if err := pause(ctx, pauses, last.err); err != nil {
			return records, err
		}
	}
}

// pause spaces two deliveries. Its error is that of the last one, where none is to follow.
func pause(ctx context.Context, n int, failure error) error {
	if functionBackoff.sleep(ctx, n) != nil {
		return failure
	}
	return nil
}

func (s *shard) exhausted(attempts int) bool {
	retries := *s.cfg.MaximumRetryAttempts
	return retries >= 0 && attempts > retries
}

// failure is why not all records of a batch are done.
type failure struct {
	kind failureKind
	err  error
}

type failureKind uint8

const (
	broken    failureKind = iota + 1 // the function failed, or gave an answer that means so
	reported                         // it named records
	throttled                        // it was not invoked
)

// invoke is one invocation: how many records, from the first, are done, and why not all of them.
func (s *shard) invoke(work context.Context, records []types.Record, attempt int, again bool) (done int, _ failure) {
	began := time.Now()
	arrival := aws.ToTime(records[len(records)-1].ApproximateArrivalTimestamp)
	age := began.Sub(arrival)
	s.board.invoking(s.id, attempt, arrival, age)

	response, err := s.call(work, s.batcher.event(records))
	done, f := s.judge(records, response, err)

	s.board.invoked(s.id, f.err)
	s.cfg.Events.Invoked(Invocation{
		ShardID: s.id, Records: len(records), Bytes: size(records), Done: done, Attempt: attempt, Again: again,
		Duration: time.Since(began), IteratorAge: age, Err: f.err, Reported: f.kind == reported,
	})
	return done, f
}

func size(records []types.Record) (bytes int) {
	for i := range records {
		bytes += len(records[i].Data)
	}
	return bytes
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
