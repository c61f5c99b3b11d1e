package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// tick is the event of a schedule: the template's rules send it as their input.
type tick struct {
	// Repair compares all roll-ups with their logs, once a day.
	Repair bool `json:"repair"`
}

type rolledUp struct {
	TookMS int64 `json:"took_ms"`
}

// rolling is the role rollup.
type rolling struct {
	*parts
	store    *dynamo.Store
	roller   *aggregate.Roller
	notifier *aggregate.Notifier
	server   *apigw.Server // has the salts
}

func rollUp(p *parts) lambda.Handler { return typed((&rolling{parts: p}).handle) }

func (r *rolling) open() error {
	if r.roller != nil {
		return nil
	}
	s, err := r.parts.store()
	if err != nil {
		return err
	}
	r.store, r.server = s, apigw.New(apigw.Options{Store: s, Now: r.now})
	sites := aggregate.NewSites(s, r.now)
	roller := aggregate.NewRoller(s, sites, r.now)
	roller.Finals = r.finals(s, sites)
	r.roller, r.notifier = roller, r.parts.notifier(s, sites)
	return nil
}

// handle does what is due. One part that fails keeps none of the others from being done; the next tick tries again.
func (r *rolling) handle(ctx context.Context, t tick) (rolledUp, error) {
	if err := r.open(); err != nil {
		return rolledUp{}, err
	}
	began, before := r.now(), r.store.Consumed()
	errs := []error{named("roll up", r.roller.Round(ctx)), named("sum up accounts", r.roller.SumAccounts(ctx)), named("purge salts", r.server.PurgeSalts(ctx))}
	if t.Repair {
		errs = append(errs, named("repair roll-ups", r.roller.Repair(ctx)))
	}
	sent, err := r.notifier.Round(ctx)
	err = errors.Join(append(errs, named("send messages", err))...)
	took := r.now().Sub(began)
	done := 1.0
	if err != nil {
		done = 0
		r.log.Error().Err(err).Str("request_id", requestID(ctx)).Msg("a part of the round failed; the next one tries again")
	}
	now := r.store.Consumed()
	r.metrics.emit(requestID(ctx), metric{meters.Rounds, done}, metric{meters.Took, float64(took.Milliseconds())},
		metric{meters.ReadUnits, now.Read - before.Read}, metric{meters.WriteUnits, now.Written - before.Written},
		metric{meters.Throttles, float64(now.Throttled - before.Throttled)},
		metric{meters.Sent, float64(sent.Sent)}, metric{meters.Unsent, float64(sent.Failed)}, metric{meters.GivenUp, float64(sent.GivenUp)})
	return rolledUp{took.Milliseconds()}, err
}

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
