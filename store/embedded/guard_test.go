package embedded

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/streamgauge/streamgauge/store"
)

// disk is a disk whose room and clock the test sets.
type disk struct {
	free     uint64
	err      error
	measured int
	since    atomic.Int64
}

func newDisk(free uint64) *disk { return &disk{free: free} }

func (d *disk) measure() (uint64, error) { d.measured++; return d.free, d.err }
func (d *disk) now() time.Time           { return time.Unix(1_000, d.since.Load()) }
func (d *disk) pass(t time.Duration)     { d.since.Add(int64(t)) }

func (d *disk) guard(reserve uint64) *guard {
	return &guard{measure: d.measure, now: d.now, reserve: reserve}
}

func TestGuardKeepsTheReserve(t *testing.T) {
	d := newDisk(10_000 + 2*100)
	g := d.guard(10_000)
	if err := g.admit(100); err != nil {
		t.Fatalf("what fits exactly: %v", err)
	}
	if err := g.admit(1); !errors.Is(err, store.ErrFull) {
		t.Fatalf("one byte more, after that: %v, want ErrFull", err)
	}
	if err := g.admitDelete(100); err != nil {
		t.Fatalf("a deletion: %v", err)
	}
	d.free = 4_999
	d.pass(measureEvery)
	if err := g.admitDelete(0); !errors.Is(err, store.ErrFull) {
		t.Fatalf("a deletion below half the reserve: %v, want ErrFull", err)
	}
	d.free = 10_000
	d.pass(measureEvery)
	if err := g.admit(0); err != nil {
		t.Fatalf("with room again: %v", err)
	}
}

func TestGuardMeasuresRarely(t *testing.T) {
	d := newDisk(1 << 40)
	g := d.guard(8000)
	admit := func(size, wantMeasured int) {
		t.Helper()
		if err := g.admit(size); err != nil {
			t.Fatal(err)
		}
		if d.measured != wantMeasured {
			t.Fatalf("measured %d times, want %d", d.measured, wantMeasured)
		}
	}
	admit(1, 1)
	admit(1, 1)
	d.pass(measureEvery - 1)
	admit(1, 1)
	d.pass(1)
	admit(1, 2) // by age
	admit(499, 2)
	admit(1, 3) // by 1,000 bytes written, an eighth of the reserve
}

func TestGuardCannotMeasure(t *testing.T) {
	d := newDisk(1 << 40)
	d.err = errors.New("no such disk")
	g := d.guard(1000)
	if err := g.admit(1); !errors.Is(err, d.err) || errors.Is(err, store.ErrFull) {
		t.Fatalf("%v", err)
	}
	d.err = nil
	if err := g.admit(1); err != nil {
		t.Fatal(err)
	}
}

func TestGuardBelievesPebble(t *testing.T) {
	d := newDisk(1 << 40)
	g := d.guard(1000)
	g.foundFull()
	if err := g.admit(1); !errors.Is(err, store.ErrFull) {
		t.Fatalf("after a full disk was met: %v", err)
	}
	d.pass(fullFor)
	if err := g.admit(1); err != nil {
		t.Fatal(err)
	}
}

// A full disk: writes answer ErrFull and write nothing, reads and repeats are answered, and it works again when there is room.
func TestFullDisk(t *testing.T) {
	d := newDisk(1 << 30)
	s := open(t, Options{Dir: "store", FreeSpace: func(string) (uint64, error) { return d.measure() }, Now: d.now, fs: vfs.NewMem()})
	key := store.Key{Partition: "p", Sort: "s"}
	rev, err := s.Put(t.Context(), key, []byte("before"), store.Write{})
	if err != nil {
		t.Fatal(err)
	}
	if err := appendDelta(t.Context(), s, "log", 1); err != nil {
		t.Fatal(err)
	}

	d.free = 100 << 20
	d.pass(measureEvery)
	if err := appendDelta(t.Context(), s, "log", 2); !errors.Is(err, store.ErrFull) {
		t.Errorf("Append: %v, want ErrFull", err)
	}
	if err := s.Room(); !errors.Is(err, store.ErrFull) {
		t.Errorf("Room: %v, want ErrFull", err)
	}
	for _, w := range []store.Write{{Any: true}, {Expect: rev}, {Any: true, Relaxed: true}} {
		if _, err := s.Put(t.Context(), key, []byte("after"), w); !errors.Is(err, store.ErrFull) {
			t.Errorf("Put(%+v): %v, want ErrFull", w, err)
		}
	}
	if item, err := s.Get(t.Context(), key); err != nil || string(item.Value) != "before" || item.Revision != rev {
		t.Errorf("the item is now %+v, %v", item, err)
	}
	if err := appendDelta(t.Context(), s, "log", 1); err != nil {
		t.Errorf("a repeat of what is there: %v", err)
	}
	if answer, err := s.Append(t.Context(), logKey("log"), 1, delta(1), nonce(77)); err != nil || answer != store.Exists {
		t.Errorf("a number that exists: %v, %v", answer, err)
	}
	if err := s.Delete(t.Context(), key, store.Write{Expect: rev}); err != nil {
		t.Errorf("Delete makes room: %v", err)
	}
	if entries, err := s.Read(t.Context(), logKey("log"), 0, store.Bodies); err != nil || len(entries) != 1 {
		t.Errorf("%d deltas, %v, want 1", len(entries), err)
	}

	d.free = 1 << 30
	d.pass(measureEvery)
	if err := appendDelta(t.Context(), s, "log", 2); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	checkDeltas(t, s, "log", 2)
}
