package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer/load"
)

// watch follows the server's own figures while load goes to it.
type watch struct {
	client *client
	site   string
	door   bool // load goes through the server's door
	before load.Books
	known  []uint64 // what the windows around the start had counted before
	live   *liveReader
}

// settleFor is how long the server may take to count what it accepted, and settleEvery how often it is asked.
const (
	settleFor   = 2 * time.Minute
	settleEvery = 100 * time.Millisecond
)

func newWatch(ctx context.Context, c *LoadRunCmd, t loadTarget) (*watch, error) {
	r, door := c.Remote, t.door()
	if door != nil {
		r.Server = serverURL{door}
	}
	w := &watch{client: r.client(), site: string(c.Site), door: door != nil}
	if err := w.ensureSite(ctx); err != nil {
		return nil, err
	}
	var err error
	if w.before, err = w.books(ctx); err != nil {
		return nil, err
	}
	// Events of this run are at most a minute older than it, but for the late ones, which are in no window.
	now := time.Now().UnixMilli()
	if w.known, err = w.Counted(ctx, event.Window(now-int64(2*time.Minute/time.Millisecond)), event.Window(now)+2*event.WindowMS); err != nil {
		return nil, err
	}
	w.live, err = w.openLive(ctx)
	return w, err
}

// ensureSite makes the site, so that its figures can be asked for before its first event.
func (w *watch) ensureSite(ctx context.Context) error {
	err := w.client.call(ctx, http.MethodPost, "/api/v1/sites", nil, map[string]string{"id": w.site}, nil)
	var api *apiError
	if errors.As(err, &api) && api.Status == http.StatusConflict {
		return nil // it is there
	}
	return err
}

func (w *watch) books(ctx context.Context) (load.Books, error) {
	var b load.Books
	err := w.client.call(ctx, http.MethodGet, "/api/v1/ledger", url.Values{"site": {w.site}}, nil, &b)
	return b, err
}

// follow makes a recorder tell of what becomes visible.
func (w *watch) follow(rec *load.Recorder) {
	f := load.NewFreshness(rec.Seen)
	rec.OnShown(f.Sent)
	w.live.follow(f)
}

// settle waits until what was accepted is counted, or nothing has changed for a while.
func (w *watch) settle(ctx context.Context) {
	end := time.Now().Add(settleFor)
	var last load.Books
	changed := time.Now()
	for ctx.Err() == nil && time.Now().Before(end) && time.Since(changed) < settleFor/8 {
		now, err := w.books(ctx)
		if err == nil && now != last {
			last, changed = now, time.Now()
		}
		// Records that came by no door were accepted by none: then it is over when nothing changes any more.
		if err == nil && w.door && now.Received >= now.Accepted && time.Since(changed) > 3*settleEvery || !w.door && time.Since(changed) > 20*settleEvery {
			return
		}
		if sleep(ctx, settleEvery) != nil {
			return
		}
	}
}

func (w *watch) verify(ctx context.Context, ran []load.Ran) (*load.Verification, error) {
	w.live.close()
	w.settle(ctx)
	after, err := w.books(ctx)
	if err != nil {
		return nil, err
	}
	return load.Verify(ctx, ran, w.before, after, w.known, w)
}

// mostHashed is how many ids are sent at a time; the server takes no more.
const mostHashed = 20_000

// Hashes asks for the hashes of ids.
func (w *watch) Hashes(ctx context.Context, ids []string) ([]uint64, error) {
	hashes := make([]uint64, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), mostHashed)
		some, err := w.hashes(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		hashes, ids = append(hashes, some...), ids[n:]
	}
	return hashes, nil
}

func (w *watch) hashes(ctx context.Context, ids []string) ([]uint64, error) {
	body := strings.NewReader(strings.Join(ids, "\n"))
	var a struct{ Hashes []string }
	resp, err := w.client.send(ctx, http.MethodPost, "/api/v1/ledger/ids", url.Values{"site": {w.site}}, "text/plain", body)
	if err != nil {
		return nil, err
	}
	if err := decodeAnswer(resp, &a); err != nil {
		return nil, err
	}
	if len(a.Hashes) != len(ids) {
		return nil, fmt.Errorf("the server answered %d hashes for %d ids", len(a.Hashes), len(ids))
	}
	return parseHashes(nil, a.Hashes)
}

func parseHashes(to []uint64, hashes []string) ([]uint64, error) {
	for _, h := range hashes {
		n, err := strconv.ParseUint(h, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no hash of an id", h)
		}
		to = append(to, n)
	}
	return to, nil
}

// Counted asks for the hashes that are counted.
func (w *watch) Counted(ctx context.Context, from, to int64) ([]uint64, error) {
	ask := url.Values{"site": {w.site}, "from": {isoTime(time.UnixMilli(from))}, "to": {isoTime(time.UnixMilli(to))}}
	var a struct{ Windows []struct{ IDs []string } }
	if err := w.client.call(ctx, http.MethodGet, "/api/v1/ledger/ids", ask, nil, &a); err != nil {
		return nil, err
	}
	var all []uint64
	for _, win := range a.Windows {
		var err error
		if all, err = parseHashes(all, win.IDs); err != nil {
			return nil, err
		}
	}
	return all, nil
}
