package enrich

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"
)

// cache remembers what was worked out of texts. It has no lock, so that the goroutines of all shards can share one, and a text that it knows costs a hash and
// a comparison and no memory; an event needs three to six look-ups. The price is that it forgets by sets of four: a text takes the
// place of one whose hash falls into the same set, of those the one that was used least lately, or nearly.
type cache[V any] struct {
	seed maphash.Seed
	sets []set[V]
}

const ways = 4

// set holds its entries with the most recently used first. Two goroutines that move entries at once may lose one, or keep it twice; what a slot
// holds is always whole and right.
type set[V any] [ways]atomic.Pointer[entry[V]]

type entry[V any] struct {
	hash  uint64
	key   string
	value V
}

// maxKey bounds the texts that are remembered, in bytes: longer ones are rare, and made up.
const maxKey = 512

// newCache returns a cache of about n texts.
func newCache[V any](n int) *cache[V] {
	sets := 1 << bits.Len(uint(max(n, 1)-1)/ways)
	return &cache[V]{seed: maphash.MakeSeed(), sets: make([]set[V], sets)}
}

// of returns what compute says of the text, to be read only. compute is given a copy that it may keep parts of.
func (c *cache[V]) of(key string, compute func(string) V) *V {
	if len(key) > maxKey {
		v := compute(strings.Clone(key))
		return &v
	}
	hash := maphash.String(c.seed, key)
	s := &c.sets[hash&uint64(len(c.sets)-1)]
	for i := range s {
		if e := s[i].Load(); e != nil && e.hash == hash && e.key == key {
			if i > 0 {
				s.swap(i-1, i)
			}
			return &e.value
		}
	}
	key = strings.Clone(key)
	e := &entry[V]{hash: hash, key: key, value: compute(key)}
	s[ways-1].Store(e)
	s.swap(ways-2, ways-1) // so that the next newcomer does not push this one out
	return &e.value
}

func (s *set[V]) swap(i, j int) {
	a, b := s[i].Load(), s[j].Load()
	s[i].Store(b)
	s[j].Store(a)
}
