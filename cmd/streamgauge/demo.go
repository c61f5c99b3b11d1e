package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/streamgauge/streamgauge/producer/load"
)

// demoSite is where the made-up visitors go.
const demoSite = "demo"

// demoWatch is how often it is looked whether the demo's visitors reach the collector.
const demoWatch = 5 * time.Second

// runDemo sends visitors through the front door, as a site's own would come, until ctx ends.
func (n *node) runDemo(ctx context.Context) error {
	plan := load.Demo(demoSite, rand.Uint64(), time.Now())
	script, err := plan.Prepare()
	if err != nil {
		return fmt.Errorf("make demo visitors: %w", err)
	}
	target := n.httpURL() + doorPath
	if n.access != nil {
		target += "?key=" + n.access.current().SiteKey(demoSite)
	}
	rec := load.NewRecorder(plan.Start, time.Minute)
	run, err := load.NewRunner(script, rec, load.Limits{}, func(done load.Done) (load.Target, error) {
		return load.NewHTTP(ctx, load.HTTPOptions{URL: target, Header: map[string]string{trustHeader: trustVisitor}}, done)
	})
	if err != nil {
		return fmt.Errorf("make demo visitors: %w", err)
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go n.watchDemo(watching, rec)
	if err := run.Run(ctx); err != nil {
		return fmt.Errorf("send demo visitors: %w", err)
	}
	return nil
}

// watchDemo says once, each time it begins, that the visitors do not get through.
func (n *node) watchDemo(ctx context.Context, rec *load.Recorder) {
	var last uint64
	failing := false
	for sleep(ctx, demoWatch) == nil {
		t := rec.Totals()
		if t.Failed > last && !failing {
			n.log.Warn().Interface("errors", t.Errors).Msg("demo visitors cannot reach the collector")
		}
		failing, last = t.Failed > last, t.Failed
	}
}
