package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/streamgauge/streamgauge/store"
)

// fault fails the operations of some kinds on the files whose name contains a string, while it is on.
func fault(err error, name string, kinds ...errorfs.OpKind) *errorfs.Toggle {
	return &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		for _, k := range kinds {
			if op.Kind == k && strings.Contains(filepath.Base(op.Path), name) {
				return err
			}
		}
		return nil
	})}
}

// faultyDisk is a disk in memory that fails as told. It does not reuse files, because errorfs does not see what becomes of them.
type faultyDisk struct{ *errorfs.FS }

func newFaultyDisk(i errorfs.Injector) faultyDisk { return faultyDisk{errorfs.Wrap(vfs.NewMem(), i)} }

func (d faultyDisk) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Remove(oldname); err != nil {
		return nil, err
	}
	return d.Create(newname, c)
}

var syncs = []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}

// Wherever the disk fails: the process lives, every writer is answered, every later call says that the store failed, and what was answered before is there
// when the folder is opened again, in the same process. The nonce settles what was not answered.
func testFailure(t *testing.T, faults *errorfs.Toggle, cause error) {
	if !inChild(t) {
		return
	}
	const writers = 4
	o := tiny(newFaultyDisk(faults))
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var answered [writers]uint32
	var failures [writers]error
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for failures[w] == nil {
				if answered[w] == 10 {
					faults.On()
				}
				if failures[w] = appendDelta(t.Context(), s, fmt.Sprint(w), answered[w]+1); failures[w] == nil {
					answered[w]++
				}
			}
		})
	}
	wg.Wait()
	for w, err := range failures {
		if !errors.Is(err, ErrFailed) || !errors.Is(err, cause) {
			t.Errorf("writer %d: %v, want ErrFailed for %v", w, err, cause)
		}
	}
	wantEveryCall(t, s, ErrFailed)
	if err := s.Close(); !errors.Is(err, ErrFailed) {
		t.Errorf("Close: %v, want ErrFailed", err)
	}
	wantEveryCall(t, s, store.ErrClosed)

	faults.Off()
	s = open(t, o)
	for w, n := range answered {
		checkDeltas(t, s, fmt.Sprint(w), n)
		if err := appendDelta(t.Context(), s, fmt.Sprint(w), n+1); err != nil {
			t.Errorf("repeat: %v", err)
		}
	}
}

func TestLogSyncFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, ".log", syncs...), syscall.EIO)
}
func TestTableSyncFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, ".sst", syncs...), syscall.EIO)
}
func TestFolderSyncFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, "store", errorfs.OpFileSync), syscall.EIO)
}
func TestManifestSyncFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, "MANIFEST", syncs...), syscall.EIO)
}
func TestLogWriteFindsNoRoom(t *testing.T) {
	testFailure(t, fault(syscall.ENOSPC, ".log", errorfs.OpFileWrite), syscall.ENOSPC)
}
func TestLogCannotBeCreated(t *testing.T) {
	testFailure(t, fault(syscall.ENOSPC, ".log", errorfs.OpCreate), syscall.ENOSPC)
}
func TestTableWriteFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, ".sst", errorfs.OpFileWrite), syscall.EIO)
}

// noRoom is a store whose tables will find the disk full, though the guard sees room.
func noRoom(now func() time.Time) (o Options, faults *errorfs.Toggle, met, stalled chan struct{}) {
	faults = fault(syscall.ENOSPC, ".sst", errorfs.OpCreate, errorfs.OpFileWrite)
	met, stalled = make(chan struct{}), make(chan struct{})
	var first, stall sync.Once
	o = tiny(newFaultyDisk(faults))
	o.Now = now
	o.Events = func(event string) {
		if strings.Contains(event, "background error") {
			first.Do(func() { close(met) })
		}
		if strings.Contains(event, "write stall beginning") {
			stall.Do(func() { close(stalled) })
		}
	}
	return o, faults, met, stalled
}

// tryAppend tells whether an append was answered. It takes no error but that of a full disk.
func tryAppend(t *testing.T, s *Store, n uint32) bool {
	t.Helper()
	err := appendDelta(t.Context(), s, "log", n)
	if err != nil && !errors.Is(err, errNoRoom) && !errors.Is(err, store.ErrFull) {
		t.Fatal(err)
	}
	return err == nil
}

// appendUntil writes a log until done is closed, trying every number until it is answered, and returns how many were.
func appendUntil(t *testing.T, s *Store, done chan struct{}) (answered uint32) {
	for {
		select {
		case <-done:
			return answered
		default:
		}
		if tryAppend(t, s, answered+1) {
			answered++
		}
	}
}

// Pebble meets a full disk: writes are refused, or answered an error if they are under way, and go on by themselves.
func TestTablesFindNoRoom(t *testing.T) {
	d := newDisk(0)
	o, faults, met, _ := noRoom(d.now)
	s := open(t, o)
	faults.On()
	n := appendUntil(t, s, met)
	if _, err := s.Put(t.Context(), store.Key{Partition: "p", Sort: "s"}, nil, store.Write{}); !errors.Is(err, store.ErrFull) {
		t.Fatalf("after %d deltas: %v, want ErrFull", n, err)
	}
	checkDeltas(t, s, "log", n)
	faults.Off()
	for range 100 {
		n++
		for !tryAppend(t, s, n) {
			d.pass(fullFor)
		}
	}
	checkDeltas(t, s, "log", n)
}

// stalled is a store with a write that waits inside pebble for room. The guard does not help: its clock runs too fast.
func stalled(t *testing.T) (s *Store, o Options, answered uint32, faults *errorfs.Toggle) {
	d := newDisk(0)
	o, faults, _, stall := noRoom(func() time.Time { d.pass(time.Hour); return d.now() })
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	faults.On()
	return s, o, appendUntil(t, s, stall), faults
}

// A write that waits for room is answered an error, again and again, and its repeat is recognised when it was applied in the end.
func TestStall(t *testing.T) {
	s, _, n, faults := stalled(t)
	if err := appendDelta(t.Context(), s, "log", n+1); !errors.Is(err, errNoRoom) {
		t.Errorf("%v, want errNoRoom", err)
	}
	faults.Off()
	for !tryAppend(t, s, n+1) {
	}
	checkDeltas(t, s, "log", n+1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCloseDuringStall(t *testing.T) {
	if !inChild(t) {
		return
	}
	s, o, n, faults := stalled(t)
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v, want ENOSPC", err)
	}
	faults.Off()
	checkDeltas(t, open(t, o), "log", n)
}

// A caller can leave a disk that does not answer. The turn stays with the write: its repeat waits for it, and is answered Won.
func TestSlowDiskIsLeft(t *testing.T) {
	syncing, gate := make(chan struct{}, 1), make(chan struct{})
	slow := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && slices.Contains(syncs, op.Kind) {
			select {
			case syncing <- struct{}{}:
			default:
			}
			<-gate
		}
		return nil
	})}
	s := open(t, tiny(newFaultyDisk(slow)))
	slow.On()
	ctx, leave := context.WithCancel(t.Context())
	answers := make(chan error)
	for range 2 {
		go func() { answers <- appendDelta(ctx, s, "log", 1) }()
	}
	<-syncing
	leave()
	for range 2 {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want Canceled", err)
		}
	}
	slow.Off()
	close(gate)
	if err := appendDelta(t.Context(), s, "log", 1); err != nil {
		t.Fatal(err)
	}
	checkDeltas(t, s, "log", 1)
}
