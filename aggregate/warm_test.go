package aggregate

import (
	"fmt"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

func TestWarmThrowsOutTheOldest(t *testing.T) {
	w := newWarm(3 * newLogState().size())
	log := func(i int) Log { return Log{Site: "demo", Cell: i} }
	states := make([]*logState, 5)
	for i := range states {
		states[i] = w.get(log(i))
		w.settle(log(i), states[i])
	}
	w.get(log(2)) // used again
	w.settle(log(9), w.get(log(9)))
	for i, kept := range []bool{false, false, true, false, true} {
		if got := w.lru.Contains(log(i)); got != kept {
			t.Errorf("log %d: kept %v, want %v", i, got, kept)
		}
	}
	if w.bytes > w.max || w.bytes != 3*newLogState().size() || len(w.sizes) != w.lru.Len() {
		t.Errorf("%d bytes of %d, %d sizes of %d", w.bytes, w.max, len(w.sizes), w.lru.Len())
	}
}

// A state that is larger than everything that may be kept is the only one; one that was replaced meanwhile is not accounted for.
func TestWarmKeepsTheOneInUse(t *testing.T) {
	w := newWarm(1)
	st := w.get(Log{Cell: 1})
	w.settle(Log{Cell: 1}, st)
	if w.get(Log{Cell: 1}) != st {
		t.Error("the state in use was thrown out")
	}
	w.forget(Log{Cell: 1})
	fresh := w.get(Log{Cell: 1})
	w.settle(Log{Cell: 1}, st)
	if fresh == st || w.bytes != 0 {
		t.Errorf("%d bytes after the state was replaced", w.bytes)
	}
}

// Batches that bring nothing new read logs too: what they keep of them must count, or a replay would fill the memory.
func TestWarmStaysSmallWhenEverythingIsRedelivered(t *testing.T) {
	r := newRig(t)
	var copies []Copy
	for i := range 200 {
		at := noon.UnixMilli() - int64(i)*event.WindowMS
		copies = append(copies, r.place(event.Event{ID: fmt.Sprint(i), Visitor: "v", TS: at}))
	}
	r.commit(copies...)
	r.restart()
	r.committer.warm.max = 4 << 10
	if l := r.commit(copies...); l.Redelivered != 200 || l.Received != 0 {
		t.Errorf("ledger %+v", l)
	}
	if w := r.committer.warm; w.bytes > w.max || w.lru.Len() > 20 {
		t.Errorf("%d logs are kept in %d bytes", w.lru.Len(), w.bytes)
	}
}

// A committer that has forgotten everything, or nothing, decides the same.
func TestForgettingChangesNothing(t *testing.T) {
	for _, warmBytes := range []int{1, 64 << 20} {
		r := newRig(t)
		r.committer.warm.max = warmBytes
		for range 3 {
			for i := range 10 {
				r.count(fmt.Sprint(i), "v", "/", noon.Add(-event.WindowMS*1e6*2))
				r.count(fmt.Sprint(i), "v", "/", noon)
			}
		}
		if b := r.books(); b.Counted != 20 || b.Duplicate != 40 || !b.Balanced() {
			t.Errorf("%d bytes: %+v", warmBytes, b)
		}
	}
}
