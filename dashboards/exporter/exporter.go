package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// NewCounter returns a counter of a meter.
func NewCounter(m meters.Meter) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
}

// NewGauge returns a gauge of a meter.
func NewGauge(m meters.Meter) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.Labels)
}

// Of a native histogram, so many buckets are kept: where values are spread wider it becomes coarser. After resetAfter it may begin anew for that.
const (
	maxBuckets = 160
	resetAfter = time.Hour
)

// NewHistogram returns a histogram of a meter, native and classic: a server that asks in the text format, or does not want native ones, gets the buckets.
func NewHistogram(m meters.Meter) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: m.Name, Help: m.Help, Buckets: m.Buckets,
		NativeHistogramBucketFactor: meters.NativeFactor, NativeHistogramMaxBucketNumber: maxBuckets, NativeHistogramMinResetDuration: resetAfter,
	}, m.Labels)
}

// Desc describes a meter whose values are asked for at each scrape.
func Desc(m meters.Meter) *prometheus.Desc { return prometheus.NewDesc(m.Name, m.Help, m.Labels, nil) }

// Value is a value of a counter or a gauge at this moment. The labels are in the order of the meter's.
func Value(m meters.Meter, v float64, labels ...string) prometheus.Metric {
	kind := prometheus.GaugeValue
	if m.Kind == meters.Counter {
		kind = prometheus.CounterValue
	}
	return prometheus.MustNewConstMetric(Desc(m), kind, v, labels...)
}
