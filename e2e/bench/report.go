package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// report is everything that was measured.
type report struct {
	settings       settings
	before         string
	floor, product map[int][]measured // by events in a request
	stream         []measured
	answered, live []time.Duration
	sync           []time.Duration
	accepted       int64 // events, by all parts
	peakHTTP       int64 // bytes
	peakStream     int64
}

func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "%d cores, %s; load average %s before, %s after. %d rounds of %v, %d connections; client and server share the cores.\n\n",
		runtime.NumCPU(), runtime.Version(), r.before, proc.LoadAverage(), r.settings.rounds, r.settings.each, r.settings.conns)
	fmt.Fprintf(w, "| | events/s | server CPU, µs an event | events/s a core of server CPU | the same client on a floor: events/s | µs an event |\n|---|---|---|---|---|---|\n")
	for _, size := range sizes {
		m, f := r.product[size], r.floor[size]
		fmt.Fprintf(w, "| HTTP → windows, %d a request | %s | %.1f | %s | %s | %.1f |\n", size,
			thousands(rate(m)), cost(m), thousands(1e6/cost(m)), thousands(rate(f)), cost(f))
	}
	fmt.Fprintf(w, "| stream → windows | %s | %.1f | %s | | |\n\n", thousands(rate(r.stream)), cost(r.stream), thousands(1e6/cost(r.stream)))
	fmt.Fprintf(w, "| %d single events at about 10/s | p50 | p99 |\n|---|---|---|\n", len(r.live))
	fmt.Fprintf(w, "| for comparison: write of 4 KiB and fsync | %s | %s |\n", ms(quantile(r.sync, 0.5)), ms(quantile(r.sync, 0.99)))
	fmt.Fprintf(w, "| POST → answer | %s | %s |\n", ms(quantile(r.answered, 0.5)), ms(quantile(r.answered, 0.99)))
	fmt.Fprintf(w, "| POST → live view | %s | %s |\n\n", ms(quantile(r.live, 0.5)), ms(quantile(r.live, 0.99)))
	fmt.Fprintf(w, "Peak resident memory: %d MiB while events came over HTTP, %d MiB while %s events were counted from the stream.\n",
		r.peakHTTP>>20, r.peakStream>>20, thousands(float64(r.accepted)))
}

// rate is the median of events a second.
func rate(all []measured) float64 {
	return median(all, func(m measured) float64 { return float64(m.events) / m.took.Seconds() })
}

// cost is the median of the server's CPU time for an event, in microseconds.
func cost(all []measured) float64 {
	return median(all, func(m measured) float64 { return m.cpu.Seconds() * 1e6 / float64(m.events) })
}

func median(all []measured, figure func(measured) float64) float64 {
	values := make([]float64, len(all))
	for i, m := range all {
		values[i] = figure(m)
	}
	return quantile(values, 0.5)
}

// quantile is the value that so large a part of all is at or below.
func quantile[T cmp.Ordered](all []T, q float64) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, min(len(sorted)-1, int(float64(len(sorted))*q)))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// thousands writes a number as people read it, to three digits or so.
func thousands(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f M", n/1e6)
	case n >= 1e5:
		return fmt.Sprintf("%.0f k", n/1e3)
	case n >= 1e3:
		return fmt.Sprintf("%.1f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
