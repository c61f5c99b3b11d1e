package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer/load"
)

// demoSite is where the made-up visitors go.
const demoSite = "demo"

// runDemo sends visitors through the front door, as a site's own would come, until ctx ends.
func (n *node) runDemo(ctx context.Context) error {
	visitors, err := load.NewVisitors(rand.Uint64(), load.Options{Site: demoSite, Start: time.Now()})
	if err != nil {
		return fmt.Errorf("make demo visitors: %w", err)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	post := load.HTTP(client, n.httpURL()+"/v1/events")
	var failing bool
	_, err = load.Run(ctx, visitors.Events(), load.Pacing{InFlight: 16}, func(ctx context.Context, events []*event.Event) error {
		err := post(ctx, events)
		if err != nil && !failing && ctx.Err() == nil {
			n.log.Warn().Err(err).Msg("demo visitors cannot reach the collector")
		}
		failing = err != nil
		return err
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("send demo visitors: %w", err)
	}
	return nil
}
