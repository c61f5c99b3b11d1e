package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// measured is what came out of one measurement.
type measured struct {
	records int
	took    time.Duration
	cpu     time.Duration // of the server
	calls   []time.Duration
}

func (m measured) perSecond() float64 { return float64(m.records) / m.took.Seconds() }
func (m measured) perCPUSecond() float64 {
	return float64(m.records) / max(m.cpu, proc.ClockTick).Seconds()
}

// call is the time that a share of the calls did not exceed.
func (m measured) call(share float64) time.Duration {
	if len(m.calls) == 0 {
		return 0
	}
	slices.Sort(m.calls)
	return m.calls[min(int(share*float64(len(m.calls))), len(m.calls)-1)]
}

// put lets callers put batches for some time.
func put(ctx context.Context, s *server, c *kinesis.Client, stream string, bytes, callers int, each time.Duration) (measured, error) {
	in := batch(stream, bytes)
	return measure(s, callers, func(m *measured) error {
		for start := time.Now(); time.Since(start) < each; {
			if err := m.timed(func() error { return putOnce(ctx, c, in) }); err != nil {
				return err
			}
			m.records += recordsACall
		}
		return nil
	})
}

func putOnce(ctx context.Context, c *kinesis.Client, in *kinesis.PutRecordsInput) error {
	out, err := c.PutRecords(ctx, in)
	for errors.Is(err, net.ErrClosed) { // on a busy machine the client closes its own connection now and then, whoever serves
		out, err = c.PutRecords(ctx, in)
	}
	if err != nil {
		return fmt.Errorf("put records: %w", err)
	}
	if *out.FailedRecordCount != 0 {
		return fmt.Errorf("put records: %d failed: %s", *out.FailedRecordCount, *out.Records[0].ErrorMessage)
	}
	return nil
}

func (m *measured) timed(f func() error) error {
	start := time.Now()
	err := f()
	m.calls = append(m.calls, time.Since(start))
	return err
}

// measure runs work so many times beside each other and adds up what each measured.
func measure(s *server, workers int, work func(*measured) error) (measured, error) {
	before, err := s.cpu()
	if err != nil {
		return measured{}, err
	}
	start := time.Now()
	parts := make([]measured, workers)
	errs := make([]error, workers)
	var group sync.WaitGroup
	for i := range parts {
		group.Go(func() { errs[i] = work(&parts[i]) })
	}
	group.Wait()
	sum := measured{took: time.Since(start)}
	for _, p := range parts {
		sum.records += p.records
		sum.calls = append(sum.calls, p.calls...)
	}
	after, err := s.cpu()
	sum.cpu = after - before
	return sum, errors.Join(errors.Join(errs...), err)
}
