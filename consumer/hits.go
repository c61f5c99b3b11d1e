package consumer

import (
	"sync"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// hits are the hits of one slice. They are some hundred bytes each, so slices hand them on. What lies in the pool holds on to the records it was last made
// of, until it is used again or the pool lets go of it.
type hits struct {
	made []*sketch.Hit
	used int
}

var hitsPool = sync.Pool{New: func() any { return new(hits) }}

func newHits() *hits { return hitsPool.Get().(*hits) }

// next returns a hit to be filled, which is valid until free.
func (h *hits) next() *sketch.Hit {
	if h.used == len(h.made) {
		h.made = append(h.made, new(sketch.Hit))
	}
	h.used++
	return h.made[h.used-1]
}

// free takes all hits back.
func (h *hits) free() {
	h.used = 0
	hitsPool.Put(h)
}
