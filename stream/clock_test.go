package stream_test

import (
	"sync/atomic"
	"time"
)

// clock is a clock that stands still until it is told otherwise.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.UnixMilli(1_700_000_000_000).UnixNano())
	return c
}

func (c *clock) now() time.Time           { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(by time.Duration) { c.ns.Add(int64(by)) }
