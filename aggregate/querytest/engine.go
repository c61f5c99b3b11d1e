package querytest

import (
	"context"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// SiteID is the site of all scripts and workloads.
const SiteID = "demo"

// Site is what a site chooses.
type Site struct {
	query.Rules
	Bots aggregate.BotRule
}

// Engine is something that counts events and answers queries.
type Engine interface {
	// SetSite creates the site or changes its choices. The zone stays once there are events.
	SetSite(ctx context.Context, s Site) error
	// Load takes events that came together. Each has a site, an id and a time of arrival; they are processed in their order.
	Load(ctx context.Context, batch []event.Event) error
	Query(ctx context.Context, q query.Query) (query.Result, error)
	Funnel(ctx context.Context, f query.Funnel) (query.FunnelResult, error)
	Retention(ctx context.Context, r query.Retention) (query.RetentionResult, error)
	Journey(ctx context.Context, j query.Journey) (query.JourneyResult, error)
	Ledger(ctx context.Context) (aggregate.Ledger, error)
}
