package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/gateway"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/dashboards"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
)

// accountsEvery is how often a door writes its accounts at most. Each write is paid for, and accounts are no proof: see aggregate.Accounts.
const accountsEvery = 5 * time.Second

// door is a role that serves HTTP, made at its first request.
type door struct {
	handler  *gateway.Handler
	accounts *aggregate.Accounts
	minutes  *pipeline.Minutes // nil for one that takes no events
	flushed  time.Time
}

// flush writes what the door counted, as far as it is due.
func (d *door) flush(ctx context.Context, now time.Time) error {
	var errs []error
	if now.Sub(d.flushed) >= accountsEvery {
		d.flushed = now
		errs = append(errs, d.accounts.Flush(ctx))
	}
	if d.minutes != nil {
		errs = append(errs, d.minutes.FlushDue(ctx))
	}
	return errors.Join(errs...)
}

// onHTTP is the handler of a role that serves HTTP. Where it cannot be made, the next request tries again.
func onHTTP(p *parts, open func(*parts) (*door, error)) lambda.Handler {
	var mu sync.Mutex // Lambda sends one event at a time; this says so
	var d *door
	return invocation(func(ctx context.Context, event []byte) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if d == nil {
			var err error
			if d, err = open(p); err != nil {
				return nil, err
			}
		}
		out, err := d.handler.Invoke(ctx, event)
		if err == nil {
			if err := d.flush(ctx, p.now()); err != nil {
				p.log.Warn().Err(err).Str("request_id", requestID(ctx)).Msg("writing accounts failed; it is tried again")
			}
		}
		return out, err
	})
}

// serverOptions are what both roles' servers have in common.
func (p *parts) serverOptions(s store.Store) apigw.Options {
	sites := aggregate.NewSites(s, p.now)
	return apigw.Options{
		Store: s, Sites: sites, Reader: aggregate.NewReader(s, sites), Accounts: aggregate.NewAccounts(s, p.now),
		Quarantine: aggregate.NewQuarantine(s, p.now), CreateSites: p.settings.createSites, Gate: p.gate(), Now: p.now,
		OnError: func(err error) { p.log.Error().Err(err).Msg("request failed") },
		OnSite:  func(id string) { p.log.Info().Str("site", id).Msg("site created by its first event, in UTC") },
	}
}

// collect takes events and puts them on the stream. It answers nothing that shows figures, whoever asks.
func collect(p *parts) lambda.Handler {
	return onHTTP(p, func(p *parts) (*door, error) {
		s, err := p.store()
		if err != nil {
			return nil, err
		}
		o := p.serverOptions(s)
		if o.Putter, err = producer.New(p.kinesis(), p.settings.stream, producer.Options{OnFull: producer.Fail, RetryFor: doorRetryFor}); err != nil {
			return nil, err
		}
		minutes := pipeline.NewMinutes(s, p.now)
		o.Counters = minutes
		return &door{handler: gateway.New(only(apigw.New(o), isIngest)), accounts: o.Accounts, minutes: minutes}, nil
	})
}

// doorRetryFor is how long the door tries to write before it says that it cannot.
const doorRetryFor = 3 * time.Second

// query serves the page and the API. It cannot write to the stream.
func query(p *parts) lambda.Handler {
	return onHTTP(p, func(p *parts) (*door, error) {
		s, err := p.store()
		if err != nil {
			return nil, err
		}
		o := p.serverOptions(s)
		o.Page, o.Putter, o.Notifier = dashboards.Handler(), noStream{}, p.notifier(s, o.Sites)
		o.Live, o.Buffered = aggregate.NewLive(o.Reader, aggregate.LiveOptions{Now: p.now}), true // API Gateway waits for the end of an answer
		return &door{handler: gateway.New(only(apigw.New(o), func(path string) bool { return !isIngest(path) })), accounts: o.Accounts}, nil
	})
}

// isIngest reports whether a path takes events. The API is at /api/v1 and /api/v2; trackers have paths of their own elsewhere.
func isIngest(path string) bool {
	switch {
	case strings.HasPrefix(path, "/api/v1/"), strings.HasPrefix(path, "/api/v2/"), path == "/metrics":
		return false
	case path == "/healthz", path == "/readyz":
		return true
	}
	return strings.HasPrefix(path, "/v1/")
}

// only serves some paths.
func only(h http.Handler, serves func(path string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !serves(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// noStream refuses events: the query function serves no path that brings any.
type noStream struct{}

func (noStream) PutAll(_ context.Context, items []producer.Item) ([]error, error) {
	return nil, errors.New("this function writes no events")
}
