package stream

import (
	"fmt"
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// resharding is a change of a stream's shards: splits and merges, one after the other, that come into force at once.
type resharding struct {
	before *version
	set    *settings // its shards are changed
	open   []int     // places in set.Shards of the shards that are open, by hash key
	now    int64     // Unix ms
}

// reshard changes the shards of a stream as plan says. It fails, and changes nothing, when plan does.
func (b *Broker) reshard(s *dataStream, plan func(*resharding) error) error {
	return b.change(s, func(v *version, set *settings) error {
		if v.Mode != types.StreamModeProvisioned {
			return b.needsProvisioned(s.Name)
		}
		r := &resharding{before: v, set: set, now: b.now()}
		for _, sh := range v.open {
			r.open = append(r.open, slices.IndexFunc(set.Shards, func(ss shardSettings) bool { return ss.Number == sh.Number }))
		}
		if err := plan(r); err != nil {
			return err
		}
		return b.checkShardLimit(len(r.open) - len(v.open))
	})
}

func (b *Broker) checkShardLimit(more int) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if have := b.shardCount(); more > 0 && have+more > maxShards {
		return b.shardLimit(have, more)
	}
	return nil
}

func (b *Broker) needsProvisioned(stream string) error {
	message := fmt.Sprintf("Stream %s under account %s is in %s mode. This operation is only supported for streams in %s mode.",
		stream, b.opt.Account, types.StreamModeOnDemand, types.StreamModeProvisioned)
	return &types.ValidationException{Message: &message}
}

// split cuts the open shard at a place in two; the second begins at a hash key.
func (r *resharding) split(place int, at hashKey) {
	parent := r.close(place)
	left := r.add(parent.StartHashKey, at.previous(), parent)
	right := r.add(at, parent.EndHashKey, parent)
	r.open = slices.Replace(r.open, place, place+1, left, right)
}

// merge joins the open shard at a place with the next one.
func (r *resharding) merge(place int) {
	low, high := r.close(place), r.close(place+1)
	r.open = slices.Replace(r.open, place, place+2, r.add(low.StartHashKey, high.EndHashKey, low, high))
}

// scale makes n shards of equal size. A shard can have two parents at most, so this takes two rounds: every shard is split
// where one of the new ones begins, and then the pieces of each are merged. Between them shards come and go that never
// take a record, as in Kinesis.
func (r *resharding) scale(n int) {
	targets := splitEvenly(n)
	for _, t := range targets {
		place := sort.Search(len(r.open), func(i int) bool { return !r.at(i).EndHashKey.less(t[0]) })
		if r.at(place).StartHashKey != t[0] {
			r.split(place, t[0])
		}
	}
	for place, t := range targets {
		for r.at(place).EndHashKey != t[1] {
			r.merge(place)
		}
	}
}

func (r *resharding) at(place int) shardSettings { return r.set.Shards[r.open[place]] }

// close closes an open shard after it was made, and after its last record came, whatever the clock does.
func (r *resharding) close(place int) shardSettings {
	ss := &r.set.Shards[r.open[place]]
	ss.ClosedMS = max(r.now, ss.CreatedMS+1)
	if sh := r.before.shard(ss.Number); sh != nil {
		ss.ClosedMS = max(ss.ClosedMS, sh.log.LastArrival())
	}
	return *ss
}

// add makes a shard that takes over from its parents, and returns its place in set.Shards.
func (r *resharding) add(start, end hashKey, parents ...shardSettings) int {
	ss := shardSettings{Number: r.set.Shards[len(r.set.Shards)-1].Number + 1, StartHashKey: start, EndHashKey: end}
	created := int64(0)
	for _, p := range parents {
		ss.Parents = append(ss.Parents, p.Number)
		ss.CreatedMS = max(ss.CreatedMS, p.ClosedMS)
		created = max(created, p.created()+1)
	}
	ss.Ahead = max(0, created-ss.CreatedMS/1000)
	r.set.Shards = append(r.set.Shards, ss)
	return len(r.set.Shards) - 1
}
