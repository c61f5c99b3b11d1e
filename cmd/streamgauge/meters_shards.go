package main

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/dashboards/exporter"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// The kinds of batches that were not done.
const (
	kindFailed     = "failed"
	kindUnfinished = "unfinished"
	kindThrottled  = "throttled"
)

// shardMeters are what the mapping is measured by, shard by shard.
type shardMeters struct {
	recorder *pipeline.Recorder

	records, bytes, failed, retries, bisects, given *prometheus.CounterVec

	batches  *prometheus.HistogramVec
	failures prometheus.Counter

	mu    sync.Mutex // guards known
	known map[string]bool
}

func newShardMeters(reg prometheus.Registerer, r *pipeline.Recorder) *shardMeters {
	failures := exporter.NewCounter(meters.ReadFailures)
	m := &shardMeters{
		recorder: r, known: make(map[string]bool),
		records: exporter.NewCounter(meters.ShardRecords), bytes: exporter.NewCounter(meters.ShardBytes),
		failed: exporter.NewCounter(meters.BatchFailures), retries: exporter.NewCounter(meters.BatchRetries),
		bisects: exporter.NewCounter(meters.BatchBisects), given: exporter.NewCounter(meters.Discarded),
		batches: exporter.NewHistogram(meters.BatchDuration), failures: failures.WithLabelValues(),
	}
	reg.MustRegister(m.records, m.bytes, m.failed, m.retries, m.bisects, m.given, m.batches, failures)
	return m
}

// perShard are the families whose first label is the shard.
func (m *shardMeters) perShard() []*prometheus.MetricVec {
	return []*prometheus.MetricVec{
		m.records.MetricVec, m.bytes.MetricVec, m.failed.MetricVec, m.retries.MetricVec, m.bisects.MetricVec, m.given.MetricVec, m.batches.MetricVec,
	}
}

// started shows a shard, with zeros: a rate that begins with the first failure does not see it.
func (m *shardMeters) started(shard string) {
	m.mu.Lock()
	m.known[shard] = true
	m.mu.Unlock()
	for _, vec := range []*prometheus.CounterVec{m.records, m.bytes, m.retries, m.bisects, m.given} {
		vec.WithLabelValues(shard)
	}
	for _, kind := range []string{kindFailed, kindUnfinished, kindThrottled} {
		m.failed.WithLabelValues(shard, kind)
	}
	m.batches.WithLabelValues(shard)
}

// keep forgets the shards that the stream lists no more.
func (m *shardMeters) keep(listed map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for shard := range m.known {
		if listed[shard] {
			continue
		}
		delete(m.known, shard)
		for _, vec := range m.perShard() {
			vec.DeletePartialMatch(prometheus.Labels{"shard": shard})
		}
	}
}

func (m *shardMeters) invocation(i mapping.Invocation) {
	m.records.WithLabelValues(i.ShardID).Add(float64(i.Done))
	m.bytes.WithLabelValues(i.ShardID).Add(float64(i.Bytes))
	m.batches.WithLabelValues(i.ShardID).Observe(i.Duration.Seconds())
	if i.Again {
		m.retries.WithLabelValues(i.ShardID).Inc()
	}
	if i.Err != nil {
		m.failed.WithLabelValues(i.ShardID, kindOf(i)).Inc()
	}
	m.recorder.Batch(i.ShardID, i.Done, i.Bytes, i.Duration, i.Again)
}

func kindOf(i mapping.Invocation) string {
	switch {
	case errors.Is(i.Err, mapping.ErrThrottled):
		return kindThrottled
	case i.Reported:
		return kindUnfinished
	}
	return kindFailed
}

func (m *shardMeters) bisected(shard string) {
	m.bisects.WithLabelValues(shard).Inc()
	m.recorder.Bisected(shard)
}

func (m *shardMeters) discarded(shard string, records int) {
	m.given.WithLabelValues(shard).Add(float64(records))
	m.recorder.Discarded(shard, records)
}
