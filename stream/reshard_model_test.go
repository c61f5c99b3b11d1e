package stream

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestReshardings makes any splits, merges and scalings, under any clock, and looks at the family tree after each.
func TestReshardings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := int64(1_700_000_000_000)
		b := &Broker{opt: Options{FS: disk.NewFake(), Dir: "/data"}.withDefaults(), streams: map[string]*dataStream{}}
		set := settings{Format: settingsFormat, Mode: types.StreamModeProvisioned}
		for i, r := range splitEvenly(rapid.IntRange(1, 9).Draw(t, "shards")) {
			set.Shards = append(set.Shards, shardSettings{Number: uint32(i), CreatedMS: clock, StartHashKey: r[0], EndHashKey: r[1]})
		}
		s, err := b.openStream("/data/s", set)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			clock += rapid.Int64Range(-3_600_000, 3_600_000).Draw(t, "step")
			set := s.version().settings.clone()
			drawChange(t, &resharding{before: s.version(), set: &set, open: places(set), now: clock})
			next, err := b.nextVersion(s, s.version(), set)
			if err != nil {
				t.Fatal(err)
			}
			s.current.Store(next)
			checkFamily(t, next)
		}
	})
}

// places finds the open shards the slow way.
func places(set settings) (open []int) {
	for i, ss := range set.Shards {
		if !ss.closed() {
			open = append(open, i)
		}
	}
	slices.SortFunc(open, func(x, y int) int {
		return set.Shards[x].StartHashKey.big().Cmp(set.Shards[y].StartHashKey.big())
	})
	return open
}

func drawChange(t *rapid.T, r *resharding) {
	switch place := rapid.IntRange(0, len(r.open)-1).Draw(t, "place"); rapid.SampledFrom([]string{"split", "merge", "scale"}).Draw(t, "change") {
	case "split":
		at := hashKey{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		if ss := r.at(place); ss.StartHashKey.less(at) && !ss.EndHashKey.less(at) {
			r.split(place, at)
		}
	case "merge":
		if place+1 < len(r.open) {
			r.merge(place)
		}
	case "scale":
		n := rapid.IntRange(1, 12).Draw(t, "target")
		r.scale(n)
		for i, target := range splitEvenly(n) {
			if ss := r.at(i); len(r.open) != n || ss.StartHashKey != target[0] || ss.EndHashKey != target[1] {
				t.Fatalf("shard %d of %d is %v–%v", i, n, ss.StartHashKey, ss.EndHashKey)
			}
		}
	}
}

// checkFamily checks that the open shards cover the key space, and that each child takes over just what its parents had, later
// in time and in sequence numbers.
func checkFamily(t *rapid.T, v *version) {
	next := hashKey{}
	for i, sh := range v.open {
		if sh.StartHashKey != next {
			t.Fatalf("open shard %d begins at %v, not %v", i, sh.StartHashKey, next)
		}
		next = sh.EndHashKey.next()
	}
	if (next != hashKey{}) {
		t.Fatalf("the open shards end before %v", next)
	}
	for i, sh := range v.shards {
		if int(sh.Number) != i || sh.EndHashKey.less(sh.StartHashKey) || sh.closed() && sh.ClosedMS <= sh.CreatedMS {
			t.Fatalf("shard %d: %+v", i, sh.shardSettings)
		}
		if len(sh.Parents) == 2 && v.shard(sh.Parents[0]).EndHashKey.next() != v.shard(sh.Parents[1]).StartHashKey {
			t.Fatalf("the parents of %d do not touch", i)
		}
		for _, p := range sh.Parents {
			checkParent(t, v.shard(p), sh)
		}
	}
}

func checkParent(t *rapid.T, parent, child *shard) {
	overlap := !child.EndHashKey.less(parent.StartHashKey) && !parent.EndHashKey.less(child.StartHashKey)
	if !parent.closed() || child.CreatedMS < parent.ClosedMS || !overlap || parent.Number >= child.Number {
		t.Fatalf("%+v is the child of %+v", child.shardSettings, parent.shardSettings)
	}
	if last, first := *parent.describe().SequenceNumberRange.EndingSequenceNumber, child.sequence(0, 0).String(); first <= last {
		t.Fatalf("sequence numbers of %s begin with %s, those of its parent end with %s", child.id, first, last)
	}
}
