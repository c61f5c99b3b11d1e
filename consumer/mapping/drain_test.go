package mapping

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// slow is a function that takes its time, unless its context ends before.
func slow(d time.Duration) answer {
	return func(ctx context.Context, _ int, _ []string) (events.KinesisEventResponse, error) {
		return events.KinesisEventResponse{}, sleep(ctx, d)
	}
}

func TestBatchInHandIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize = 1
		r.cfg.DrainTimeout = 20 * time.Second
		r.answer = slow(15 * time.Second)
		r.model.put(0, "a", "b")
		run := r.start()
		synctest.Wait()
		if err := run.stop(); err != nil {
			t.Error(err)
		}
		r.want("a") // b was not begun
		if got := r.checkpoints.of(0); got != sequence(1) {
			t.Errorf("checkpoint %q", got)
		}
	})
}

func TestDrainEndsAtItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.cfg.DrainTimeout = 10 * time.Second
		r.answer = slow(15 * time.Second)
		r.model.put(0, "a")
		r.model.put(1, "b", "c")
		run := r.start()
		synctest.Wait()
		began := time.Now()
		err := run.stop()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("drained for %v", took)
		}
		for _, want := range []string{shardID(0) + ": 1 records", shardID(1) + ": 2 records"} {
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in %v", want, err)
			}
		}
		if len(r.checkpoints.saved) != 0 {
			t.Errorf("checkpoints %v", r.checkpoints.saved)
		}
	})
}

// What a partial answer makes done during the drain is saved; the rest is not delivered again.
func TestDrainSavesPartialProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			time.Sleep(5 * time.Second)
			return failed(sequence(3))
		}
		r.model.put(0, "a", "b", "c")
		run := r.start()
		synctest.Wait()
		if err := run.stop(); err == nil || !strings.Contains(err.Error(), "1 records from "+sequence(3)) {
			t.Errorf("drain ended with %v", err)
		}
		r.want("a b c")
		if got := r.checkpoints.of(0); got != sequence(2) {
			t.Errorf("checkpoint %q", got)
		}
	})
}

// The store may come back during the drain; if not, the end is in time, and says what is not saved.
func TestDrainRetriesTheCheckpoint(t *testing.T) {
	for name, outage := range map[string]time.Duration{"short": 20 * time.Second, "long": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				back := time.Now().Add(outage)
				r.checkpoints.refuse = func(string, string) error {
					if time.Now().Before(back) {
						return errors.New("store is down")
					}
					return nil
				}
				r.model.put(0, "a")
				run := r.start()
				synctest.Wait()
				err := run.stop()
				if saved := r.checkpoints.of(0) == sequence(1); saved != (name == "short") || saved != (err == nil) {
					t.Errorf("saved %v, drain ended with %v", saved, err)
				}
			})
		})
	}
}

func TestCancelEndsEveryWait(t *testing.T) {
	down := func(string, string) error { return errors.New("down") }
	tests := map[string]func(*rig){
		"at the tip":      func(*rig) {},
		"with a waiter":   func(r *rig) { r.cfg.Kinesis = waitingModel{r.model} },
		"in a window":     func(r *rig) { r.cfg.BatchWindow = time.Minute; r.model.put(0, "a") },
		"in a backoff":    func(r *rig) { r.model.setFault(down) },
		"after a reshard": func(r *rig) { r.model.split(0) },
	}
	for name, arrange := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2)
				arrange(r)
				run := r.start()
				time.Sleep(30 * time.Second)
				began := time.Now()
				if err := run.stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("took %v", took)
				}
				r.want()
			})
		})
	}
}
