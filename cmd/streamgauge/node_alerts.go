package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/notify"
	"github.com/streamgauge/streamgauge/consumer/mapping"
)

// target is where final values may be sent: log, or a URL.
type target string

func (t *target) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	isURL := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
	if string(text) != aggregate.ToLog && !isURL {
		return fmt.Errorf("%q is neither log nor a URL with http or https", text)
	}
	*t = target(text)
	return nil
}

// buildAlerts makes what settles minutes, evaluates rules and tells of both.
func (n *node) buildAlerts(desc *types.StreamDescriptionSummary, publish []target) {
	n.cursors = aggregate.NewCursors(n.store, *desc.StreamARN, time.Now)
	o := aggregate.FinalsOptions{Notify: []string{aggregate.ToLog}}
	for _, t := range publish {
		o.Publish = append(o.Publish, string(t))
	}
	n.roller.Finals = aggregate.NewFinals(n.store, n.sites, time.Now, o)
	// Who runs this sets the webhooks: they may be on this machine.
	webhook := notify.NewWebhook(notify.Private, time.Now)
	n.closers = append(n.closers, closeWebhook{webhook})
	n.notifier = aggregate.NewNotifier(n.store, n.sites, time.Now, map[string]aggregate.Sender{
		aggregate.ToWebhook: webhook.Send, aggregate.ToLog: n.logMessage,
	})
	n.notifier.OnRound = newMessageMeter(n.registry)
	n.notifier.OnError = func(err error) { n.failed(err, "a message was not delivered") }
}

// logMessage writes a message to the log.
func (n *node) logMessage(_ context.Context, m aggregate.Message) error {
	n.log.Info().Str("id", m.ID).Str("site", m.Site).RawJSON(m.Kind, json.RawMessage(m.Body)).Msg(m.Kind)
	return nil
}

// runAlerts writes cursors and sends messages until ctx ends.
func (n *node) runAlerts(ctx context.Context) error {
	var group errgroup.Group
	group.Go(func() error {
		n.cursors.Run(ctx, func(err error) {
			if ctx.Err() == nil {
				n.failed(err, "writing how far shards are counted failed; it is tried again")
			}
		})
		return nil
	})
	group.Go(func() error { return n.notifier.Run(ctx) })
	return group.Wait()
}

// noteCursors lets the mapping tell how far it is.
func (n *node) noteCursors(e *mapping.Events) {
	e.ShardAdded, e.Passed, e.Drained = n.cursors.Added, n.cursors.Passed, n.cursors.Drained
}

type closeWebhook struct{ *notify.Webhook }

func (c closeWebhook) Close() error { c.Webhook.Close(); return nil }
