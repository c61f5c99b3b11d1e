package apigw

import "github.com/prometheus/client_golang/prometheus"

// Counters are what the door counts.
type Counters struct {
	events  *prometheus.CounterVec
	invalid *prometheus.CounterVec
}

// NewCounters returns the counters, registered with reg unless that is nil.
func NewCounters(reg prometheus.Registerer) *Counters {
	c := &Counters{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "streamgauge_door_events_total",
			Help: "Events that came to the door, by what became of them: accepted (durable on the stream), invalid, retry (could not be written).",
		}, []string{"status"}),
		invalid: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "streamgauge_door_invalid_total",
			Help: "Faults found in events at the door, by code.",
		}, []string{"code"}),
	}
	if reg != nil {
		reg.MustRegister(c.events, c.invalid)
	}
	return c
}

func (c *Counters) event(r *eventResult) {
	c.events.WithLabelValues(r.Status).Inc()
	for _, e := range r.Errors {
		c.invalid.WithLabelValues(e.Code).Inc()
	}
}
