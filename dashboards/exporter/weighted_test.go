package exporter

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// It is the histogram of client_golang that was told of each value.
func TestWeightedAgainstTheLibrary(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	w, twin := NewWeighted(meters.EventDelay), NewHistogram(meters.EventDelay).WithLabelValues()
	observe := func(v float64) {
		n := uint64(1 + rng.IntN(5))
		w.Observe(v, n)
		for range n {
			twin.Observe(v)
		}
	}
	for range 2000 {
		observe(math.Round(math.Exp(rng.NormFloat64()*1.5+5)) / 1000)
	}
	observe(0)
	for _, b := range meters.EventDelay.Buckets {
		observe(b)
	}
	got, want := written(t, w), written(t, twin.(prometheus.Collector))
	if math.Abs(got.GetSampleSum()-want.GetSampleSum()) > 1e-6*want.GetSampleSum() {
		t.Errorf("sum %v, want %v", got.GetSampleSum(), want.GetSampleSum())
	}
	for _, h := range []*dto.Histogram{got, want} {
		h.SampleSum, h.CreatedTimestamp = nil, nil
	}
	if !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func written(t *testing.T, c prometheus.Collector) *dto.Histogram {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil || len(families) != 1 {
		t.Fatal(families, err)
	}
	return families[0].GetMetric()[0].GetHistogram()
}

// What the delay of an event costs at most, where no two are the same, beside what the library would take.
func BenchmarkObserve(b *testing.B) {
	b.Run("weighted", func(b *testing.B) {
		h, n := NewWeighted(meters.EventDelay), 0
		for b.Loop() {
			h.Observe(float64(n%40)/1000, 1)
			n++
		}
	})
	b.Run("library", func(b *testing.B) {
		h, n := NewHistogram(meters.EventDelay).WithLabelValues(), 0
		for b.Loop() {
			h.Observe(float64(n%40) / 1000)
			n++
		}
	})
}
