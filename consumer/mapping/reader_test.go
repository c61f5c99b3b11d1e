package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// A function that takes longer than an iterator lives, with more records behind, and with a tip that moves.
func TestExpiredIterator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.model.pageRecords = 2
		r.cfg.FunctionTimeout = time.Hour
		r.cfg.Events.Failed = func(_ string, err error) { t.Error(err) }
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			time.Sleep(iteratorLife + time.Second)
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "a", "b", "c", "d")
		run := r.start()
		run.idle()
		r.model.put(0, "e")
		run.idle()
		r.want("a b", "c d", "e")
		if n := r.model.count("GetShardIterator"); n != 4 {
			t.Errorf("%d iterators, want 1 and 3 after expiry", n)
		}
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// LATEST whose iterator expires before anything was read does not move to a later tip.
func TestExpiredIteratorAtLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.StartingPosition = types.ShardIteratorTypeLatest
		r.model.setFault(func(call, _ string) error {
			if call == "GetRecords" {
				return &types.ProvisionedThroughputExceededException{}
			}
			return nil
		})
		run := r.start()
		synctest.Wait()
		r.model.put(0, "a")
		time.Sleep(iteratorLife + time.Second)
		r.model.setFault(nil)
		run.idle()
		r.want("a")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// Neither throttles nor failed calls lose, double or discard anything, though no retry of the function is allowed.
func TestKinesisFaultsAreNoAttempts(t *testing.T) {
	faults := map[string]error{
		"throttle":  &types.ProvisionedThroughputExceededException{},
		"limit":     &types.LimitExceededException{},
		"transient": errors.New("connection reset"),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				calls, throttles, failures := 0, 0, 0
				r.cfg.Events.Throttled = func(string) { throttles++ }
				r.cfg.Events.Failed = func(string, error) { failures++ }
				r.cfg.MaximumRetryAttempts = new(0)
				r.cfg.OnDiscard = func(_ context.Context, d Discard) error { return fmt.Errorf("discarded %+v", d) }
				r.model.setFault(func(string, string) error {
					if calls++; calls%3 != 0 {
						return fault
					}
					return nil
				})
				r.model.pageRecords = 1
				r.model.put(0, "a", "b", "c")
				r.consume()
				r.want("a", "b", "c")
				if isThrottle(fault) && (throttles == 0 || failures > 0) || !isThrottle(fault) && (throttles > 0 || failures == 0) {
					t.Errorf("%d throttles and %d failures were reported", throttles, failures)
				}
			})
		})
	}
}

