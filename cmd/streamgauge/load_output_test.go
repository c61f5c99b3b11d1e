package main

import (
	"testing"

	"github.com/streamgauge/streamgauge/producer/load"
)

// A trial that was cut before any answer counted said that its 99th percentile was 0.00 ms.
func TestNothingMeasuredIsNoLatency(t *testing.T) {
	if got := shownP99(load.Latency{}); got != "–" {
		t.Errorf("%q", got)
	}
	if got, want := shownP99(load.Latency{Count: 1, P99: 12.5}), load.Milliseconds(12.5); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
