package pipeline

import (
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Percentiles are those of the last windowSpan, to a slot: a slot is forgotten as a whole.
const (
	windowSpan  = 5 * time.Minute
	windowSlots = 10
	slotSpan    = windowSpan / windowSlots
)

// window holds the durations of the last five minutes. It is not safe for concurrent use.
type window struct {
	slots [windowSlots + 1]slot // one more than the span: the newest is not full
}

type slot struct {
	n int64 // which slot of all time it is
	q sketch.Quantiles
}

// add counts n times a duration.
func (w *window) add(now time.Time, d time.Duration, n uint64) {
	w.slot(now).AddBin(sketch.Bin(d.Seconds()), n)
}

// slot returns where what comes now is counted.
func (w *window) slot(now time.Time) *sketch.Quantiles {
	number := now.UnixNano() / int64(slotSpan)
	s := &w.slots[number%int64(len(w.slots))]
	if s.n != number {
		*s = slot{n: number}
	}
	return &s.q
}

// merged returns all that is not too old.
func (w *window) merged(now time.Time) *sketch.Quantiles {
	var all sketch.Quantiles
	oldest := now.UnixNano()/int64(slotSpan) - windowSlots
	for i := range w.slots {
		if w.slots[i].n >= oldest {
			all.Merge(&w.slots[i].q)
		}
	}
	return &all
}

// ms is a quantile in milliseconds, zero where there is nothing.
func ms(q *sketch.Quantiles, p float64) float64 {
	v, _ := q.Quantile(p)
	return v * 1000
}
