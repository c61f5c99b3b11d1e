package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// measureStream starts the product anew without its store, so that it counts the whole stream again, and does nothing else.
func measureStream(ctx context.Context, s settings, p *product, r *report) error {
	for range s.rounds {
		if err := errors.Join(p.stop(), p.forget()); err != nil {
			return err
		}
		if err := p.start(ctx); err != nil {
			return err
		}
		m, err := p.timed(func() (int64, time.Duration, error) {
			began := time.Now()
			err := p.awaitReceived(ctx, r.accepted)
			return r.accepted, time.Since(began), err
		}, nil)
		if err != nil {
			return fmt.Errorf("count the stream: %w", err)
		}
		r.stream = append(r.stream, m)
		if err := p.check(ctx, r.accepted); err != nil {
			return err
		}
	}
	var err error
	r.peakStream, err = p.peak()
	return err
}
