package apigw

import "time"

// Counters receive what the door counts. They may be called concurrently and must return quickly. What the door is linked into says by
// what they are shown: a Lambda function has no use for a registry of its own, and would pay for it at every start.
type Counters interface {
	// Events is told how many events of a request had each end: accepted (durable on the stream), invalid, retry (could not be written).
	Events(accepted, invalid, retry int)
	// Acked is told how long a request took, from its arrival until events of it were durable.
	Acked(took time.Duration)
	// Fault is told the code of every fault found in an event.
	Fault(code string)
}

// noCounters is for nobody.
type noCounters struct{}

func (noCounters) Events(_, _, _ int)  {}
func (noCounters) Acked(time.Duration) {}
func (noCounters) Fault(string)        {}

// tell counts the events of a request, of which so many were accepted.
func tell(c Counters, results []eventResult, accepted int) {
	invalid, retry := 0, 0
	if accepted < len(results) {
		for i := range results {
			switch results[i].Status {
			case statusInvalid:
				invalid++
			case statusRetry:
				retry++
			}
			for _, e := range results[i].Errors {
				c.Fault(e.Code)
			}
		}
	}
	c.Events(accepted, invalid, retry)
}
