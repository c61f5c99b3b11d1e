package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

const (
	// rebuildPart is how long one order rebuilds, where it does not say: whoever waits for the answer does so on a connection without traffic, and what stands
	// between may close it after five minutes.
	rebuildPart = 4 * time.Minute
	// rebuildMargin is how long before the end of an invocation a part ends: the deltas under way are finished.
	rebuildMargin = 45 * time.Second
)

// rebuilt is the answer of a part of a rebuild. An order with its cursor goes on; without one, all is done.
type rebuilt struct {
	consumer.RebuildProgress
	Cursor string `json:"cursor,omitempty"`
}

// rebuild makes a site's figures anew from what the stream still holds, as far as there is time for: docs/REBUILD.md.
func (c *commanding) rebuild(ctx context.Context, o order) (any, error) {
	if !event.ValidSite(o.Site) {
		return nil, errSite(o.Site)
	}
	if c.settings.stream == "" || c.settings.streamARN == "" {
		return nil, errors.New("STREAMGAUGE_STREAM or STREAMGAUGE_STREAM_ARN is not set, and rebuild needs both")
	}
	from, err := decodePoint(o.Cursor)
	if err != nil {
		return nil, err
	}
	deadline, err := c.rebuildUntil(ctx, o)
	if err != nil {
		return nil, err
	}
	r := c.rebuilder()
	progress, next, err := r.Stretch(ctx, o.Site, from, deadline, nil)
	if err != nil {
		return nil, err
	}
	return rebuilt{progress, encodePoint(next)}, nil
}

// rebuildUntil is when a part ends.
func (c *commanding) rebuildUntil(ctx context.Context, o order) (time.Time, error) {
	part := rebuildPart
	if o.Seconds != 0 {
		part = time.Duration(o.Seconds) * time.Second
	}
	if part < 0 {
		return time.Time{}, errors.New("seconds: 1 or more are possible")
	}
	until := c.now().Add(part)
	if end, limited := ctx.Deadline(); limited && end.Add(-rebuildMargin).Before(until) {
		until = end.Add(-rebuildMargin)
	}
	return until, nil
}

func (c *commanding) rebuilder() *consumer.Rebuilder {
	cursors := aggregate.NewCursors(c.store, c.settings.streamARN, c.now)
	return &consumer.Rebuilder{
		Stream: c.kinesis(), StreamName: c.settings.stream, StreamARN: c.settings.streamARN, Now: c.now, Rebuilds: c.rebuilds(c.store, c.sites),
		Committer: aggregate.NewCommitter(c.store, c.sites, aggregate.Options{Shards: max(1, c.settings.shards), Now: c.now}),
		Consumed: func(ctx context.Context, shard string) (consumer.Progress, error) {
			passed, closed, err := cursors.Load(ctx, shard)
			return consumer.Progress{All: closed, Arrived: passed}, err
		},
	}
}

func (p *parts) rebuilds(s store.Store, sites *aggregate.Sites) *aggregate.Rebuilds {
	return aggregate.NewRebuilds(s, sites, aggregate.NewRoller(s, sites, p.now), p.now)
}

// noRebuild stands where a server would do a whole rebuild: the function does it in parts.
func noRebuild(context.Context, string, func(any)) error {
	return errors.New("this function rebuilds in parts")
}

// rebuildList answers what is known of a site's rebuilds.
func (c *commanding) rebuildList(ctx context.Context, o order) (any, error) {
	return c.inside.ask(ctx, http.MethodGet, "/api/v1/rebuild", url.Values{"site": {o.Site}}, "")
}

// rebuildGiveUp gives up what is not switched in.
func (c *commanding) rebuildGiveUp(ctx context.Context, o order) (any, error) {
	return c.inside.ask(ctx, http.MethodDelete, "/api/v1/rebuild", url.Values{"site": {o.Site}}, "")
}

// encodePoint writes a point as a cursor, which is nobody's business.
func encodePoint(p *consumer.RebuildPoint) string {
	if p == nil {
		return ""
	}
	b, _ := json.Marshal(p) // numbers, times and texts
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodePoint(cursor string) (*consumer.RebuildPoint, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	p := new(consumer.RebuildPoint)
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil || p.Gen == 0 || p.Until.IsZero() {
		return nil, fmt.Errorf("cursor: %.40q is none that a rebuild has answered", cursor)
	}
	return p, nil
}
