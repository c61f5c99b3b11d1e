package stream

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// shard is one shard of a stream, as of one version of it.
type shard struct {
	shardSettings
	id    string
	log   *shardlog.Log
	meter *meter
}

const (
	shardPrefix = "shardId-"
	// maxIndex stands in the ending sequence number of a closed shard: above the index of every record.
	maxIndex = 1<<63 - 1
)

func shardID(number uint32) string { return fmt.Sprintf("%s%012d", shardPrefix, number) }

// parseShardID reads a shard's id, of which only the number matters.
func parseShardID(id string) (number uint32, ok bool) {
	if _, after, ok := strings.Cut(id, "-"); ok {
		id = after
	}
	n, err := strconv.ParseUint(id, 10, 31)
	return uint32(n), err == nil
}

func (ss *shardSettings) closed() bool { return ss.ClosedMS != 0 }

// created is the creation that stands in the shard's sequence numbers, in Unix seconds.
func (ss *shardSettings) created() int64 { return ss.CreatedMS/1000 + ss.Ahead }

// shard finds a shard by its number, nil if there is none.
func (v *version) shard(number uint32) *shard {
	i, found := slices.BinarySearchFunc(v.shards, number, func(sh *shard, n uint32) int { return cmp.Compare(sh.Number, n) })
	if !found {
		return nil
	}
	return v.shards[i]
}

// openShards returns the shards that take records, by hash key.
func openShards(shards []*shard) []*shard {
	var open []*shard
	for _, sh := range shards {
		if !sh.closed() {
			open = append(open, sh)
		}
	}
	slices.SortFunc(open, func(x, y *shard) int { return x.StartHashKey.compare(y.StartHashKey) })
	return open
}

// route is the place among the open shards of the one whose hash key range holds h.
func (v *version) route(h hashKey) int {
	return sort.Search(len(v.open), func(i int) bool { return !v.open[i].EndHashKey.less(h) })
}

// children are the shards that took over from a closed one.
func (v *version) children(of *shard) []types.ChildShard {
	var children []types.ChildShard
	for _, sh := range v.shards {
		if slices.Contains(sh.Parents, of.Number) {
			child := types.ChildShard{ShardId: &sh.id, HashKeyRange: sh.hashKeyRange()}
			for _, p := range sh.Parents {
				child.ParentShards = append(child.ParentShards, shardID(p))
			}
			children = append(children, child)
		}
	}
	return children
}

func (sh *shard) hashKeyRange() *types.HashKeyRange {
	start, end := sh.StartHashKey.String(), sh.EndHashKey.String()
	return &types.HashKeyRange{StartingHashKey: &start, EndingHashKey: &end}
}

// describe returns a shard as the API shows it.
func (sh *shard) describe() types.Shard {
	first := sh.sequence(0, sh.CreatedMS).String()
	out := types.Shard{
		ShardId:             &sh.id,
		HashKeyRange:        sh.hashKeyRange(),
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: &first},
	}
	if sh.closed() {
		last := sh.sequence(maxIndex, sh.ClosedMS).String()
		out.SequenceNumberRange.EndingSequenceNumber = &last
	}
	for i, p := range sh.Parents {
		id := shardID(p)
		if i == 0 {
			out.ParentShardId = &id
		} else {
			out.AdjacentParentShardId = &id
		}
	}
	return out
}

// sequence is the sequence number of a record of the shard. Its index decides the order, so a clock that steps back
// does no harm.
func (sh *shard) sequence(index uint64, arrivalMS int64) sequence {
	return sequence{created: sh.created(), shard: sh.Number, index: index, seconds: arrivalMS / 1000}
}
