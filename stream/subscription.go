package stream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// How subscriptions live in Kinesis.
const (
	subscriptionLife = 5 * time.Minute
	subscriptionHold = 5 * time.Second // a newer one may take over after that
	heartbeatEvery   = 5 * time.Second // an event without records, so that a client sees that the subscription lives
	maxEventBytes    = 2 << 20         // of data and partition keys together, unless one record is larger
)

// subscriptions are those that run. A consumer has one for each shard at most.
type subscriptions struct {
	mu      sync.Mutex // guards running
	running map[subscriptionKey]*running
}

type subscriptionKey struct {
	consumer string // ARN
	shard    uint32
}

type running struct {
	since time.Time
	stop  context.CancelCauseFunc
}

// begin enters a subscription, which lives as long as the context that it returns. One that has had its time goes for it.
// The caller calls end.
func (t *subscriptions) begin(ctx context.Context, key subscriptionKey) (_ context.Context, end func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.running[key]; old != nil {
		if time.Since(old.since) < subscriptionHold {
			return nil, nil, subscriptionInUse(key, "Another active subscription exists for this consumer and shard")
		}
		old.stop(subscriptionInUse(key, "Another subscription took over"))
	}
	ctx, expire := context.WithTimeout(ctx, subscriptionLife)
	ctx, stop := context.WithCancelCause(ctx)
	r := &running{since: time.Now(), stop: stop}
	if t.running == nil {
		t.running = map[subscriptionKey]*running{}
	}
	t.running[key] = r
	return ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.running[key] == r {
			delete(t.running, key)
		}
		stop(nil)
		expire()
	}, nil
}

// stopAll ends the subscriptions of a consumer.
func (t *subscriptions) stopAll(consumer string, reason error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, r := range t.running {
		if key.consumer == consumer {
			r.stop(reason)
		}
	}
}

func subscriptionInUse(key subscriptionKey, reason string) error {
	message := fmt.Sprintf("%s: %s, %s.", reason, key.consumer, shardID(key.shard))
	return &types.ResourceInUseException{Message: &message}
}
