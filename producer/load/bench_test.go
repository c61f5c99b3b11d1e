package load

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// BenchmarkGenerator makes events and hands them to a target that discards them, as fast as one core can: everything is due in the past.
func BenchmarkGenerator(b *testing.B) {
	for _, batch := range []int{1, 100} {
		b.Run(map[int]string{1: "single", 100: "batch=100"}[batch], func(b *testing.B) {
			const rate = 1e6
			p, err := Plan{Seed: 1, Start: time.Now().Add(-time.Hour), Rate: rate, For: time.Duration(float64(b.N) / rate * float64(time.Second)), Batch: batch,
				People: 10_000, Agents: true}.Complete()
			if err != nil {
				b.Fatal(err)
			}
			script, err := p.Prepare()
			if err != nil {
				b.Fatal(err)
			}
			rec := NewRecorder(p.Start, time.Second)
			run, err := NewRunner(script, rec, Limits{}, func(done Done) (Target, error) { return NewDiscard(done), nil })
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			began, _ := proc.CPU(os.Getpid())
			if err := run.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
			ended, _ := proc.CPU(os.Getpid())
			b.ReportMetric(float64(rec.total.Accepted)/(ended-began).Seconds(), "events/cpu-s")
		})
	}
}
