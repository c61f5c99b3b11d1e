package aggregate

import (
	"fmt"
	"testing"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func TestCellsFor(t *testing.T) {
	for shards, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 64: 64, 65: 128, 1000: 1024, 1 << 20: maxCells} {
		if got := CellsFor(shards); got != want {
			t.Errorf("CellsFor(%d) = %d, want %d", shards, got, want)
		}
	}
}

// The first one to ask fixes the cells of an hour, for everyone and for ever.
func TestCellPlansAgree(t *testing.T) {
	s := storetest.NewMemory()
	four, one := newCellPlan(s, 4), newCellPlan(s, 1)
	for _, c := range []struct {
		plan *cellPlan
		ms   int64
		want int
	}{
		{four, 0, 4}, {one, hourMS - 1, 4}, {one, hourMS, 1}, {four, hourMS + 1, 1}, {newCellPlan(s, 99), 5, 4},
	} {
		if n := must(c.plan.fix(t.Context(), c.ms)); n != c.want {
			t.Errorf("hour of %d: %d cells, want %d", c.ms, n, c.want)
		}
	}
	if _, ok, err := newCellPlan(s, 1).look(t.Context(), 2*hourMS); ok || err != nil {
		t.Errorf("looking fixed an hour: %v %v", ok, err)
	}
}

// Two plans that ask at the same time, and one whose answer is lost.
func TestCellPlanRace(t *testing.T) {
	memory := storetest.NewMemory()
	var lost bool
	s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		if op.Method == "Put" && !lost {
			lost = true
			mustDo(func() error { _, err := newCellPlan(memory, 8).fix(t.Context(), 0); return err }())
			return storetest.LoseAnswer
		}
		return storetest.Pass
	})
	p := newCellPlan(s, 2)
	n, err := p.fix(t.Context(), 0)
	if err != nil { // the answer was lost: it is tried again
		n, err = p.fix(t.Context(), 0)
	}
	if n != 8 || err != nil {
		t.Errorf("%d cells, %v", n, err)
	}
}

func TestCorruptCells(t *testing.T) {
	for _, value := range []string{"", "x", "0", "-1", "1025"} {
		s := storetest.NewMemory()
		must(s.Put(t.Context(), cellKey(0), []byte(value), store.Write{}))
		if n, err := newCellPlan(s, 1).fix(t.Context(), 0); err == nil {
			t.Errorf("%q: %d cells", value, n)
		}
	}
}

// Committers that know different numbers of shards count an event once, on both sides of an hour.
func TestCommittersWithDifferentShardsAgree(t *testing.T) {
	r := newRig(t)
	many := NewCommitter(r.store, r.sites, Options{Shards: 8, Now: r.clock})
	few := r.committer
	for i := range 40 {
		e := event.Event{ID: fmt.Sprint(i), Visitor: fmt.Sprint("v", i), TS: noon.UnixMilli() - int64(i%2)*hourMS}
		first, second := few, many
		if i%4 < 2 {
			first, second = many, few
		}
		for _, c := range []*Committer{first, second} {
			r.committer = c
			r.commit(r.place(e))
		}
	}
	if b := r.books(); b.Counted != 40 || b.Duplicate != 40 {
		t.Errorf("books %+v", b)
	}
}
