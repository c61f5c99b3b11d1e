package load

import (
	"container/heap"
	"time"
)

// heldCopy is sent later than it could be.
type heldCopy struct {
	Copy
	at time.Time
	n  uint32 // breaks ties
}

// held is a heap of copies by the time at which they go out.
type held []heldCopy

func (h *held) push(c heldCopy) { heap.Push((*heldHeap)(h), c) }
func (h *held) pop() Copy       { return heap.Pop((*heldHeap)(h)).(heldCopy).Copy }

type heldHeap held

func (h heldHeap) Len() int { return len(h) }
func (h heldHeap) Less(i, j int) bool {
	if d := h[i].at.Compare(h[j].at); d != 0 {
		return d < 0
	}
	return h[i].n < h[j].n
}
func (h heldHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heldHeap) Push(x any)   { *h = append(*h, x.(heldCopy)) }
func (h *heldHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	old[len(old)-1] = heldCopy{}
	*h = old[:len(old)-1]
	return c
}
