package mapping

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// A shard whose records are delivered again and again, and fail, gets older and is stalled from the moment that it had something to do; one
// that has nothing to do is neither, however long that lasts.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.cfg.Events = Events{}
		r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
			if names[0] == "a" {
				return events.KinesisEventResponse{}, errors.Join(ErrThrottled, errFunction)
			}
			return events.KinesisEventResponse{}, nil
		}
		run := r.start()
		look := func(i int) (age, stalled time.Duration) {
			synctest.Wait()
			s := run.Status()[i]
			return s.Age(time.Now()), s.Stalled(time.Now())
		}
		time.Sleep(time.Hour)
		for i := range 2 {
			if age, stalled := look(i); age != 0 || stalled != 0 {
				t.Errorf("an idle shard is %v old and stalled for %v", age, stalled)
			}
		}
		r.model.put(0, "a")
		for _, after := range []time.Duration{time.Minute, time.Hour} {
			put := after / 10 // at least as long as the poll interval takes to find it
			time.Sleep(after)
			age, stalled := look(0)
			if age < after-put || stalled < after-put || age > 2*after || stalled > 2*after {
				t.Errorf("%v after a record that always fails: %v old, stalled for %v", after, age, stalled)
			}
			if age, stalled := look(1); age != 0 || stalled != 0 {
				t.Errorf("the other shard is %v old and stalled for %v", age, stalled)
			}
		}
		if err := run.stop(); err == nil {
			t.Error("nothing was left in hand")
		}
	})
}

// What the mapping tells of: deliveries of what was delivered before, halves, and what is given up.
func TestEventsOfAPoisonRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize = 4
		r.cfg.BisectBatchOnFunctionError = true
		r.cfg.MaximumRetryAttempts = new(1)
		r.cfg.OnDiscard = func(context.Context, Discard) error { return nil }
		r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
			for _, name := range names {
				if name == "c" {
					return events.KinesisEventResponse{}, errFunction
				}
			}
			return events.KinesisEventResponse{}, nil
		}
		var first, again, bisected, discarded int
		r.cfg.Events = Events{
			Invoked: func(i Invocation) {
				if i.Again {
					again++
				} else {
					first++
				}
			},
			Bisected: func(string) { bisected++ },
			Discarded: func(_ string, why Condition, records int) {
				if why != RetryAttemptsExhausted {
					t.Errorf("given up for %s", why)
				}
				discarded += records
			},
		}
		r.model.put(0, "a", "b", "c", "d")
		r.consume()
		// abcd fails; ab; cd fails; c fails twice and is given up; d.
		if first != 1 || again != 5 || bisected != 2 || discarded != 1 {
			t.Errorf("%d first deliveries, %d others, %d bisections, %d records given up", first, again, bisected, discarded)
		}
	})
}
