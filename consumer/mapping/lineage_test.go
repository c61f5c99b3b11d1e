package mapping

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// A reshard while the parent's function fails: no child may start before the parent is done, and a child starts at its beginning.
func TestParentsAreDrainedBeforeChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.answer = func(_ context.Context, n int, names []string) (events.KinesisEventResponse, error) {
			if names[0] == "parent" && n <= 5 {
				return events.KinesisEventResponse{}, errFunction
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "parent")
		run := r.start()
		synctest.Wait()
		r.model.split(0)
		r.model.put(1, "left")
		r.model.put(2, "right")
		run.idle()
		got := r.delivered()
		slices.Sort(got[6:])
		r.deliveries = got
		r.want("parent", "parent", "parent", "parent", "parent", "parent", "left", "right")
		if r.checkpoints.of(0) != ShardEnd {
			t.Errorf("parent's checkpoint %s", r.checkpoints.of(0))
		}
		r.model.merge(1, 2)
		r.model.put(3, "merged")
		run.idle()
		r.want("merged")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// A merged shard waits for both parents.
func TestMergeWaitsForBothParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.answer = func(_ context.Context, n int, names []string) (events.KinesisEventResponse, error) {
			if names[0] == "slow" {
				time.Sleep(50 * time.Second)
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "slow")
		r.model.merge(0, 1)
		r.model.put(2, "child")
		r.consume()
		r.want("slow", "child")
	})
}

func TestParentsComeFirstAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.DrainTimeout = time.Second
		r.answer = func(context.Context, int, []string) (events.KinesisEventResponse, error) {
			return events.KinesisEventResponse{}, errFunction
		}
		r.model.put(0, "parent")
		r.model.split(0)
		r.model.put(1, "child")
		run := r.start()
		time.Sleep(time.Minute)
		if err := run.stop(); !errors.Is(err, errFunction) {
			t.Errorf("drain ended with %v", err)
		}
		r.answer = nil
		r.deliveries = nil
		r.consume()
		r.want("parent", "child")
		r.consume()
		r.want()
	})
}

// Parents whose records outlived the retention period are not listed any more, and nobody waits for them.
func TestParentsOutOfRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.model.put(0, "parent")
		r.model.split(0)
		r.model.put(1, "child")
		r.model.trim(0)
		r.consume()
		r.want("child")
	})
}

// A shard that leaves the retention period while it is in hand counts as ended; its children start.
func TestShardLeavesRetentionWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.BatchSize = 1
		r.model.pageRecords = 1
		r.answer = func(_ context.Context, n int, names []string) (events.KinesisEventResponse, error) {
			if names[0] == "first" {
				r.model.split(0)
				r.model.put(1, "child")
				r.model.trim(0)
				time.Sleep(time.Hour)
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "first", "lost")
		run := r.start()
		run.idle()
		r.want("first", "child")
		time.Sleep(10 * time.Second)
		if got := run.Status(); len(got) != 2 || got[0].ShardID != shardID(1) {
			t.Errorf("status still lists the parent: %+v", got)
		}
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// While a stream's deletion and creation are under way it is not found at all; that ends no shard.
func TestStreamNotFoundEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.model.setFault(func(string, string) error { return &types.ResourceNotFoundException{} })
		run := r.start()
		time.Sleep(time.Hour)
		r.model.setFault(nil)
		run.idle()
		r.model.setFault(func(string, string) error { return &types.ResourceNotFoundException{} })
		r.model.put(0, "a")
		time.Sleep(time.Hour)
		r.model.setFault(nil)
		run.idle()
		r.want("a")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewShardsAreFoundByListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.StartingPosition = types.ShardIteratorTypeLatest
		run := r.start()
		run.idle()
		r.model.change(func() { r.model.addShard() })
		r.model.put(1, "a")
		time.Sleep(15 * time.Second)
		r.want("a")
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStartingPosition(t *testing.T) {
	tests := map[types.ShardIteratorType][]string{
		types.ShardIteratorTypeTrimHorizon: {"old new", "child", "newer"},
		types.ShardIteratorTypeAtTimestamp: {"new", "child", "newer"},
		types.ShardIteratorTypeLatest:      {"newer"},
	}
	for kind, want := range tests {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				r.model.put(0, "old")
				time.Sleep(time.Hour)
				if r.cfg.StartingPosition = kind; kind == types.ShardIteratorTypeAtTimestamp {
					r.cfg.StartingTimestamp = time.Now()
				}
				r.model.put(0, "new")
				r.model.merge(0, 0)
				r.model.put(1, "child")
				time.Sleep(time.Second)
				run := r.start()
				run.idle()
				r.model.put(1, "newer")
				run.idle()
				if err := run.stop(); err != nil {
					t.Fatal(err)
				}
				r.want(want...)
			})
		})
	}
}

// LATEST is the tip of the first start, also where nothing was consumed before the next one, and whatever came in between.
func TestLatestHoldsOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.cfg.StartingPosition = types.ShardIteratorTypeLatest
		r.model.put(0, "old")
		r.model.put(1, "old")
		time.Sleep(time.Second)
		r.consume()
		r.want()
		r.model.put(0, "between")
		r.model.split(0)
		r.model.put(2, "child")
		time.Sleep(time.Hour)
		r.consume()
		r.want("between", "child")
	})
}

// A first start that is cut short between two shards must not make the others look as if they had appeared later.
func TestLatestHoldsOverABrokenFirstStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.cfg.StartingPosition = types.ShardIteratorTypeLatest
		r.model.put(0, "old")
		r.model.split(0)
		r.model.put(1, "old")
		r.model.put(2, "old")
		saves := 0
		r.checkpoints.refuse = func(string, string) error {
			if saves++; saves > 1 {
				return errors.New("power cut")
			}
			return nil
		}
		time.Sleep(time.Second)
		run := r.start()
		time.Sleep(time.Minute)
		if err := run.stop(); err != nil {
			t.Fatal(err)
		}
		r.checkpoints.refuse = nil
		r.consume()
		r.want()
	})
}

func TestStrangeCheckpointIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var reported error
		r.cfg.Events.Failed = func(_ string, err error) { reported = err }
		r.checkpoints.saved[shardID(0)] = "somewhere"
		r.model.put(0, "a")
		run := r.start()
		time.Sleep(time.Minute)
		if err := run.stop(); err != nil || reported == nil {
			t.Errorf("run ended with %v, reported %v", err, reported)
		}
		r.want()
	})
}
