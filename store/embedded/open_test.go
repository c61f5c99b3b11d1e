package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/streamgauge/streamgauge/store"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	owned := t.TempDir()
	open(t, Options{Dir: owned})
	denied := newFaultyDisk(errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpMkdirAll || op.Kind == errorfs.OpOpenDir {
			return &fs.PathError{Op: "mkdir", Path: op.Path, Err: syscall.EACCES}
		}
		return nil
	}))
	for _, c := range []struct {
		name    string
		options Options
		want    []string
	}{
		{"everything at once", Options{CacheBytes: -1, MemTableBytes: 1}, []string{"no folder", "-1 bytes", "memtable of 1 bytes"}},
		{"a file", Options{Dir: file}, []string{file, "not a directory"}},
		{"owned", Options{Dir: owned}, []string{owned, "has it open"}},
		{"no permission", Options{Dir: "/data", fs: denied}, []string{"/data", "this user may not", "permission denied"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), c.options)
			if err == nil {
				t.Fatal("opened", s.Close())
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// A disk that is full when the store is opened must not hang it, though pebble would try for ever to write its tables.
func TestOpenOnFullDisk(t *testing.T) {
	if !inChild(t) {
		return
	}
	faults := fault(syscall.ENOSPC, ".sst", errorfs.OpFileWrite)
	o := tiny(newFaultyDisk(faults))
	s := open(t, o)
	if err := appendDelta(t.Context(), s, "log", 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	faults.On()
	if _, err := Open(t.Context(), o); !errors.Is(err, store.ErrFull) {
		t.Fatalf("%v, want ErrFull", err)
	}
	faults.Off()
	checkDeltas(t, open(t, o), "log", 1)
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := cancelled(t)
	defer cancel()
	dir := filepath.Join(t.TempDir(), "store")
	if _, err := Open(ctx, Options{Dir: dir}); !errors.Is(err, ctx.Err()) {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("the folder was created")
	}
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	var last store.Revision
	key := store.Key{Partition: "p", Sort: "s"}
	for n := uint32(1); n <= 5; n++ {
		s := open(t, Options{Dir: dir})
		checkDeltas(t, s, "log", n-1)
		if err := appendDelta(t.Context(), s, "log", n); err != nil {
			t.Fatal(err)
		}
		rev, err := s.Put(t.Context(), key, nil, store.Write{Expect: last, Relaxed: true})
		if err != nil || rev <= last {
			t.Fatalf("revision %d after %d, %v", rev, last, err)
		}
		last = rev
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRevisionsRunOut(t *testing.T) {
	s := open(t, tiny(vfs.NewMem()))
	s.revisions.Store(2<<revisionBits - 2)
	for _, want := range []error{nil, ErrFailed} {
		_, err := s.Put(t.Context(), store.Key{Partition: "p", Sort: "s"}, nil, store.Write{Any: true})
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
	}
}
