package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/consumer/mapping"
)

// consumerMeters are what the consumer is measured by.
type consumerMeters struct {
	copies      *prometheus.CounterVec
	batches     *prometheus.HistogramVec
	iteratorAge *prometheus.GaugeVec
	failures    *prometheus.CounterVec
}

func newConsumerMeters(reg prometheus.Registerer) *consumerMeters {
	m := &consumerMeters{
		copies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "streamgauge_copies_total",
			Help: "Copies of events that left the stream, by outcome; redelivered ones had their outcome before.",
		}, []string{"outcome"}),
		batches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "streamgauge_batch_duration_seconds",
			Help:    "How long the consumer took for a batch of records.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16), NativeHistogramBucketFactor: 1.1,
		}, []string{"shard"}),
		iteratorAge: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "streamgauge_iterator_age_seconds",
			Help: "How long ago the last record of the last batch came into the stream when the batch was begun.",
		}, []string{"shard"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "streamgauge_batch_failures_total",
			Help: "Batches that were not done and are delivered again.",
		}, []string{"shard"}),
	}
	reg.MustRegister(m.copies, m.batches, m.iteratorAge, m.failures)
	return m
}

func (m *consumerMeters) slice(r consumer.Report) {
	for _, l := range r.Tally {
		m.copies.WithLabelValues("counted").Add(float64(l.Counted))
		m.copies.WithLabelValues("duplicate").Add(float64(l.Duplicate))
		m.copies.WithLabelValues("bot").Add(float64(l.Bot))
		m.copies.WithLabelValues("late").Add(float64(l.Late))
		m.copies.WithLabelValues("quarantined").Add(float64(l.Quarantined))
		m.copies.WithLabelValues("redelivered").Add(float64(l.Redelivered))
	}
}

func (m *consumerMeters) invocation(i mapping.Invocation) {
	m.batches.WithLabelValues(i.ShardID).Observe(i.Duration.Seconds())
	m.iteratorAge.WithLabelValues(i.ShardID).Set(i.IteratorAge.Seconds())
	if i.Err != nil {
		m.failures.WithLabelValues(i.ShardID).Inc()
	}
}

// doorMeters are what the front door is measured by.
type doorMeters struct {
	accepted, invalid, retry prometheus.Counter
	faults                   *prometheus.CounterVec
}

func newDoorMeters(reg prometheus.Registerer) *doorMeters {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "streamgauge_door_events_total",
		Help: "Events that came to the door, by what became of them: accepted (durable on the stream), invalid, retry (could not be written).",
	}, []string{"status"})
	faults := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "streamgauge_door_invalid_total",
		Help: "Faults found in events at the door, by code.",
	}, []string{"code"})
	reg.MustRegister(events, faults)
	return &doorMeters{
		accepted: events.WithLabelValues("accepted"), invalid: events.WithLabelValues("invalid"), retry: events.WithLabelValues("retry"),
		faults: faults,
	}
}

// Events implements apigw.Counters.
func (m *doorMeters) Events(accepted, invalid, retry int) {
	m.accepted.Add(float64(accepted))
	m.invalid.Add(float64(invalid))
	m.retry.Add(float64(retry))
}

// Fault implements apigw.Counters.
func (m *doorMeters) Fault(code string) { m.faults.WithLabelValues(code).Inc() }
