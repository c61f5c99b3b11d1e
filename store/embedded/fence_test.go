package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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

var syncs = []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}

// Wherever the disk fails: the process lives, every writer is answered, every later call says that the store failed, and what was answered before is there
// when the folder is opened again, in the same process. The nonce settles what was not answered.
func testFailure(t *testing.T, faults *errorfs.Toggle, cause error) {
	if !inChild(t) {
		return
	}
	const writers = 4
	o := tiny(errorfs.Wrap(vfs.NewMem(), faults))
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
	testFailure(t, fault(syscall.ENOSPC, ".log", errorfs.OpCreate, errorfs.OpReuseForWrite), syscall.ENOSPC)
}
func TestTableWriteFails(t *testing.T) {
	testFailure(t, fault(syscall.EIO, ".sst", errorfs.OpFileWrite), syscall.EIO)
}

func noRoomForTables() *errorfs.Toggle {
	return fault(syscall.ENOSPC, ".sst", errorfs.OpCreate, errorfs.OpFileWrite)
}

// Pebble meets a full disk though the guard saw room: writes answer ErrFull instead of stalling, and go on by themselves.
func TestTablesFindNoRoom(t *testing.T) {
	faults, d := noRoomForTables(), newDisk(1<<40)
	o := tiny(errorfs.Wrap(vfs.NewMem(), faults))
	o.Now = d.now
	s := open(t, o)
	faults.On()
	n := uint32(0)
	var err error
	for err == nil {
		if err = appendDelta(t.Context(), s, "log", n+1); err == nil {
			n++
		}
	}
	if !errors.Is(err, store.ErrFull) {
		t.Fatalf("after %d deltas: %v, want ErrFull", n, err)
	}
	checkDeltas(t, s, "log", n)
	faults.Off()
	d.clock = d.clock.Add(fullFor)
	for range 100 {
		if err := appendDelta(t.Context(), s, "log", n+1); err != nil {
			t.Fatal(err)
		}
		n++
	}
	checkDeltas(t, s, "log", n)
}

// stalled is a store whose writer waits inside pebble for room on the disk. The guard does not help: its clock runs too fast.
func stalled(t *testing.T) (s *Store, o Options, answered uint32, pending chan error, faults *errorfs.Toggle, leave context.CancelFunc) {
	var clock sync.Mutex
	now := time.Unix(1_000, 0)
	faults = noRoomForTables()
	o = tiny(errorfs.Wrap(vfs.NewMem(), faults))
	o.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		now = now.Add(time.Hour)
		return now
	}
	begun := make(chan struct{})
	var once sync.Once
	o.Events = func(event string) {
		if strings.Contains(event, "write stall beginning") {
			once.Do(func() { close(begun) })
		}
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	faults.On()
	ctx, leave := context.WithCancel(t.Context())
	pending = make(chan error)
	n := make(chan uint32, 1)
	go func() {
		for i := uint32(1); ; i++ {
			n <- i - 1
			err := appendDelta(ctx, s, "log", i)
			if err != nil {
				pending <- err
				return
			}
			select {
			case <-begun:
				pending <- nil
				return
			case <-n:
			}
		}
	}()
	<-begun
	return s, o, <-n, pending, faults, leave
}

func TestStallEndsWithRoom(t *testing.T) {
	s, _, n, pending, faults, leave := stalled(t)
	defer leave()
	faults.Off()
	if err := <-pending; err != nil {
		t.Fatal(err)
	}
	checkDeltas(t, s, "log", n+1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A caller can leave a stall. The turn stays with the write: a repeat waits for it, and is answered as one.
func TestStallIsLeft(t *testing.T) {
	s, _, n, pending, faults, leave := stalled(t)
	leave()
	if err := <-pending; !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want Canceled", err)
	}
	ctx, cancel := cancelled(t)
	defer cancel()
	if err := appendDelta(ctx, s, "log", n+1); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want Canceled", err)
	}
	faults.Off()
	if err := appendDelta(t.Context(), s, "log", n+1); err != nil {
		t.Fatal(err)
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
	s, o, n, pending, faults, leave := stalled(t)
	defer leave()
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := <-pending; !errors.Is(err, ErrFailed) {
		t.Errorf("the write: %v, want ErrFailed", err)
	}
	if err := <-closed; !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v, want ENOSPC", err)
	}
	faults.Off()
	checkDeltas(t, open(t, o), "log", n)
}
