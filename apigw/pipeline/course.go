package pipeline

import (
	"math"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// course holds durations of the last five minutes, and those of the step that the history has not got to yet. A duration is counted once: it is of the
// open step, and with that goes into the window. It is not safe for concurrent use.
type course struct {
	window
	open sketch.Quantiles
}

// add counts n times a duration.
func (c *course) add(d time.Duration, n uint64) { c.open.AddBin(sketch.Bin(d.Seconds()), n) }

// close ends the open step, and returns its percentiles; nil where nothing was.
func (c *course) close(now time.Time) *Percentiles {
	step := c.open
	c.open = sketch.Quantiles{}
	if step.Count() > 0 {
		c.window.slot(now).Merge(&step)
	}
	return percentiles(&step)
}

// percentiles are those of a step; nil where nothing was.
func percentiles(q *sketch.Quantiles) *Percentiles {
	if q.Count() == 0 {
		return nil
	}
	return &Percentiles{P50MS: toMicro(ms(q, 0.5)), P95MS: toMicro(ms(q, 0.95)), P99MS: toMicro(ms(q, 0.99)), Count: q.Count()}
}

// merged returns all that is not too old.
func (c *course) merged(now time.Time) *sketch.Quantiles {
	all := c.window.merged(now)
	all.Merge(&c.open)
	return all
}

// toMicro rounds milliseconds to microseconds: more digits than a sketch knows are a weight on the wire.
func toMicro(ms float64) float64 { return math.Round(ms*1000) / 1000 }
