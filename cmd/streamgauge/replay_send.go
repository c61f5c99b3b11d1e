package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Waits between attempts: a random time up to backoffFirst × 2^attempt, at most backoffMost ("full jitter", Marc Brooker,
// Exponential Backoff And Jitter, AWS Architecture Blog, 2015). postLimit is for one request.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 10 * time.Second
	postLimit    = 30 * time.Second
)

// trustAgent asks the door to keep each event's own "ua": events of many visitors share a request, and its User-Agent header
// can be that of one. The door grants it to a client on the same machine.
const (
	trustHeader  = "X-Streamgauge-Trust"
	trustAgent   = "agent"
	trustVisitor = "visitor" // and where each visitor is
)

// sender sends batches until every event of them is acknowledged. Several goroutines may send at a time.
type sender struct {
	client      *client
	tally       *tally
	giveUpAfter time.Duration
	log         zerolog.Logger
	progressed  atomic.Int64 // Unix nanoseconds of the last acknowledgement, of any batch
}

// send returns when each event is accepted or refused for good. What was not acknowledged is sent again, byte for byte, until
// ctx ends or nothing was acknowledged, in any batch, for giveUpAfter.
func (s *sender) send(ctx context.Context, batch []item) error {
	begun := time.Now()
	for attempt := 0; ; attempt++ {
		v, err := s.post(ctx, batch)
		switch {
		case err != nil:
			return err
		case v.tooMuch && len(batch) > 1:
			return s.sendHalves(ctx, batch)
		}
		s.settle(v, batch)
		if len(v.again) == 0 {
			return nil
		}
		if len(v.again) < len(batch) {
			attempt = 0
		}
		batch = v.again
		if err := s.pause(ctx, begun, attempt, v); err != nil {
			return err
		}
		s.tally.resent.Add(int64(len(batch)))
	}
}

// sendHalves sends a batch that was refused as a whole in two, so that one event that the server cannot read does not take
// the others with it.
func (s *sender) sendHalves(ctx context.Context, batch []item) error {
	half := len(batch) / 2
	if err := s.send(ctx, batch[:half]); err != nil {
		return err
	}
	return s.send(ctx, batch[half:])
}

// settle books a verdict.
func (s *sender) settle(v verdict, batch []item) {
	if len(v.again) < len(batch) {
		s.progressed.Store(time.Now().UnixNano())
	}
	s.tally.accepted.Add(int64(len(batch) - len(v.again) - len(v.invalid)))
	for _, r := range v.invalid {
		s.tally.invalid.add(r.place, r.reason)
	}
}

// pause waits before the next attempt, at least as long as the server asked for.
func (s *sender) pause(ctx context.Context, begun time.Time, attempt int, v verdict) error {
	since := time.Since(begun)
	if last := s.progressed.Load(); last > begun.UnixNano() {
		since = time.Since(time.Unix(0, last))
	}
	if since >= s.giveUpAfter {
		return fmt.Errorf("gave up after %s without an acknowledgement: %s", s.giveUpAfter, v.why)
	}
	wait := v.wait + backoff(attempt)
	s.log.Warn().Int("events", len(v.again)).Str("reason", v.why).Str("wait", wait.Round(time.Millisecond).String()).Msg("not acknowledged, will be sent again")
	return sleep(ctx, wait)
}

func backoff(attempt int) time.Duration {
	most := min(backoffFirst<<min(attempt, 16), backoffMost)
	return rand.N(most)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post sends a batch once. An error is one that no second attempt will change.
func (s *sender) post(ctx context.Context, batch []item) (verdict, error) {
	limited, cancel := context.WithTimeout(ctx, postLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, s.client.url(doorPath, nil), bytes.NewReader(ndjson(batch)))
	if err != nil {
		return verdict{}, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", ndjsonMedia)
	req.Header.Set(trustHeader, trustAgent)
	resp, err := s.client.do(req)
	if ctx.Err() != nil {
		closeBody(resp)
		return verdict{}, ctx.Err()
	}
	if err != nil {
		return verdict{again: batch, why: err.Error()}, nil
	}
	defer closeBody(resp)
	return judge(resp, batch)
}

func ndjson(batch []item) []byte {
	size := 0
	for _, it := range batch {
		size += len(it.data) + 1
	}
	body := make([]byte, 0, size)
	for _, it := range batch {
		body = append(append(body, it.data...), '\n')
	}
	return body
}

func closeBody(resp *http.Response) {
	if resp != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		resp.Body.Close()
	}
}

// ping asks whether there is a server at all; whatever it answers, there is.
func (c *client) ping(ctx context.Context) error {
	resp, err := c.send(ctx, http.MethodGet, "/healthz", nil, "", nil)
	closeBody(resp)
	return err
}

// retryAfter is the header of that name: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 16); err == nil {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}
