package mapping

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// waitIdle calls WaitIdle and tells whether it has returned.
func waitIdle(t *testing.T, m *Mapping) (returned func() bool) {
	done := make(chan error, 1)
	go func() { done <- m.WaitIdle(t.Context()) }()
	synctest.Wait()
	return func() bool { synctest.Wait(); return len(done) == 1 }
}

func TestWaitIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		release := make(chan struct{})
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			<-release
			return events.KinesisEventResponse{}, nil
		}
		saving := errors.New("store is down")
		r.checkpoints.refuse = func(string, string) error { return saving }

		run := r.start()
		run.idle() // nothing there
		r.model.put(1, "a")
		idle := waitIdle(t, run.Mapping)
		if time.Sleep(time.Minute); idle() {
			t.Error("idle while the function runs")
		}
		close(release)
		if time.Sleep(time.Minute); idle() {
			t.Error("idle while the checkpoint is not saved")
		}
		r.checkpoints.mu.Lock()
		r.checkpoints.refuse = nil
		r.checkpoints.mu.Unlock()
		if time.Sleep(time.Minute); !idle() {
			t.Error("not idle though all is consumed")
		}
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// WaitIdle does not wait for the next poll, nor for a record where there is a Waiter: it wakes the shards.
func TestWaitIdleWakes(t *testing.T) {
	for name, waiter := range map[string]bool{"poll": false, "waiter": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 3)
				if waiter {
					r.cfg.Kinesis = waitingModel{r.model}
				}
				r.cfg.PollInterval = time.Hour
				run := r.start()
				run.idle()
				synctest.Wait()
				reads, began := r.model.count("GetRecords"), time.Now()
				run.idle()
				if took, more := time.Since(began), r.model.count("GetRecords")-reads; took != 0 || more != 3 {
					t.Errorf("idle after %v and %d reads, want 0 and 3", took, more)
				}
				if err := run.stop(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Records that nobody has read yet, in shards that nobody has listed yet.
func TestWaitIdleSeesAReshard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		run := r.start()
		run.idle()
		r.model.put(0, "a")
		r.model.split(0)
		r.model.put(2, "b")
		r.model.merge(1, 2)
		r.model.put(3, "c")
		run.idle()
		r.want("a", "b", "c")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// It waits for a Run to begin, and for the window of what was read; and where there is a Waiter, no longer.
func TestWaitIdleWaitsForRunAndWindow(t *testing.T) {
	for name, longer := range map[string]time.Duration{"poll": time.Second, "waiter": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				if name == "waiter" {
					r.cfg.Kinesis = waitingModel{r.model}
				}
				r.cfg.BatchWindow = 20 * time.Second
				r.model.put(0, "a")
				m, err := New(r.cfg)
				if err != nil {
					t.Fatal(err)
				}
				idle := waitIdle(t, m)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- m.Run(ctx) }()
				if time.Sleep(19 * time.Second); idle() {
					t.Error("idle before the window was over")
				}
				if time.Sleep(time.Second + longer); !idle() {
					t.Error("not idle after the window")
				}
				cancel()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A round that begins between a shard's read and its sleep must not be slept through.
func TestNobodyFallsAsleepInANewRound(t *testing.T) {
	b := newBoard()
	b.add("shard", beginning)
	round, woken := b.currentRound(), false
	wake := func() { woken = true }
	if !b.fallAsleep("shard", round, wake) {
		t.Error("not asleep though nobody asked")
	}
	b.ask()
	if !woken {
		t.Error("not woken")
	}
	if b.awake("shard"); b.fallAsleep("shard", round, wake) {
		t.Error("asleep in a round that was not answered")
	}
}

func TestWaitIdleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.answer = slow(time.Hour)
		r.cfg.DrainTimeout = time.Second
		r.model.put(0, "a")
		run := r.start()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := run.WaitIdle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline: %v", err)
		}
		if err := run.stop(); err == nil {
			t.Error("nothing was left in hand")
		}
		if err := run.WaitIdle(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("after Run: %v", err)
		}
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		release := make(chan error)
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			return events.KinesisEventResponse{}, <-release
		}
		r.model.put(0, "a")
		r.model.split(0)
		time.Sleep(3 * time.Second)
		run := r.start()
		check := func(want ...ShardStatus) {
			t.Helper()
			synctest.Wait()
			got := run.Status()
			if len(got) != len(want) {
				t.Fatalf("%d shards, want %d", len(got), len(want))
			}
			for i, w := range want {
				got[i].Arrived, got[i].Progress = time.Time{}, time.Time{} // TestStall's
				if w.ShardID = shardID(i); got[i] != w {
					t.Errorf("got  %+v\nwant %+v", got[i], w)
				}
			}
		}
		const none = "TRIM_HORIZON"
		tip, child := ShardStatus{State: Idle, Checkpoint: none}, ShardStatus{State: Waiting, Checkpoint: none}
		check(ShardStatus{State: Invoking, Checkpoint: none, Attempts: 1, IteratorAge: 3 * time.Second}, tip, child, child)
		release <- errFunction
		check(ShardStatus{State: Retrying, Checkpoint: none, Attempts: 1, IteratorAge: 3 * time.Second, LastError: errFunction}, tip, child, child)
		release <- nil
		run.idle()
		child.State = Idle
		got := run.Status()[0]
		if got.State != Drained || got.Checkpoint != ShardEnd || got.Attempts != 0 || got.LastError != nil {
			t.Errorf("drained shard: %+v", got)
		}
		got.Arrived, got.Progress = time.Time{}, time.Time{}
		check(got, tip, child, child)
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}
