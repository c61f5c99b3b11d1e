package dynamo

import (
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Consumed is what a store has used since it was made.
type Consumed struct {
	Requests  uint64  // attempts, also those that failed
	Retries   uint64  // attempts that followed another of the same call
	Throttled uint64  // attempts that were refused for the load
	Read      float64 // read request units: 4 KB read consistently, 8 KB otherwise
	Written   float64 // write request units: 1 KB
}

type meters struct {
	requests, retries, throttled atomic.Uint64
	halfReads, written           atomic.Uint64 // read units come in halves
}

// Consumed returns the sums so far. The units are those that the service reports with each answer; of an answer that was lost nobody knows.
func (s *Store) Consumed() Consumed {
	m := &s.meters
	return Consumed{
		Requests: m.requests.Load(), Retries: m.retries.Load(), Throttled: m.throttled.Load(),
		Read: float64(m.halfReads.Load()) / 2, Written: float64(m.written.Load()),
	}
}

func (m *meters) note(f fate) {
	m.requests.Add(1)
	if f == refused {
		m.throttled.Add(1)
	}
}

func (m *meters) read(c ...types.ConsumedCapacity) {
	for i := range c {
		m.halfReads.Add(uint64(2 * unitsOf(&c[i])))
	}
}

func (m *meters) write(c *types.ConsumedCapacity) { m.written.Add(uint64(unitsOf(c))) }

func unitsOf(c *types.ConsumedCapacity) float64 {
	if c == nil || c.CapacityUnits == nil {
		return 0
	}
	return *c.CapacityUnits
}
