package producer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Code says for machines why an item was not delivered.
type Code string

// The codes. Those of the second group are worth another try later; sending those of the first again gives the same answer.
const (
	Invalid  Code = "invalid"   // the item breaks a rule of Item
	TooLarge Code = "too_large" // the item is larger than a record may be
	Refused  Code = "refused"   // Kinesis refused it in a way that no retry cures (no such stream, no permission …)

	Throttled   Code = "throttled"   // the stream's throughput was exceeded until the attempts or the time ran out
	Unavailable Code = "unavailable" // failures, timeouts or lost connections until the attempts or the time ran out
	Full        Code = "full"        // the buffer had no room
	Closed      Code = "closed"      // the producer was closed
	Canceled    Code = "canceled"    // the caller's context ended before the result was known
	Unspooled   Code = "unspooled"   // the spool could not be written
	Misplaced   Code = "misplaced"   // see ErrMisplaced
)

// The errors that a caller tells apart with errors.Is.
var (
	ErrFull     = errors.New("producer: buffer is full")
	ErrClosed   = errors.New("producer: closed")
	ErrTooLarge = errors.New("producer: item too large")
	ErrInvalid  = errors.New("producer: invalid item")

	// ErrMisplaced can only happen with AggregateShards, in the moment of a reshard: the item is on the stream, but on another shard than that
	// of its partition key. Consumers built on the KCL pass over it; those of this product count it. The producer does not put a
	// second copy there by itself.
	ErrMisplaced = errors.New("producer: stored on another shard than that of its key")
)

// Error is why an item was not delivered. After Throttled, Unavailable, Canceled and Closed it may be on the stream all the same:
// an answer may have been lost. Sending it again with the same event id is safe.
type Error struct {
	Code     Code
	Attempts int   // PutRecords calls that carried it
	Err      error // the last cause: one of the sentinels, an error of the SDK, or the context's
}

// Error describes the failure for people.
func (e *Error) Error() string {
	if e.Attempts == 0 {
		return fmt.Sprintf("put on stream (%s): %v", e.Code, e.Err)
	}
	return fmt.Sprintf("put on stream (%s after %d attempts): %v", e.Code, e.Attempts, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of an error of this package, or "" for every other error and for nil.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// UndeliveredError is what Close returns when items that had been taken were not delivered.
type UndeliveredError struct {
	Count   int    // items
	Spooled int    // of them, those that the spool keeps for the next start
	Items   []Item // all of them, the items of one partition key in their order; copies that belong to the caller
	Err     error  // why Close did not wait longer, or nil if every item had its attempts
}

// Error describes the loss for people.
func (e *UndeliveredError) Error() string {
	text := fmt.Sprintf("close producer: %d items not delivered", e.Count)
	if e.Spooled > 0 {
		text += fmt.Sprintf(", %d of them kept in the spool", e.Spooled)
	}
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	return text
}

// add notes the items of a record that was not delivered.
func (e *UndeliveredError) add(r *record) {
	for p := r.head; p != nil; p = p.next {
		e.Items = append(e.Items, Item{PartitionKey: r.lane.key, Data: bytes.Clone(p.data)})
		if p.spool > 0 && keeps(r.result) {
			e.Spooled++
		}
	}
	e.Count = len(e.Items)
}

// Unwrap returns why Close did not wait longer.
func (e *UndeliveredError) Unwrap() error { return e.Err }

func canceled(ctx context.Context) *Error { return &Error{Code: Canceled, Err: context.Cause(ctx)} }
