package producer

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"pgregory.net/rapid"
)

// The map finds the shard that a look at every range finds, through any reshards.
func TestShardMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(Options{})
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range rapid.IntRange(0, 20).Draw(t, "reshards") {
			m.reshard(rnd)
		}
		shards, err := listShards(t.Context(), &lister{m: m}, "clicks")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			key := fmt.Sprint("key ", i)
			got := shards.open[shards.of(hashOf(key))]
			if got.id != m.shardOf(key) || !got.holds(hashOf(key)) {
				t.Errorf("%s is said to be in %s, and is in %s", key, got.id, m.shardOf(key))
			}
		}
		for _, edge := range []hashKey{{}, lastHashKey} {
			if s := shards.open[shards.of(edge)]; !s.holds(edge) {
				t.Errorf("%v is said to be in %+v", edge, s)
			}
		}
	})
}

func TestShardMapRefuses(t *testing.T) {
	shard := func(id, from, to string) types.Shard {
		return types.Shard{ShardId: &id, HashKeyRange: &types.HashKeyRange{StartingHashKey: &from, EndingHashKey: &to}}
	}
	last := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)).String()
	closed := shard("c", "0", last)
	closed.SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("1")}
	for want, shards := range map[string][]types.Shard{
		"has no open shard":        {closed},
		"gap or overlap at b":      {shard("a", "0", "10"), shard("b", "12", last)},
		"gap or overlap at c":      {shard("a", "0", "10"), shard("c", "10", last)},
		"gap or overlap at d":      {shard("d", "1", last)},
		"gap or overlap at e":      {shard("e", "0", "10")},
		"gap or overlap at f":      {shard("f", "0", last), shard("a", "5", last)},
		"shard g: hash key \"-1\"": {shard("g", "-1", last)},
		"shard h: hash key \"x\"":  {shard("h", "0", "x")},
		"shard i: hash key \"3402": {shard("i", "0", last+"0")},
		"without an id":            {{}},
		"hash key is missing":      {{ShardId: aws.String("j"), HashKeyRange: &types.HashKeyRange{}}},
	} {
		if _, err := newShardMap(shards); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// However keys and items fall, an aggregated record is no larger than it was counted, and that no larger than it may be.
func TestAggregatedRecordsAreCountedRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := &Options{Aggregation: AggregateShards, MaxRecordBytes: rapid.IntRange(30, 2000).Draw(t, "limit")}
		room := rapid.IntRange(max(o.MaxRecordBytes, 203), 3000).Draw(t, "room")
		g := &group{shard: "s"}
		q := newQueue(o)
		q.groups[0] = g
		n := rapid.IntRange(1, 60).Draw(t, "items")
		for range n {
			key := rapid.StringMatching("[a-h]{1,3}").Draw(t, "key")
			q.add(key, &pending{data: make([]byte, rapid.IntRange(1, 200).Draw(t, "size"))}, time.Time{})
		}
		taken := 0
		for g.ready.n > 0 {
			fresh := make(records, 2)
			r := g.takeRecord(o, &fresh, room)
			if r == nil {
				t.Fatal("nothing fits")
			}
			counted, cost := r.size, int64(0)
			items := 0
			for m := r; m != nil; m = m.also {
				items, cost = items+m.items, cost+m.cost
			}
			if r.bytes(o, new([]byte)); r.size > counted || counted > room || items > 1 && counted > o.MaxRecordBytes {
				t.Fatalf("a record of %d items has %d bytes, counted as %d, of %d and %d", items, r.size, counted, o.MaxRecordBytes, room)
			}
			for m := r; m != nil; {
				next := m.also
				q.free(m, time.Time{})
				m = next
			}
			if taken += items; cost < int64(items*itemOverhead) {
				t.Fatalf("cost %d of %d items", cost, items)
			}
		}
		if taken != n || g.readyBytes != 0 {
			t.Fatalf("%d of %d items taken, %d bytes said to be left", taken, n, g.readyBytes)
		}
	})
}
