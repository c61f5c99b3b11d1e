package exporter

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Weighted is a histogram, native and classic, that takes many equal values at once: one of client_golang would want to be told of each, which for every
// event costs more than it is worth. It is a prometheus.Collector.
type Weighted struct {
	meter meters.Meter
	desc  *prometheus.Desc
	since time.Time

	mu      sync.Mutex // guards all below
	count   uint64
	sum     float64
	zero    uint64
	classic []uint64 // not cumulative; the last is of what is above all bounds
	native  map[int]int64
}

// schema is the resolution of the native histogram: 2^(2^-schema) is the factor from bucket to bucket, at most meters.NativeFactor.
const schema = 3

// NewWeighted returns a histogram of a meter that has no labels.
func NewWeighted(m meters.Meter) *Weighted {
	return &Weighted{meter: m, desc: Desc(m), since: time.Now(), classic: make([]uint64, len(m.Buckets)+1), native: make(map[int]int64)}
}

// Observe counts a value n times. One below zero counts as zero.
func (w *Weighted) Observe(v float64, n uint64) {
	at, _ := slices.BinarySearch(w.meter.Buckets, v) // the first bound that is not below
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count += n
	w.sum += max(0, v) * float64(n)
	w.classic[at] += n
	if v <= prometheus.DefNativeHistogramZeroThreshold {
		w.zero += n
		return
	}
	w.native[int(math.Ceil(math.Log2(v)*(1<<schema)))] += int64(n)
}

// Describe implements prometheus.Collector.
func (w *Weighted) Describe(to chan<- *prometheus.Desc) { to <- w.desc }

// Collect implements prometheus.Collector.
func (w *Weighted) Collect(to chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	bounds := make(map[float64]uint64, len(w.meter.Buckets))
	sum := uint64(0)
	for i, bound := range w.meter.Buckets {
		sum += w.classic[i]
		bounds[bound] = sum
	}
	classic, err := prometheus.NewConstHistogram(w.desc, w.count, w.sum, bounds)
	if err != nil {
		to <- prometheus.NewInvalidMetric(w.desc, err)
		return
	}
	native, err := prometheus.NewConstNativeHistogram(w.desc, w.count, w.sum, maps.Clone(w.native), nil, w.zero, schema,
		prometheus.DefNativeHistogramZeroThreshold, w.since)
	if err != nil {
		to <- prometheus.NewInvalidMetric(w.desc, err)
		return
	}
	to <- both{classic, native}
}

// both is one metric of two forms.
type both struct{ classic, native prometheus.Metric }

func (b both) Desc() *prometheus.Desc { return b.classic.Desc() }

// Write implements prometheus.Metric.
func (b both) Write(out *dto.Metric) error {
	var classic dto.Metric
	if err := b.classic.Write(&classic); err != nil {
		return err
	}
	if err := b.native.Write(out); err != nil {
		return err
	}
	out.Histogram.Bucket = classic.GetHistogram().GetBucket()
	return nil
}
