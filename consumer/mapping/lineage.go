package mapping

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// lineage is the family tree of the shards that the stream lists, and which of them may be read: a shard's records come after
// those of its parents, so it waits until they are drained.
type lineage struct {
	nodes map[string]*node
}

type node struct {
	id      string
	parents []string
	start   position
	shard   *shard // nil: waiting for its parents, or drained before this run
	drained bool
}

func newLineage() *lineage { return &lineage{nodes: map[string]*node{}} }

func (l *lineage) knows(id string) bool { return l.nodes[id] != nil }

func (l *lineage) add(s types.Shard, start position) {
	id := aws.ToString(s.ShardId)
	l.nodes[id] = &node{id: id, parents: parents(s), start: start, drained: start == shardEnd}
}

// parents of a shard: none, one (a split) or two (a merge). Their records may have outlived the retention period; then they are
// named here but not listed.
func parents(s types.Shard) []string {
	var ids []string
	for _, id := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	return ids
}

// ready returns the shards to start now, in order of their ids.
func (l *lineage) ready() []*node {
	var ready []*node
	for _, n := range l.nodes {
		if n.shard == nil && !n.drained && l.orphaned(n) {
			ready = append(ready, n)
		}
	}
	slices.SortFunc(ready, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	return ready
}

// orphaned reports whether no parent of n has records left to deliver.
func (l *lineage) orphaned(n *node) bool {
	return !slices.ContainsFunc(n.parents, func(id string) bool {
		parent := l.nodes[id]
		return parent != nil && !parent.drained
	})
}

// prune takes note of the shards that are not listed any more, and forgets those of them that are drained or were never
// started. It returns the forgotten.
func (l *lineage) prune(listed map[string]bool) []string {
	var forgotten []string
	for id, n := range l.nodes {
		switch {
		case listed[id]:
		case n.shard != nil && !n.drained:
			n.shard.gone.Store(true)
		default:
			delete(l.nodes, id)
			forgotten = append(forgotten, id)
		}
	}
	return forgotten
}
