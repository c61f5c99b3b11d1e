package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/gateway"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/store"
)

// deadLetters are the records that could not be counted: those in quarantine, and those that the mapping has put into the bucket, which are taken into quarantine before
// anything is said of it. What is asked and answered is what the API of a server on one machine has.
type deadLetters struct {
	api         *gateway.Handler
	undelivered *undelivered
}

func newDeadLetters(p *parts, s store.Store, sites *aggregate.Sites) *deadLetters {
	committer := aggregate.NewCommitter(s, sites, aggregate.Options{Shards: max(1, p.settings.shards), Now: p.now})
	h := consumer.New(s, sites, committer, consumer.Options{CreateSites: p.settings.createSites, Now: p.now})
	return &deadLetters{
		api: gateway.New(apigw.New(apigw.Options{
			Putter: noStream{}, Store: s, Sites: sites, Reader: aggregate.NewReader(s, sites), Accounts: aggregate.NewAccounts(s, p.now),
			Quarantine: aggregate.NewQuarantine(s, p.now), Redrive: h.Redrive, Now: p.now,
			OnError: func(err error) { p.log.Error().Err(err).Msg("order failed") },
		})),
		undelivered: newUndelivered(p, h.Discard),
	}
}

// dlqList lists copies in quarantine, those that arrived last first.
func (c *commanding) dlqList(ctx context.Context, o order) (any, error) {
	q := url.Values{"cursor": {o.Cursor}}
	if o.Site != "" {
		q.Set("site", o.Site)
	}
	if o.Limit != 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	return c.dlq.ask(ctx, http.MethodGet, "/api/v1/dlq", q, "")
}

// dlqShow shows one with its bytes.
func (c *commanding) dlqShow(ctx context.Context, o order) (any, error) {
	if len(o.Keys) != 1 {
		return nil, errors.New("keys: one is needed")
	}
	return c.dlq.ask(ctx, http.MethodGet, "/api/v1/dlq/"+url.PathEscape(o.Keys[0]), nil, "")
}

// redrive brings copies back, with their position, their arrival and their derived id. It may be repeated.
func (c *commanding) redrive(ctx context.Context, o order) (any, error) {
	body, err := json.Marshal(map[string]any{"keys": o.Keys})
	if err != nil {
		return nil, err
	}
	return c.dlq.ask(ctx, http.MethodPost, "/api/v1/redrive", nil, string(body))
}

// ask takes in what was not delivered, and then asks the API.
func (d *deadLetters) ask(ctx context.Context, method, path string, query url.Values, body string) (any, error) {
	if err := d.undelivered.takeIn(ctx); err != nil {
		return nil, err
	}
	r := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, RawQueryString: query.Encode(), Body: body, Headers: map[string]string{"content-type": "application/json"}}
	r.RequestContext.HTTP.Method, r.RequestContext.HTTP.SourceIP = method, "127.0.0.1"
	event, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	answer, err := d.api.Invoke(ctx, event)
	if err != nil {
		return nil, err
	}
	var got struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return nil, err
	}
	if got.StatusCode == http.StatusOK {
		return json.RawMessage(got.Body), nil
	}
	var failed struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(got.Body), &failed); err != nil {
		return nil, fmt.Errorf("%d %s", got.StatusCode, got.Body)
	}
	return nil, fmt.Errorf("%s: %s", failed.Error.Code, failed.Error.Message)
}
