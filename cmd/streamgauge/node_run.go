package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/stream"
)

const (
	// drainTimeout is how long the end waits for requests, for the producer, and for the consumer, each.
	drainTimeout = 10 * time.Second
	purgeEvery   = time.Hour
)

// run works until ctx ends or a part fails, then drains: no new requests, what was accepted goes to the stream, what is on the stream is counted, as
// far as the time allows.
func (n *node) run(ctx context.Context) error {
	// Each stage is stopped when the one before it is done, so they have contexts of their own.
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	group, ctx := errgroup.WithContext(ctx)
	consuming, stopConsuming := context.WithCancel(background)
	defer stopConsuming()

	web := &http.Server{Handler: n.clients.around(n.server), ReadHeaderTimeout: 10 * time.Second}
	wire := stream.NewServer(n.broker)
	web.RegisterOnShutdown(n.live.Close)
	web.RegisterOnShutdown(n.server.EndStreams)
	group.Go(func() error { return serve(web.Serve(n.httpListener)) })
	group.Go(func() error { return serve(wire.Serve(n.kinesisListener)) })
	group.Go(func() error { return n.mapping.Run(consuming) })
	group.Go(func() error { return n.roller.Run(background) })
	group.Go(func() error { return n.runAlerts(background) })
	group.Go(func() error { n.keepAccounts(background); return nil })
	group.Go(func() error { n.recorder.Run(background); return nil })
	group.Go(func() error { n.purge(background); return nil })
	if n.places != nil {
		group.Go(func() error {
			n.places.Run(background, func(err error) {
				n.log.Error().Err(err).Msg("the database of places cannot be read anew; the one before is used on")
			})
			return nil
		})
	}
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case err := <-n.broken:
			return err
		}
	})
	if n.demo {
		group.Go(func() error { return n.runDemo(ctx) })
	}
	group.Go(func() error {
		<-ctx.Done()
		n.log.Info().Msg("draining")
		err := errors.Join(drain("requests", web.Shutdown), drain("Kinesis requests", wire.Shutdown), drain("producer", n.producer.Flush))
		left := drain("consumer", n.mapping.WaitIdle)
		stopConsuming()
		n.reportLeft(left)
		stopBackground()
		return err
	})
	return group.Wait()
}

func serve(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// drain gives a part drainTimeout to finish.
func drain(what string, finish func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := finish(ctx); err != nil {
		return fmt.Errorf("drain %s: %w", what, err)
	}
	return nil
}

// reportLeft says what is on the stream and not counted yet.
func (n *node) reportLeft(err error) {
	if err == nil {
		n.log.Info().Msg("drained: everything accepted is counted")
		return
	}
	for _, s := range n.mapping.Status() {
		if s.State != mapping.Idle && s.State != mapping.Drained {
			n.log.Warn().Str("shard", s.ShardID).Dur("behind_ms", s.Behind).Err(s.LastError).
				Msg("left on the stream, durable; it is counted at the next start")
		}
	}
}

func (n *node) keepAccounts(ctx context.Context) {
	n.accounts.Run(ctx, func(err error) {
		if ctx.Err() == nil {
			n.failed(err, "writing accounts failed; it is tried again")
		}
	})
}

// purge deletes salts that have reached their age, now and every hour.
func (n *node) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := n.server.PurgeSalts(ctx); err != nil && ctx.Err() == nil {
			n.failed(err, "deleting old salts failed; it is tried again")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
