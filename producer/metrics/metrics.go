package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/producer"
)

// Source is what the figures come from; *producer.Producer is one.
type Source interface{ Stats() producer.Stats }

// Collector is a prometheus.Collector of one producer.
type Collector struct {
	source   Source
	figures  []figure
	requests *prometheus.Desc
}

// figure is one of the producer's, as it is shown.
type figure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(s *producer.Stats) float64
}

// New returns a collector of a producer. The labels are added to everything, so that several producers can be told apart: for example
// {"stream": "clicks"}.
func New(source Source, labels prometheus.Labels) *Collector {
	c := &Collector{source: source}
	name := func(s string) string { return prometheus.BuildFQName("streamgauge", "producer", s) }
	add := func(kind prometheus.ValueType, n, help string, value func(*producer.Stats) float64) {
		c.figures = append(c.figures, figure{prometheus.NewDesc(name(n), help, nil, labels), kind, value})
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add(counter, "events_total", "Events that the stream acknowledged.", func(s *producer.Stats) float64 { return float64(s.Events) })
	add(counter, "events_failed_total", "Events that were taken and not delivered.", func(s *producer.Stats) float64 { return float64(s.Failed) })
	add(counter, "events_replayed_total", "Events that the spool had kept from an earlier run.", func(s *producer.Stats) float64 { return float64(s.Replayed) })
	add(counter, "records_total", "Records that the stream acknowledged.", func(s *producer.Stats) float64 { return float64(s.Records) })
	add(counter, "record_bytes_total", "Bytes of the records that the stream acknowledged, with their keys.", func(s *producer.Stats) float64 { return float64(s.Bytes) })
	add(counter, "records_retried_total", "Records that were sent again.", func(s *producer.Stats) float64 { return float64(s.Retries) })
	add(counter, "records_throttled_total", "Records refused because the throughput of the stream was exceeded.", func(s *producer.Stats) float64 { return float64(s.Throttled) })
	add(counter, "shard_lookups_total", "Times that the shards of the stream were asked for.", func(s *producer.Stats) float64 { return float64(s.ShardLookups) })
	add(counter, "spool_errors_total", "Times that the spool could not note a result.", func(s *producer.Stats) float64 { return float64(s.SpoolErrors) })
	add(gauge, "events_pending", "Events that were taken and have no result yet.", func(s *producer.Stats) float64 { return float64(s.Pending) })
	add(gauge, "buffered_bytes", "Bytes of the buffer that pending events take.", func(s *producer.Stats) float64 { return float64(s.BufferedBytes) })
	add(gauge, "requests_in_flight", "PutRecords calls that wait for their answer.", func(s *producer.Stats) float64 { return float64(s.InFlight) })
	add(gauge, "requests_limit", "PutRecords calls that may wait for their answer now.", func(s *producer.Stats) float64 { return float64(s.Limit) })
	add(gauge, "shards", "Open shards, as far as they are known.", func(s *producer.Stats) float64 { return float64(s.Shards) })
	add(gauge, "spool_bytes", "Bytes of the files of the spool.", func(s *producer.Stats) float64 { return float64(s.SpoolBytes) })
	c.requests = prometheus.NewDesc(name("request_duration_seconds"), "PutRecords calls that have ended, and the time they took.", nil, labels)
	return c
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		to <- f.desc
	}
	to <- c.requests
}

// Collect implements prometheus.Collector. All figures are of the same moment.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	s := c.source.Stats()
	for _, f := range c.figures {
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(&s))
	}
	to <- prometheus.MustNewConstSummary(c.requests, s.Requests-uint64(s.InFlight), s.RequestTime.Seconds(), nil)
}
