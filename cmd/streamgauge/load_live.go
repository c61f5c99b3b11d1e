package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/producer/load"
)

// liveReader reads the live view of a site, and tells how many events of ours it shows in each window.
type liveReader struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex // guards what follows
	base  map[int64]int64
	shown map[int64]int64 // with those of the base
	to    *load.Freshness
}

// liveFrame is what is read of a frame.
type liveFrame struct {
	Windows []struct{ T, Events int64 }
}

// openLive begins to read, and returns when the first frame has come.
func (w *watch) openLive(ctx context.Context) (*liveReader, error) {
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &liveReader{stop: stop, base: map[int64]int64{}, shown: map[int64]int64{}}
	in, err := w.connectLive(reading)
	if err != nil {
		stop()
		return nil, fmt.Errorf("read the live view: %w", err)
	}
	first, err := in.next()
	if err != nil {
		stop()
		in.close()
		return nil, fmt.Errorf("read the live view: %w", err)
	}
	for _, win := range first.Windows {
		l.base[win.T], l.shown[win.T] = win.Events, win.Events
	}
	l.wg.Go(func() { l.read(reading, w, in) })
	return l, nil
}

// read reads until it is stopped. A view that ends is opened again: it begins with all windows.
func (l *liveReader) read(ctx context.Context, w *watch, in *liveStream) {
	for {
		frame, err := in.next()
		if err == nil {
			l.take(frame, time.Now())
			continue
		}
		in.close()
		for in = nil; in == nil; {
			if sleep(ctx, settleEvery) != nil {
				return
			}
			if in, err = w.connectLive(ctx); err != nil {
				in = nil
			}
		}
	}
}

func (l *liveReader) take(f liveFrame, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, win := range f.Windows {
		if win.Events <= l.shown[win.T] {
			continue
		}
		l.shown[win.T] = win.Events
		if l.to != nil {
			l.to.Shown(win.T, win.Events-l.base[win.T], at)
		}
	}
}

// follow tells f from now on; what is shown already was there before.
func (l *liveReader) follow(f *load.Freshness) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t, n := range l.shown {
		l.base[t] = n
	}
	l.to = f
}

func (l *liveReader) close() {
	l.stop()
	l.wg.Wait()
}

// liveStream is a stream of server-sent events.
type liveStream struct {
	body io.ReadCloser
	in   *bufio.Reader
}

func (w *watch) connectLive(ctx context.Context) (*liveStream, error) {
	resp, err := w.client.send(ctx, http.MethodGet, "/api/v1/live", url.Values{"site": {w.site}}, "", nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.Join(decodeAnswer(resp, nil), fmt.Errorf("it answers %s", resp.Status))
	}
	return &liveStream{resp.Body, bufio.NewReader(resp.Body)}, nil
}

// next reads a frame.
func (s *liveStream) next() (f liveFrame, err error) {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return f, err
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return f, json.Unmarshal([]byte(data), &f)
		}
	}
}

func (s *liveStream) close() { s.body.Close() }
