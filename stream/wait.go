package stream

import (
	"context"
	"errors"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// renewAfter is how long WaitForRecords waits at most: well before the iterator expires.
const renewAfter = tokenLife * 4 / 5

// WaitForRecords returns nil as soon as GetRecords with the iterator would return a record, or say that the shard is closed
// and has no more. It also returns nil when it has waited for 240 s, so that a GetRecords may renew the iterator before it expires. It returns the error of ctx when
// ctx ends, ErrClosed when the broker is closed, and the errors of GetRecords.
//
// Waiting costs no CPU, and it does not delay DeleteStream or Close.
func (c *Client) WaitForRecords(ctx context.Context, shardIterator string) error {
	s, sh, t, err := c.b.position(shardIterator)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, renewAfter)
	defer cancel()
	err = sh.log.Wait(limited, t.index)
	switch {
	case errors.Is(err, shardlog.ErrClosed):
		return c.b.closedReason(s)
	case errors.Is(err, shardlog.ErrSealed), errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil
	}
	return err
}

// closedReason says why the logs of a stream are closed.
func (b *Broker) closedReason(s *dataStream) error {
	select {
	case <-b.closing:
		return ErrClosed
	default:
		return b.streamNotFound(s.Name)
	}
}
