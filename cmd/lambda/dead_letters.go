package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/gateway"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store"
)

// newInside makes the API of a server on one machine, as far as the function command answers by it: what is asked and answered is the same.
func newInside(p *parts, s store.Store, sites *aggregate.Sites) (*inside, *undelivered) {
	committer := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: max(1, p.settings.shards), Now: p.now})
	h := consumer.New(s, sites, committer, consumer.Options{CreateSites: p.settings.createSites, Now: p.now})
	return &inside{gateway.New(apigw.New(apigw.Options{
		Putter: noStream{}, Store: s, Sites: sites, Reader: aggregate.NewReader(s, sites), Accounts: aggregate.NewAccounts(s, p.now),
		Quarantine: aggregate.NewQuarantine(s, p.now), Redrive: h.Redrive, Now: p.now,
		Rebuilds: p.rebuilds(s, sites), Rebuild: noRebuild,
		OnError: func(err error) { p.log.Error().Err(err).Msg("order failed") },
	}))}, newUndelivered(p, h.Discard)
}

// dlqList lists copies in quarantine, those that arrived last first. The first page begins with what the mapping has put into the bucket: it is taken into quarantine, so
// that there is one list. Keys are of copies that were listed, so that no other order has to look there.
func (c *commanding) dlqList(ctx context.Context, o order) (any, error) {
	if o.Cursor == "" {
		if err := c.undelivered.takeIn(ctx); err != nil {
			return nil, err
		}
	}
	q := url.Values{"cursor": {o.Cursor}}
	if o.Site != "" {
		q.Set("site", o.Site)
	}
	if o.Limit != 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	return c.inside.ask(ctx, http.MethodGet, "/api/v1/dlq", q, "")
}

// dlqShow shows one with its bytes.
func (c *commanding) dlqShow(ctx context.Context, o order) (any, error) {
	if len(o.Keys) != 1 {
		return nil, errors.New("keys: one is needed")
	}
	return c.inside.ask(ctx, http.MethodGet, "/api/v1/dlq/"+url.PathEscape(o.Keys[0]), nil, "")
}

// redrive brings copies back, with their position, their arrival and their derived id. It may be repeated.
func (c *commanding) redrive(ctx context.Context, o order) (any, error) {
	body, err := json.Marshal(map[string]any{"keys": o.Keys})
	if err != nil {
		return nil, err
	}
	return c.inside.ask(ctx, http.MethodPost, "/api/v1/redrive", nil, string(body))
}