// The pauses between failing calls grow, up to 10 s, and begin anew after a success.
func TestReadsBackOff(t *testing.T) {
	for _, down := range []string{"GetShardIterator", "GetRecords"} {
		t.Run(down, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				r.cfg.PollInterval = 10 * time.Millisecond
				r.model.setFault(func(call, _ string) error {
					if call == down {
						return errors.New("down")
					}
					return nil
				})
				run := r.start()
				time.Sleep(20 * time.Minute)
				if n := r.model.count(down); n < 120 || n > 600 {
					t.Errorf("%d calls in 20 minutes, want about 240", n)
				}
				r.model.setFault(nil)
				run.idle()
				r.model.setFault(func(string, string) error { return errors.New("down once more") })
				time.Sleep(20 * time.Millisecond)
				r.model.setFault(nil)
				r.model.put(0, "a")
				if time.Sleep(800 * time.Millisecond); len(r.delivered()) != 1 {
					t.Error("still backs off")
				}
				if err := run.stop(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// An answer without records is the tip only if it says so; until then it is asked for again, five times a second.
func TestBlankAnswersAreNotTheTip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var over atomic.Bool
		r.model.blank = func() bool { return !over.Load() }
		r.model.put(0, "a")
		run := r.start()
		idle := waitIdle(t, run.Mapping)
		time.Sleep(time.Minute)
		if n := r.model.count("GetRecords"); idle() || n < 299 || n > 302 {
			t.Errorf("idle %v after %d reads in a minute", idle(), n)
		}
		over.Store(true)
		if time.Sleep(2 * time.Second); !idle() {
			t.Error("not idle at the tip")
		}
		r.want("a")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// A batch whose window is over is delivered, even if a read hangs.
func TestDueBatchDoesNotWaitForReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.Kinesis = &hanging{model: r.model}
		r.cfg.BatchWindow = 5 * time.Second
		r.model.put(0, "a")
		run := r.start()
		synctest.Wait()
		r.cfg.Kinesis.(*hanging).hang.Store(true)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		r.want("a")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// hanging is a model whose reads can hang until their context ends.
type hanging struct {
	*model
	hang atomic.Bool
}

func (h *hanging) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...callOption) (*kinesis.GetRecordsOutput, error) {
	if h.hang.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.model.GetRecords(ctx, in)
}

func TestBatchWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize, r.cfg.BatchWindow = 3, 10*time.Second
		run := r.start()
		run.idle()

		r.model.put(0, "a")
		time.Sleep(8 * time.Second)
		r.model.put(0, "b")
		synctest.Wait()
		r.want() // neither full nor due
		time.Sleep(4 * time.Second)
		r.want("a b") // due 10 s after a was read
		r.model.put(0, "c", "d", "e", "f")
		time.Sleep(2 * time.Second)
		r.want("c d e") // full
		time.Sleep(10 * time.Second)
		r.want("f")

		r.model.put(0, "g")
		r.model.split(0)
		time.Sleep(2 * time.Second)
		r.want("g") // the shard is over, so nothing more can come
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// At the tip a shard is read once a poll interval, also if a few records came.
func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.PollInterval = 10 * time.Second
		r.model.put(0, "a")
		run := r.start()
		time.Sleep(95 * time.Second)
		if n := r.model.count("GetRecords"); n != 10 {
			t.Errorf("%d reads in 95 s, want 10", n)
		}
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// Behind the tip it is read without a pause.
func TestCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.PollInterval = time.Hour
		r.model.pageRecords = 1
		r.model.put(0, "a", "b", "c", "d")
		run := r.start()
		synctest.Wait()
		r.want("a", "b", "c", "d")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// What trickles in is gathered: the first record after a pause goes at once, then there is a batch for each interval. A read that brought a
// whole batch is followed by the next without a pause.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.Kinesis, r.cfg.Gather, r.cfg.BatchSize = waitingModel{r.model}, 10*time.Millisecond, 4
		run := r.start()
		time.Sleep(time.Second)
		for _, name := range []string{"a", "b", "c", "d"} { // at 0, 4, 8 and 12 ms
			r.model.put(0, name)
			time.Sleep(4 * time.Millisecond)
		}
		synctest.Wait()
		r.want("a", "b c")
		time.Sleep(4 * time.Millisecond) // 20 ms
		synctest.Wait()
		r.want("d")
		time.Sleep(11 * time.Millisecond)
		r.model.put(0, "e")
		synctest.Wait()
		r.want("e")
		time.Sleep(time.Second)
		r.model.put(0, "f", "g", "h", "i", "j", "k")
		synctest.Wait()
		r.want("f g h i", "j k")
		r.model.put(0, "l")
		run.idle()
		r.want("l")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// Of a busy shard more is gathered: after a read of many records the next is put off for longer, and after one of few it is not.
func TestBusyGather(t *testing.T) {
	for _, first := range []int{BusyRead - 1, BusyRead} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1)
			r.cfg.Kinesis, r.cfg.BatchSize = waitingModel{r.model}, 2*BusyRead
			r.cfg.Gather, r.cfg.BusyGather = 10*time.Millisecond, 30*time.Millisecond
			run := r.start()
			time.Sleep(time.Second)
			names := slices.Repeat([]string{"x"}, first)
			r.model.put(0, names...)
			synctest.Wait()
			r.want(strings.Join(names, " "))
			r.model.put(0, "a")
			time.Sleep(r.cfg.Gather + time.Millisecond)
			synctest.Wait()
			if first == BusyRead {
				r.want()
				time.Sleep(r.cfg.BusyGather - r.cfg.Gather)
				synctest.Wait()
			}
			r.want("a")
			if err := run.stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A Waiter takes the place of polling: records are delivered when they come, and nothing is read while none do, but to keep
// the iterator.
func TestWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.Kinesis = waitingModel{r.model}
		run := r.start()
		time.Sleep(longestWait + time.Second)
		if n := r.model.count("GetRecords"); n != 2 {
			t.Errorf("%d reads in 61 s, want 2", n)
		}
		r.model.put(0, "a")
		synctest.Wait()
		r.want("a")
		r.model.split(0)
		r.model.put(2, "b")
		synctest.Wait()
		r.want("b")
		r.model.setFault(func(call, _ string) error {
			if call == "WaitForRecords" {
				return errors.New("no waiting today")
			}
			return nil
		})
		r.model.put(2, "c")
		time.Sleep(2 * time.Second)
		r.want("c")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}
