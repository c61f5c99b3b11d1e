package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
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
	store  *dynamo.Store
	roller *aggregate.Roller
	server *apigw.Server // has the salts
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
	r.roller = aggregate.NewRoller(s, aggregate.NewSites(s, r.now), r.now)
	return nil
}

// handle does what is due. One part that fails keeps none of the others from being done; the next tick tries again.
func (r *rolling) handle(ctx context.Context, t tick) (rolledUp, error) {
	if err := r.open(); err != nil {
		return rolledUp{}, err
	}
	began, before := r.now(), r.store.Consumed()
	errs := []error{named("roll up", r.roller.Round(ctx)), named("purge salts", r.server.PurgeSalts(ctx))}
	if t.Repair {
		errs = append(errs, named("repair roll-ups", r.roller.Repair(ctx)))
	}
	err := errors.Join(errs...)
	took := r.now().Sub(began)
	done := 1.0
	if err != nil {
		done = 0
		r.log.Error().Err(err).Str("request_id", requestID(ctx)).Msg("a part of the round failed; the next one tries again")
	}
	now := r.store.Consumed()
	r.metrics.emit(requestID(ctx), metric{"Rounds", count, done}, metric{"Took", milliseconds, float64(took.Milliseconds())},
		metric{"StoreReadUnits", none, now.Read - before.Read}, metric{"StoreWriteUnits", none, now.Written - before.Written},
		metric{"StoreThrottles", count, float64(now.Throttled - before.Throttled)})
	return rolledUp{took.Milliseconds()}, err
}

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
