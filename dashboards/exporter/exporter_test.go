package exporter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Every meter of the table makes a collector that Prometheus' own linter has nothing to say of.
func TestWholeTable(t *testing.T) {
	for _, m := range meters.All() {
		labels := make([]string, len(m.Labels))
		var c prometheus.Collector
		switch m.Kind {
		case meters.Counter:
			v := NewCounter(m)
			v.WithLabelValues(labels...).Inc()
			c = v
		case meters.Gauge:
			v := NewGauge(m)
			v.WithLabelValues(labels...).Set(1)
			c = v
		case meters.Histogram:
			v := NewHistogram(m)
			v.WithLabelValues(labels...).Observe(0.1)
			c = v
		case meters.Summary:
			continue // package producer/metrics makes them
		}
		if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", m.Name, problems, err)
		}
	}
}

func TestHistogramIsNativeAndClassic(t *testing.T) {
	h := NewHistogram(meters.DoorAck)
	h.WithLabelValues().Observe(0.003)
	var out dto.Metric
	if err := h.WithLabelValues().(prometheus.Metric).Write(&out); err != nil {
		t.Fatal(err)
	}
	if got := out.GetHistogram(); len(got.GetBucket()) != len(meters.DoorAck.Buckets) || got.Schema == nil || len(got.GetPositiveSpan()) != 1 {
		t.Errorf("%v", got)
	}
}

func TestValue(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collector{
		Value(meters.RollupPasses, 7), Value(meters.Ledger, 3, "counted"),
	})
	want := fmt.Sprintf("# HELP %[1]s %[2]s\n# TYPE %[1]s counter\n%[1]s 7\n# HELP %[3]s %[4]s\n# TYPE %[3]s gauge\n%[3]s{outcome=\"counted\"} 3\n",
		meters.RollupPasses.Name, meters.RollupPasses.Help, meters.Ledger.Name, meters.Ledger.Help)
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

type collector []prometheus.Metric

func (c collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, m := range c {
		to <- m
	}
}

func TestSitesAreBounded(t *testing.T) {
	var s Sites
	seen := map[string]bool{}
	for range 2 {
		for i := range 3 * meters.MaxSites {
			seen[s.Label(fmt.Sprint("site-", i))] = true
		}
	}
	if len(seen) != meters.MaxSites+1 || !seen[meters.Other] || !seen["site-0"] || s.Label("") != meters.Other {
		t.Errorf("%d labels: %v", len(seen), seen)
	}
}
