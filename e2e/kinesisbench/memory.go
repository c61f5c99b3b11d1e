package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

const memoryRecord = 423 // bytes: an event as the tracker sends it

// measureMemory puts so many records and tells what is resident then.
func measureMemory(ctx context.Context, s settings, ours *server, out io.Writer) error {
	c := ours.client()
	stream, err := makeStream(ctx, c)
	if err != nil {
		return err
	}
	in := batch(stream, memoryRecord)
	const callers = 4
	start := time.Now()
	m, err := measure(ours, callers, func(m *measured) error {
		for m.records < s.memory/callers {
			if err := m.timed(func() error { return putOnce(ctx, c, in) }); err != nil {
				return err
			}
			m.records += recordsACall
		}
		return nil
	})
	if err != nil {
		return err
	}
	now, err := ours.memory("VmRSS")
	if err != nil {
		return err
	}
	peak, err := ours.memory("VmHWM")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d records of %d B in %v: resident %d MiB, %d MiB at most; %.0f records/s, %.0f records a server-CPU-second\n",
		m.records, memoryRecord, time.Since(start).Round(time.Second), now, peak, m.perSecond(), m.perCPUSecond())
	return nil
}
