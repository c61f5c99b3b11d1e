package query

import (
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// OpenAtStart reports whether a visit with a hit in the range [from, to) may have begun before edge, which is where the sample starts: some visitor has
// hits without a pause from the edge on until one in the range. Who reads on backwards asks again, down to LookBack before the range.
func OpenAtStart(s *sketch.Sample, from, to, edge int64, gap time.Duration) bool {
	pause := gap.Milliseconds()
	return anyVisitor(s, func(times []int64) bool {
		i, _ := slices.BinarySearch(times, from)
		if i == len(times) || times[i] >= to {
			return false
		}
		for i > 0 && times[i]-times[i-1] < pause {
			i--
		}
		return times[i]-edge < pause
	})
}

// OpenAtEnd reports whether a visit with a hit in the range [from, to) may go on at or after edge, which is where the sample ends: some visitor has
// hits without a pause from one in the range up to the edge. Who reads on forwards asks again, up to MaxVisit after the range.
func OpenAtEnd(s *sketch.Sample, from, to, edge int64, gap time.Duration) bool {
	pause := gap.Milliseconds()
	return anyVisitor(s, func(times []int64) bool {
		i, _ := slices.BinarySearch(times, to)
		if i--; i < 0 || times[i] < from {
			return false
		}
		last := times[i]
		for i+1 < len(times) && times[i+1]-times[i] < pause {
			i++
		}
		return edge-times[i] < pause && edge-last < MaxVisit.Milliseconds()
	})
}

func anyVisitor(s *sketch.Sample, is func(times []int64) bool) bool {
	for visitor := range s.Visitors() {
		if from, to := s.Range(visitor); is(s.Times()[from:to]) {
			return true
		}
	}
	return false
}
