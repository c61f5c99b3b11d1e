package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// measureLive sends single events, slowly, and takes the time until a reader of the live view has each.
func measureLive(ctx context.Context, s settings, p *product, r *report) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/live?site="+site, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("live view: %s", resp.Status)
	}
	v := &viewer{in: bufio.NewReader(resp.Body), windows: map[int64]int64{}}
	if err := v.next(); err != nil {
		return err
	}
	c, err := dial(p.address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	for i := range s.samples {
		if err := v.rest(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		want := v.sum() + 1
		began := time.Now()
		if err := c.exchange(requestOf(p.address, i, 1)); err != nil {
			return err
		}
		r.answered = append(r.answered, time.Since(began))
		r.accepted++
		for v.sum() < want {
			if err := v.next(); err != nil {
				return err
			}
		}
		r.live = append(r.live, time.Since(began))
	}
	return p.check(ctx, r.accepted)
}

// viewer reads the live view. Windows of the last minutes leave it only by a new snapshot, so sums never fall.
type viewer struct {
	in      *bufio.Reader
	windows map[int64]int64
}

func (v *viewer) sum() (n int64) {
	for _, events := range v.windows {
		n += events
	}
	return n
}

// next reads a frame.
func (v *viewer) next() error {
	for {
		line, err := v.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read live view: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var view struct {
			Windows []struct{ T, Events int64 }
		}
		if err := json.Unmarshal([]byte(data), &view); err != nil {
			return fmt.Errorf("read live view: %w", err)
		}
		for _, w := range view.Windows {
			v.windows[w.T] = w.Events
		}
		return nil
	}
}

// rest waits for some time up to twice d, so that events fall on no beat of the server.
func (v *viewer) rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(rand.N(2 * d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
