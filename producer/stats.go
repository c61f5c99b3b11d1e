package producer

import "time"

// Stats is what a producer has done, as of one moment. Events are items. At every moment, the items taken so far are
// Events + Failed + Pending.
type Stats struct {
	// Totals since New.
	Events   uint64 // items delivered
	Records  uint64 // records delivered
	Bytes    uint64 // of delivered records: keys, data, and the newlines of packing
	Failed   uint64 // items that were taken and not delivered
	Requests uint64 // PutRecords calls made
	Retries  uint64 // records sent again, once for each time

	Throttled    uint64        // records refused because the stream's throughput was exceeded, once for each time
	RequestTime  time.Duration // of all calls that have ended, added up
	ShardLookups uint64        // how often the shards were asked for
	Replayed     uint64        // items that the spool had kept from an earlier run
	SpoolErrors  uint64        // times that the spool could not note a result: those items come again after a restart

	// The state now.
	InFlight      int   // PutRecords calls
	Limit         int   // how many of them there may be
	Pending       int   // items taken and not resolved
	BufferedBytes int64 // what they take of Options.Buffer
	Shards        int   // open ones, as far as they are known; 0 if they are not
	SpoolBytes    int64 // of the spool's files
}

// Stats returns a snapshot.
func (p *Producer) Stats() Stats {
	p.mu.Lock()
	s := p.stats
	s.Limit = p.queue.limit()
	p.mu.Unlock()
	if p.spool != nil {
		s.SpoolBytes = p.spool.Size()
	}
	return s
}

func (s *Stats) resolved(r *record, leads bool) {
	s.Pending -= r.items
	s.BufferedBytes -= r.cost
	if r.result.Err != nil {
		s.Failed += uint64(r.items)
	} else {
		s.Events += uint64(r.items)
	}
	if leads && (r.result.Err == nil || r.result.ShardID != "") {
		s.Records++
		s.Bytes += uint64(r.size)
	}
}
