package shardlog

import (
	"slices"
	"sync"
)

// Tail bounds the memory that the newest frames of many logs take together, but for a quarter of it that may be waste. The oldest go
// first, whoever they belong to.
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
func NewTail(limit int) *Tail { return &Tail{max: limit} }

func (t *Tail) add(l *Log, frames []frame) {
	h := held{log: l, frames: len(frames)}
	for _, f := range frames {
		h.bytes += frameHeader + len(f.payload)
	}
	l.keep(h.bytes)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = append(t.held, h)
	t.used += h.bytes
	drop := 0
	for ; t.used > t.max; drop++ {
		oldest := t.held[drop]
		oldest.log.forget(oldest.frames, oldest.bytes)
		t.used -= oldest.bytes
	}
	t.held = t.held[drop:] // the next append that grows it leaves the dropped ones behind
}

// keep notes how many bytes came into the log's tail.
func (l *Log) keep(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept += bytes
}

// forget drops the log's n oldest frames, of so many bytes, from memory. Readers may still hold the old slice, so it is not changed. A new
// one costs as much as there are frames left, tens of thousands where they are small; so it is made only when what the old one keeps in memory
// for nothing is a quarter of what is needed.
func (l *Log) forget(n, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.tail = l.tail[n:]
	l.kept -= bytes
	if l.wasted += bytes; l.wasted > l.kept/4 {
		l.tail, l.wasted = slices.Clone(l.tail), 0
	}
}
