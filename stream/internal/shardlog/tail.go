package shardlog

import (
	"slices"
	"sync"
)

// Tail bounds the memory that the newest frames of many logs take together. The oldest go first, whoever they belong to.
type Tail struct {
	mu   sync.Mutex // taken before the mu of a log
	max  int
	used int
	held []held // oldest first
}

// held is a run of frames that one group brought.
type held struct {
	log    *Log
	frames int
	bytes  int
}

// NewTail returns a tail of at most max bytes.
func NewTail(max int) *Tail { return &Tail{max: max} }

func (t *Tail) add(l *Log, frames []frame) {
	h := held{log: l, frames: len(frames)}
	for _, f := range frames {
		h.bytes += frameHeader + len(f.payload)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = append(t.held, h)
	t.used += h.bytes
	drop := 0
	for ; t.used > t.max; drop++ {
		oldest := t.held[drop]
		oldest.log.forget(oldest.frames)
		t.used -= oldest.bytes
	}
	t.held = slices.Delete(t.held, 0, drop)
}

// forget drops the log's n oldest frames from memory. Readers may still hold the old slice, so it is not changed.
func (l *Log) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.tail = slices.Clone(l.tail[n:])
	}
}
