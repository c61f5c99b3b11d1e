package mapping

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

func TestBatchesAreDeliveredInOrderAndCheckpointed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize = 2
		r.model.put(0, "a", "b", "c", "d", "e")
		r.consume()
		r.want("a b", "c d", "e")
		if got := r.checkpoints.of(0); got != sequence(5) {
			t.Errorf("checkpoint %s, want that of record 5", got)
		}
	})
}

func TestRestartGoesOnBehindTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.model.put(0, "a", "b")
		r.consume()
		r.want("a b")
		r.model.put(0, "c")
		r.model.put(1, "d")
		r.consume()
		got := r.delivered()
		slices.Sort(got)
		if !slices.Equal(got, []string{"c", "d"}) {
			t.Errorf("delivered %q after the restart", got)
		}
	})
}

// A failed batch comes again with the same records and no others, whatever came into the stream meanwhile, and whatever the
// function did to the event.
func TestRedeliveryIsIdentical(t *testing.T) {
	failures := map[string]func() error{
		"error": func() error { return errFunction },
		"panic": func() error { panic("poison") },
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				var first []events.KinesisEventRecord
				r.answer = func(_ context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
					if n > 3 {
						return events.KinesisEventResponse{}, nil
					}
					r.model.put(0, fmt.Sprint("late", n))
					e := r.events[n-1]
					if n == 1 {
						first = slices.Clone(e.Records)
					} else if !reflect.DeepEqual(first, e.Records) {
						t.Errorf("delivery %d differs from the first", n)
					}
					clear(e.Records)
					return events.KinesisEventResponse{}, fail()
				}
				r.model.put(0, "a", "b")
				r.consume()
				r.want("a b", "a b", "a b", "a b", "late1 late2 late3")
			})
		})
	}
}

func TestPanicIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var invocations []Invocation
		r.cfg.Events.Invoked = func(i Invocation) { invocations = append(invocations, i) }
		r.answer = func(_ context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
			time.Sleep(2 * time.Second)
			if n == 1 {
				panic("poison")
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "a", "b")
		time.Sleep(time.Second)
		r.consume()
		if len(invocations) != 2 {
			t.Fatalf("%d invocations, want 2", len(invocations))
		}
		first, second := invocations[0], invocations[1]
		panicked, ok := errors.AsType[*PanicError](first.Err)
		if !ok || panicked.Value != "poison" || len(panicked.Stack) == 0 || first.Done != 0 {
			t.Errorf("first invocation: %+v", first)
		}
		want := Invocation{ShardID: shardID(0), Records: 2, Bytes: first.Bytes, Attempt: 1, Duration: 2 * time.Second, IteratorAge: time.Second, Err: first.Err}
		if first != want {
			t.Errorf("first invocation\n got %+v\nwant %+v", first, want)
		}
		if first.Bytes == 0 || !second.Again || second.Err != nil || second.Attempt != 2 || second.Done != 2 || second.IteratorAge < 3*time.Second {
			t.Errorf("second invocation: %+v", second)
		}
	})
}

// These sequences were recorded with Lambda: six records, batches of three, the last record always reported as failed.
func TestAttemptsAreBounded(t *testing.T) {
	tests := map[string]struct {
		retries int
		want    []string
	}{
		"no retry":      {0, []string{"1 2 3", "4 5 6", "6"}},
		"one retry":     {1, []string{"1 2 3", "4 5 6", "6", "6"}},
		"three retries": {3, []string{"1 2 3", "4 5 6", "6", "6", "6", "6"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				var discards []Discard
				r.cfg.BatchSize = 3
				r.cfg.MaximumRetryAttempts = &test.retries
				r.cfg.OnDiscard = func(_ context.Context, d Discard) error {
					discards = append(discards, d)
					return nil
				}
				r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
					if slices.Contains(names, "6") {
						return failed(sequence(6))
					}
					return events.KinesisEventResponse{}, nil
				}
				r.model.put(0, "1", "2", "3", "4", "5", "6")
				r.consume()
				r.want(test.want...)
				if len(discards) != 1 {
					t.Fatalf("%d discards, want 1", len(discards))
				}
				d := discards[0]
				if d.ShardID != shardID(0) || d.FirstSequenceNumber != sequence(6) || d.LastSequenceNumber != sequence(6) ||
					d.Attempts != test.retries+1 || d.Err == nil || !slices.Equal(namesOf(d.Event), []string{"6"}) {
					t.Errorf("discarded %+v", d)
				}
				if got := r.checkpoints.of(0); got != sequence(6) {
					t.Errorf("checkpoint %s, want that of record 6", got)
				}
			})
		})
	}
}

func TestDiscardIsRetriedBeforeTheCheckpointMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		calls := 0
		r.cfg.MaximumRetryAttempts = new(0)
		r.cfg.OnDiscard = func(_ context.Context, d Discard) error {
			if got := r.checkpoints.of(0); got != "" {
				t.Errorf("checkpoint %s before the discard", got)
			}
			if calls++; calls < 3 {
				return errors.New("destination is down")
			}
			return nil
		}
		r.answer = func(_ context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
			if n == 1 {
				return events.KinesisEventResponse{}, errFunction
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "a", "b")
		run := r.start()
		run.idle()
		r.model.put(0, "c")
		run.idle()
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
		r.want("a b", "c")
		if calls != 3 || r.checkpoints.of(0) != sequence(3) {
			t.Errorf("%d discards, checkpoint %s", calls, r.checkpoints.of(0))
		}
	})
}

// A partial success counts the attempts of the rest anew; no progress does not.
func TestPartialResponseRenewsTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		discarded := ""
		r.cfg.MaximumRetryAttempts = new(1)
		r.cfg.OnDiscard = func(_ context.Context, d Discard) error {
			discarded = fmt.Sprint(namesOf(d.Event), d.Attempts)
			return nil
		}
		r.answer = func(_ context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
			// The second delivery of each rest moves it on by one record, until the third is stuck.
			return failed([]string{"", sequence(1), sequence(2), sequence(2), sequence(3), sequence(3), sequence(3)}[n])
		}
		r.model.put(0, "a", "b", "c", "d")
		r.consume()
		r.want("a b c d", "a b c d", "b c d", "b c d", "c d", "c d")
		if discarded != "[c d] 2" {
			t.Errorf("discarded %s", discarded)
		}
	})
}

func TestFunctionHasItsTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.FunctionTimeout = 7 * time.Second
		r.answer = func(ctx context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
			if n > 1 {
				return events.KinesisEventResponse{}, nil
			}
			began := time.Now()
			<-ctx.Done()
			if took := time.Since(began); took != 7*time.Second {
				t.Errorf("time limit after %v", took)
			}
			return events.KinesisEventResponse{}, ctx.Err()
		}
		r.model.put(0, "a")
		r.consume()
		r.want("a", "a")
	})
}

// A checkpoint that cannot be saved stops the shard, and nothing is delivered twice for it.
func TestSaveIsRetriedWithoutRedelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize = 1
		saves, reports := 0, 0
		r.cfg.Events.Failed = func(string, error) { reports++ }
		r.checkpoints.refuse = func(string, string) error {
			if saves++; saves <= 4 {
				return errors.New("store is down")
			}
			return nil
		}
		r.model.put(0, "a", "b")
		r.consume()
		r.want("a", "b")
		if saves != 6 || reports != 4 {
			t.Errorf("%d saves and %d reports, want 6 and 4", saves, reports)
		}
	})
}
