package apigw

import "github.com/prometheus/client_golang/prometheus"

// Counters are what the door counts.
type Counters struct {
	accepted, invalid, retry prometheus.Counter
	faults                   *prometheus.CounterVec
}

// NewCounters returns the counters, registered with reg unless that is nil.
func NewCounters(reg prometheus.Registerer) *Counters {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "streamgauge_door_events_total",
		Help: "Events that came to the door, by what became of them: accepted (durable on the stream), invalid, retry (could not be written).",
	}, []string{"status"})
	faults := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "streamgauge_door_invalid_total",
		Help: "Faults found in events at the door, by code.",
	}, []string{"code"})
	if reg != nil {
		reg.MustRegister(events, faults)
	}
	return &Counters{
		accepted: events.WithLabelValues(statusAccepted), invalid: events.WithLabelValues(statusInvalid), retry: events.WithLabelValues(statusRetry),
		faults: faults,
	}
}

// request counts the events of a request, of which so many were accepted.
func (c *Counters) request(results []eventResult, accepted int) {
	c.accepted.Add(float64(accepted))
	if accepted == len(results) {
		return
	}
	for i := range results {
		switch results[i].Status {
		case statusInvalid:
			c.invalid.Inc()
		case statusRetry:
			c.retry.Inc()
		}
		for _, e := range results[i].Errors {
			c.faults.WithLabelValues(e.Code).Inc()
		}
	}
}
