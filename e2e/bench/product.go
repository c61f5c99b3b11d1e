package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const site = "bench"

// product is "streamgauge up" on a folder.
type product struct {
	*process
	bin, data string
}

func (p *product) start(ctx context.Context, further ...string) (err error) {
	args := append([]string{"up", "--listen", "127.0.0.1:0", "--kinesis", "127.0.0.1:0", "--data", p.data}, further...)
	p.process, err = startProcess(ctx, p.bin, args...)
	return err
}

func (p *product) stop() error {
	if p.process == nil {
		return nil
	}
	running := p.process
	p.process = nil
	return running.end()
}

// forget removes the store of a product that is stopped. At its next start it reads the stream from the beginning.
func (p *product) forget() error { return os.RemoveAll(filepath.Join(p.data, "store")) }

// received is how many copies of events have left the stream since the start of the process, by its own metrics.
func (p *product) received(ctx context.Context) (int64, error) {
	text, err := p.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	var sum float64
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "streamgauge_copies_total{") || strings.Contains(line, `"redelivered"`) {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
		if err != nil {
			return 0, fmt.Errorf("read metrics: %w", err)
		}
		sum += n
	}
	return int64(sum), nil
}

// awaitReceived waits until n copies have left the stream since the start of the process.
func (p *product) awaitReceived(ctx context.Context, n int64) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := p.received(ctx)
		if err != nil || got >= n {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check makes sure that what was measured was work that counts: all of the n events are in the books, counted.
func (p *product) check(ctx context.Context, n int64) error {
	text, err := p.get(ctx, "/api/v1/ledger?site="+site)
	if err != nil {
		return err
	}
	var books struct {
		Received, Counted int64
		Balanced          bool
	}
	if err := json.Unmarshal(text, &books); err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	if books.Received != n || books.Counted != n || !books.Balanced {
		return fmt.Errorf("the books do not hold the %d events that were accepted: %s", n, text)
	}
	return nil
}

func (p *product) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", path, resp.Status, bytes.TrimSpace(body))
	}
	return body, err
}
