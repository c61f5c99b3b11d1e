package stream

import (
	"math"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// shardFilter is which shards a ListShards means: those that were open at a time, or those that were open at it or later.
type shardFilter struct {
	at bool  // open at the time itself
	ms int64 // Unix ms, not negative
}

// newShardFilter reads a filter of the API. The trim horizon is taken as it is now, so that all pages mean the same.
func newShardFilter(f *types.ShardFilter, horizon int64) shardFilter {
	switch {
	case f == nil:
		return shardFilter{ms: horizon}
	case f.Type == types.ShardFilterTypeAtTrimHorizon:
		return shardFilter{at: true, ms: horizon}
	case f.Type == types.ShardFilterTypeAtLatest:
		return shardFilter{ms: math.MaxInt64 / 2}
	case f.Type == types.ShardFilterTypeAtTimestamp:
		return shardFilter{at: true, ms: max(0, f.Timestamp.UnixMilli())}
	case f.Type == types.ShardFilterTypeFromTimestamp:
		return shardFilter{ms: max(0, f.Timestamp.UnixMilli())}
	}
	return shardFilter{ms: horizon}
}

// of returns the shards that the filter means.
func (f shardFilter) of(shards []*shard) []*shard {
	var kept []*shard
	for _, sh := range shards {
		if f.at && sh.CreatedMS > f.ms || sh.closed() && sh.ClosedMS < f.ms {
			continue
		}
		kept = append(kept, sh)
	}
	return kept
}

// bits is the filter as a number, for a page token.
func (f shardFilter) bits() uint64 {
	n := uint64(f.ms) << 1
	if f.at {
		n |= 1
	}
	return n
}

func shardFilterOf(bits uint64) shardFilter {
	return shardFilter{at: bits&1 == 1, ms: int64(bits >> 1)}
}

func checkShardFilter(f *types.ShardFilter) error {
	if f == nil {
		return nil
	}
	switch f.Type {
	case types.ShardFilterTypeAfterShardId:
		if f.ShardId == nil {
			return invalidArgument("ShardId must be specified when the ShardFilter type is %s.", f.Type)
		}
	case types.ShardFilterTypeAtTimestamp, types.ShardFilterTypeFromTimestamp:
		if f.Timestamp == nil {
			return invalidArgument("Timestamp must be specified when the ShardFilter type is %s.", f.Type)
		}
	}
	return nil
}

// unexpired returns the shards that are listed: open ones, and closed ones while records of them may be left.
func (b *Broker) unexpired(v *version) []*shard {
	now := b.now()
	var listed []*shard
	for _, sh := range v.shards {
		if !v.expired(sh, now) {
			listed = append(listed, sh)
		}
	}
	return listed
}

// listed finds a shard by its number, nil if there is none or it has expired.
func (b *Broker) listed(v *version, number uint32) *shard {
	sh := v.shard(number)
	if sh == nil || v.expired(sh, b.now()) {
		return nil
	}
	return sh
}
