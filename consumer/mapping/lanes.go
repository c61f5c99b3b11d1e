package mapping

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/zeebo/xxh3"
)

// lane is one of the ways on which the batches of a shard go, one behind the other. All records of a partition key take the same
// one, so their order holds whatever the other lanes do.
type lane struct {
	buffer []types.Record // read, and not yet in a batch
	since  time.Time      // when the first of the buffer was read
	busy   bool           // a batch is in hand
}

// delivered says that a lane has nothing in hand any more.
type delivered struct {
	lane *lane
	err  error // what was left undone, and why
}

func newLanes(n int) []*lane {
	lanes := make([]*lane, n)
	for i := range lanes {
		lanes[i] = &lane{}
	}
	return lanes
}

// hold gives records to their lanes. The window of a batch begins with its first record; what an earlier batch left over began
// one when it was read.
func (s *shard) hold(records []types.Record) {
	if len(s.lanes) == 1 {
		s.lanes[0].hold(records)
		return
	}
	for i := range records {
		s.lanes[laneOf(aws.ToString(records[i].PartitionKey), len(s.lanes))].hold(records[i : i+1])
	}
}

func laneOf(partitionKey string, lanes int) int {
	return int(xxh3.HashString(partitionKey) % uint64(lanes))
}

func (l *lane) hold(records []types.Record) {
	if len(records) == 0 {
		return
	}
	if len(l.buffer) == 0 {
		l.since = time.Now()
		l.buffer = records[:len(records):len(records)]
		return
	}
	l.buffer = append(l.buffer, records...)
}

// waiting is how many records are in no batch yet.
func (s *shard) waiting() int {
	n := 0
	for _, l := range s.lanes {
		n += len(l.buffer)
	}
	return n
}

// readAhead bounds how far behind the oldest record in hand the reader goes on, in records: what is done out of order has to be
// remembered, and is delivered again after a crash.
const readAhead = 100_000

// mayRead reports whether there is a use for more records: a lane is free, and the busy ones do not hold too many already.
func (s *shard) mayRead() bool {
	switch {
	case s.reader.ended || s.busy == len(s.lanes):
		return false
	case s.busy == 0:
		return true
	}
	return s.waiting() < len(s.lanes)*s.cfg.BatchSize && s.progress.len() < readAhead
}

// begin starts the delivery of what is due: a batch that is full, has waited long enough, or is the last of the shard.
func (s *shard) begin(ctx, work context.Context) {
	for _, l := range s.lanes {
		if l.busy {
			continue
		}
		n, full := s.batcher.cut(l.buffer)
		if n == 0 || !full && !s.reader.ended && time.Now().Before(l.since.Add(s.cfg.BatchWindow)) {
			continue
		}
		batch := l.buffer[:n:n]
		l.buffer, l.busy = l.buffer[n:], true
		s.busy++
		s.deliveries.Go(func() {
			s.finished <- delivered{l, s.deliver(ctx, work, batch)}
			if cancel := s.interrupt.Load(); cancel != nil {
				(*cancel)()
			}
		})
	}
}

// free takes note that a lane has nothing in hand. An error is only that ctx or work has ended, and join's to tell.
func (s *shard) free(d delivered) {
	d.lane.busy = false
	s.busy--
	s.reader.empty = false // the last read says nothing of the time after the batch
}
