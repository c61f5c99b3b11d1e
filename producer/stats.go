package producer

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

	// The state now.
	InFlight      int   // PutRecords calls
	Pending       int   // items taken and not resolved
	BufferedBytes int64 // what they take of Options.Buffer
}

// Stats returns a snapshot.
func (p *Producer) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

func (s *Stats) resolved(r *record) {
	s.Pending -= r.items
	s.BufferedBytes -= int64(r.cost())
	if r.result.Err != nil {
		s.Failed += uint64(r.items)
		return
	}
	s.Events += uint64(r.items)
	s.Records++
	s.Bytes += uint64(r.size)
}
