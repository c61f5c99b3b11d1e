package producer

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// twoShards are halves of the hash space; keyIn returns a key of the one or the other.
func twoShards(m *model) {
	m.shards = nil
	const half = "170141183460469231731687303715884105728"
	for i, r := range [][2]string{{"0", "170141183460469231731687303715884105727"}, {half, "340282366920938463463374607431768211455"}} {
		m.shards = append(m.shards, types.Shard{
			ShardId:             aws.String(fmt.Sprintf("shardId-%012d", i)),
			HashKeyRange:        &types.HashKeyRange{StartingHashKey: &r[0], EndingHashKey: &r[1]},
			SequenceNumberRange: &types.SequenceNumberRange{},
		})
	}
}

func keyIn(shard, n int) string {
	for i := 0; ; i++ {
		key := fmt.Sprint("k", i)
		if int(hashOf(key).hi>>63) != shard {
			continue
		}
		if n--; n < 0 {
			return key
		}
	}
}

// sharded runs a test on two shards that the producer knows.
func sharded(t *testing.T, o Options, f func(int) fault, test func(*testing.T, *Producer, *model)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(o)
		twoShards(m)
		o.Shards = &lister{m: m}
		m.opts = o.withDefaults()
		m.fault = f
		p := start(t, m, o)
		synctest.Wait()
		if s := p.Stats(); s.Shards != 2 || s.ShardLookups != 1 {
			t.Errorf("%+v, want two shards known after one look", s)
		}
		test(t, p, m)
		finish(t, p, m)
	})
}

func TestRequestsAreOfOneShard(t *testing.T) {
	sharded(t, Options{Linger: time.Second, MaxRecords: 3}, nil, func(t *testing.T, p *Producer, m *model) {
		began := time.Now()
		async(t, p, item(keyIn(0, 0), 0), item(keyIn(1, 0), 0), item(keyIn(0, 1), 0))
		synctest.Wait()
		if n := len(m.sizes()); n != 0 {
			t.Errorf("%d requests at once; three items of two shards do not fill one of three records", n)
		}
		async(t, p, item(keyIn(0, 2), 0)) // this fills the first shard's
		synctest.Wait()
		if got := fmt.Sprint(m.sizes()); got != "[[1 1 1]]" {
			t.Errorf("items by record = %s, want one request of the full shard", got)
		}
		if err := p.Put(t.Context(), item(keyIn(1, 0), 1)); err != nil || time.Since(began) != time.Second {
			t.Errorf("Put: %v after %v, want the other shard's linger", err, time.Since(began))
		}
		if got := fmt.Sprint(m.sizes()); got != "[[1 1 1] [2]]" {
			t.Errorf("items by record = %s", got)
		}
	})
}

// One shard that throttles narrows its own way only.
func TestThrottlingIsOfOneShard(t *testing.T) {
	var m *model
	busy := func(n int) fault {
		f := fault{took: time.Millisecond}
		if m.shardOf(m.calls[n].key) == "shardId-000000000000" {
			f.refuse = throttle
		}
		return f
	}
	o := Options{MaxRecords: 1, BackoffBase: time.Hour, BackoffCap: time.Hour} // the pause is drawn from all of it, and is not over when the test looks
	sharded(t, o, busy, func(t *testing.T, p *Producer, model *model) {
		m = model
		async(t, p, item(keyIn(0, 0), 0))
		time.Sleep(2 * time.Millisecond) // virtual
		for i := range 50 {
			async(t, p, item(keyIn(1, i), 0))
		}
		time.Sleep(50 * time.Millisecond) // virtual
		p.mu.Lock()
		slow, fast := p.queue.groups[0].limiter.limit, p.queue.groups[1].limiter.limit
		p.mu.Unlock()
		if slow != startLimit/2 || fast <= startLimit {
			t.Errorf("limits %v and %v, want half of %d for the shard that throttles and more for the other", slow, fast, startLimit)
		}
		if s := p.Stats(); s.Events != 50 || s.Throttled == 0 {
			t.Errorf("%+v, want what is not throttled delivered", s)
		}
		m.mu.Lock()
		m.fault = nil
		m.mu.Unlock()
	})
}

// A reshard shows in the answers; the shards are looked up again, and what is queued goes to the new ones, in order.
func TestReshardIsLearned(t *testing.T) {
	sharded(t, Options{}, nil, func(t *testing.T, p *Producer, m *model) {
		key := keyIn(0, 0)
		_ = p.Put(t.Context(), item(key, 0))
		if s := p.Stats(); s.ShardLookups != 1 {
			t.Errorf("%d looks at the shards, though nothing has changed", s.ShardLookups)
		}
		m.splitShard(0)
		for i := range 5 {
			_ = p.Put(t.Context(), item(key, i+1))
			time.Sleep(2 * refreshEvery) // virtual
		}
		if s := p.Stats(); s.ShardLookups != 2 || s.Shards != 3 {
			t.Errorf("%d looks at the shards, %d known; want one look more, and all three", s.ShardLookups, s.Shards)
		}
		if len(m.stored[key]) != 6 {
			t.Errorf("stored %v", m.stored[key])
		}
	})
}

// While the shards cannot be listed, everything goes as if they were not asked for, and they are asked for now and then.
func TestShardsCannotBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(Options{})
		o := Options{Shards: never{}, Rand: func() float64 { return 1 }}
		p := start(t, m, o)
		for i := range 20 {
			if err := p.Put(t.Context(), item("a", i)); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Second) // virtual
		}
		if s := p.Stats(); s.Shards != 0 || s.ShardLookups < 30 || s.ShardLookups > 40 {
			t.Errorf("%+v, want a look at 0, 3, 8 s, and then every 6 s", s)
		}
		finish(t, p, m)
	})
}

// An aggregated record holds the keys of one shard. Where the shards change under it, those on the wrong side are told.
func TestAggregateShards(t *testing.T) {
	sharded(t, Options{Aggregation: AggregateShards, Linger: time.Second, Rand: func() float64 { return 0 }}, nil, func(t *testing.T, p *Producer, m *model) {
		var its []Item
		for i := range 10 {
			its = append(its, item(keyIn(i%2, i), 0))
		}
		if _, err := p.PutAll(t.Context(), its); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(m.sizes()); got != "[[5] [5]]" {
			t.Errorf("items by record = %s, want one record for each shard", got)
		}
		m.splitShard(0)
		errs, _ := p.PutAll(t.Context(), its)
		wrong := 0
		for i, err := range errs {
			stray := m.shardOf(its[i].PartitionKey) != m.shardOf(its[i%2].PartitionKey) // the first of a record chose its shard
			if stray {
				wrong++
			}
			if (CodeOf(err) == Misplaced) != stray {
				t.Errorf("%s: %v, misplaced: %v", its[i].PartitionKey, err, stray)
			}
		}
		if wrong == 0 || wrong == len(its) {
			t.Fatalf("%d of %d are misplaced: this shows nothing", wrong, len(its))
		}
		if errs, err := p.PutAll(t.Context(), its); err != nil {
			t.Errorf("after the reshard is known: %v", errs)
		}
	})
}
