package mapping

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// reader walks along one shard. It keeps its place over expired iterators and failed calls.
type reader struct {
	kinesis Kinesis
	waiter  Waiter // nil: poll
	poll    time.Duration
	gather  time.Duration
	busy    time.Duration // in place of gather, after a read of BusyRead records
	batch   int           // records
	limit   int32         // of records in a read: where reads are not rationed, no more is held in memory than is delivered next
	stream  string
	shardID string

	place    position // behind the last record read
	iterator *string  // at place; nil: none
	ended    bool     // the shard is closed and read to its end
	empty    bool     // the last read had no records, and is still worth something
	behind   time.Duration
	next     time.Time // not to be read again before: records are gathered
}

func newReader(c Config, shardID string, start position) *reader {
	r := &reader{kinesis: c.Kinesis, poll: c.PollInterval, gather: c.Gather, busy: c.BusyGather, batch: c.BatchSize, limit: maxGetRecords, stream: c.StreamName, shardID: shardID, place: start}
	if r.waiter, _ = c.Kinesis.(Waiter); r.waiter != nil {
		r.limit = int32(c.BatchSize)
	}
	return r
}

// read makes one GetRecords call. It does not wait for records. After an error it can be called again.
func (r *reader) read(ctx context.Context) ([]types.Record, error) {
	if err := r.seek(ctx); err != nil {
		return nil, err
	}
	out, err := r.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: r.iterator, Limit: &r.limit})
	if err != nil {
		r.forgetIfExpired(err)
		return nil, err
	}
	r.advance(out)
	return out.Records, nil
}

// seek gets an iterator if there is none.
func (r *reader) seek(ctx context.Context) error {
	if r.iterator != nil || r.ended {
		return nil
	}
	out, err := r.kinesis.GetShardIterator(ctx, r.place.input(r.stream, r.shardID))
	if err != nil {
		return err
	}
	r.iterator, r.place = out.ShardIterator, r.place.settled()
	return nil
}

func (r *reader) advance(out *kinesis.GetRecordsOutput) {
	r.next = time.Time{}
	if n := len(out.Records); n > 0 {
		r.place = after(aws.ToString(out.Records[n-1].SequenceNumber))
		if n < r.batch {
			r.next = time.Now().Add(r.pause(n))
		}
	}
	r.iterator = out.NextShardIterator
	r.ended = r.iterator == nil
	r.empty = len(out.Records) == 0
	r.behind = time.Duration(aws.ToInt64(out.MillisBehindLatest)) * time.Millisecond
}

// BusyRead is how many records tell a busy shard from a trickle.
const BusyRead = 32

// pause is how long after a read that brought n records, less than a batch, others gather.
func (r *reader) pause(n int) time.Duration {
	if n >= BusyRead {
		return r.busy
	}
	return r.gather
}

func (r *reader) forgetIfExpired(err error) {
	if isExpiredIterator(err) {
		r.iterator = nil
	}
}

// atTip reports whether the last read found nothing, and nothing was left to find.
func (r *reader) atTip() bool { return r.empty && r.behind == 0 && !r.ended }

const (
	longestWait  = 5 * time.Second        // an iterator expires after 5 minutes; and who asks how far a shard was read wants to know that it is idle
	readDistance = 200 * time.Millisecond // a shard allows 5 reads a second
)

// wait returns when it may be worth to read again, and at the latest when ctx ends. An early return does no harm, so a
// Waiter's error is the next read's to find, but for the pause.
func (r *reader) wait(ctx context.Context) {
	switch {
	case r.iterator == nil:
	case r.behind > 0:
		if r.empty { // Kinesis searches on; ask again without haste
			_ = sleep(ctx, readDistance)
		}
	case r.waiter == nil:
		_ = sleep(ctx, r.poll)
	case r.empty:
		r.waitForRecords(ctx)
	default: // records were read: let others gather
		if rest := time.Until(r.next); rest > 0 {
			_ = sleep(ctx, rest)
		}
	}
}

func (r *reader) waitForRecords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	if err := r.waiter.WaitForRecords(ctx, *r.iterator); err != nil && ctx.Err() == nil {
		r.forgetIfExpired(err)
		_ = sleep(ctx, r.poll)
	}
}
