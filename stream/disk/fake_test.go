package disk

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"syscall"
	"testing"
)

func write(t *testing.T, f File, text string, at int64) {
	t.Helper()
	if _, err := f.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, fsys FS, name string) string {
	t.Helper()
	data, err := ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func create(t *testing.T, fsys FS, name string) File {
	t.Helper()
	f, err := fsys.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPowerCutDropsWhatWasNotSynced(t *testing.T) {
	fsys := NewFake()
	f := create(t, fsys, "/a")
	write(t, f, "synced", 0)
	check(t, f.Sync())
	check(t, fsys.SyncDir("/"))
	write(t, f, "LOST", 0)
	create(t, fsys, "/unnamed")
	after := fsys.Restart(nil)
	if got := content(t, after, "/a"); got != "synced" {
		t.Errorf("%q", got)
	}
	if names, _ := after.List("/"); len(names) != 1 {
		t.Errorf("%q", names)
	}
	if _, err := fsys.Open("/a"); !errors.Is(err, ErrPowerCut) {
		t.Error(err)
	}
}

func TestPowerCutKeepsSomething(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(50) {
		fsys := NewFake()
		f := create(t, fsys, "/a")
		write(t, f, string(make([]byte, 2*sector)), 0)
		check(t, f.Sync())
		check(t, fsys.SyncDir("/"))
		write(t, f, "1", 0)
		write(t, f, "2", sector)
		got := content(t, fsys.Restart(rand.New(rand.NewPCG(seed, 0))), "/a")
		seen[string(got[0])+string(got[sector])] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d outcomes of two sectors, want 4", len(seen))
	}
}

// TestFailedSyncLosesData checks that a sync after a failed one claims success and brings nothing, as on Linux.
func TestFailedSyncLosesData(t *testing.T) {
	fsys := NewFake()
	f := create(t, fsys, "/a")
	check(t, fsys.SyncDir("/"))
	write(t, f, "lost", 0)
	fsys.FailSync(io.ErrUnexpectedEOF)
	if err := f.Sync(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	fsys.FailSync(nil)
	write(t, f, "kept", sector)
	check(t, f.Sync())
	got := content(t, fsys.Restart(nil), "/a")
	if got[:4] != "\x00\x00\x00\x00" || got[sector:] != "kept" {
		t.Errorf("%q", got)
	}
}

func TestRoom(t *testing.T) {
	fsys := NewFake()
	fsys.SetRoom(6)
	f := create(t, fsys, "/a")
	write(t, f, "four", 0)
	if n, err := f.WriteAt([]byte("four"), 4); !errors.Is(err, syscall.ENOSPC) || n != 2 {
		t.Errorf("wrote %d: %v", n, err)
	}
	write(t, f, "over", 2)
	check(t, f.Truncate(1))
	write(t, f, "four!", 1)
	check(t, fsys.Remove("/a"))
	write(t, create(t, fsys, "/b"), "sixsix", 0)
}

// testFS holds what both file systems must do.
func testFS(t *testing.T, fsys FS, dir string) {
	check(t, MkdirAll(fsys, dir+"/x/y"))
	check(t, MkdirAll(fsys, dir+"/x/y"))
	check(t, WriteFile(fsys, dir+"/x/f", []byte("one")))
	check(t, WriteFile(fsys, dir+"/x/f", []byte("two")))
	if got := content(t, fsys, dir+"/x/f"); got != "two" {
		t.Errorf("%q", got)
	}
	if _, err := fsys.Create(dir + "/x/f"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if _, err := fsys.Open(dir + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := fsys.Remove(dir + "/x"); err == nil {
		t.Error("removed a directory with files")
	}
	check(t, fsys.Rename(dir+"/x/f", dir+"/x/y/g"))
	if names, err := fsys.List(dir + "/x"); err != nil || len(names) != 1 || names[0] != "y" {
		t.Errorf("%q: %v", names, err)
	}
	lock, err := fsys.Lock(dir + "/lock")
	check(t, err)
	if _, err := fsys.Lock(dir + "/lock"); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	check(t, lock.Close())
	lock, err = fsys.Lock(dir + "/lock")
	check(t, err)
	check(t, lock.Close())
	check(t, RemoveAll(fsys, dir+"/x"))
	if _, err := fsys.List(dir + "/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestFake(t *testing.T) { testFS(t, NewFake(), "/d") }

func TestOS(t *testing.T) { testFS(t, OS{}, t.TempDir()) }
