package load

import "time"

// waiting is a visit that waits for what it does next.
type waiting struct {
	at     time.Duration
	slot   uint32
	number uint32 // breaks ties of time, so that a seed decides everything
}

func (w waiting) before(o waiting) bool { return w.at < o.at || w.at == o.at && w.number < o.number }

// queue is a heap with four children a node: with a hundred thousand visits it has half as many levels as a binary one, and the children
// of a node share a cache line.
type queue []waiting

func (q *queue) push(w waiting) {
	h := append(*q, w)
	*q = h
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !w.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = w
}

// pop takes the first away.
func (q *queue) pop() {
	h := *q
	n := len(h) - 1
	h[0] = h[n]
	*q = h[:n]
	if n > 0 {
		q.down()
	}
}

// down puts the first in its place after its time has changed.
func (q *queue) down() {
	h := *q
	w, i := h[0], 0
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(h)); c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if !h[least].before(w) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = w
}
