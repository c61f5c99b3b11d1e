package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrFailed: the disk failed under the store. What was answered before is safe; the call that met it may or may not be applied; every later
// call answers this error until the folder is opened again.
var ErrFailed = errors.New("embedded: the store failed and must be opened again")

// fence lets pebble change the file system until the first failure, and then never again.
//
// After a failed fsync the kernel may call dirty pages clean, so that a second fsync succeeds over lost bytes: a sync is never tried twice. And
// pebble is not made to go on: a failed commit or MANIFEST write calls Logger.Fatalf, whose default ends the process, and a log that cannot
// be closed or created panics while a mutex is released that another defer unlocks, which nothing can recover. So the error is not given to
// pebble at all: the goroutine that met it, and every one that wants to change a file from then on, is held for ever. The callers of the store
// do not wait for pebble alone (commit.go) and are answered. What is lost is the memory of one dead database until the process ends.
//
// Only a full disk under a table is different: pebble writes that table again from memory or from its sources, in a new file, and
// recovers when there is room. (Not when its sync fails.)
type fence struct {
	vfs.FS
	// noRoom is called when a table finds the disk full.
	noRoom func()
	// strict makes a full disk final too: while opening and closing nobody would be left to wait for room.
	strict atomic.Bool

	// changing is held, shared, during every change, so that settle can wait for those under way. It is the innermost lock of the package.
	changing sync.RWMutex
	failed   chan struct{}
	once     sync.Once
	err      error // set before failed is closed

	lock io.Closer // of the folder
}

// roomPause is how long a table's write waits with the news that the disk is full: pebble tries again at once.
const roomPause = 50 * time.Millisecond

func newFence(inner vfs.FS) *fence {
	return &fence{FS: inner, failed: make(chan struct{})}
}

// failure returns why nothing works any more, or nil.
func (f *fence) failure() error {
	select {
	case <-f.failed:
		return f.err
	default:
		return nil
	}
}

// fail makes the first failure known. It does not wait.
func (f *fence) fail(err error) {
	f.once.Do(func() {
		f.err = fmt.Errorf("%w: %w", ErrFailed, err)
		close(f.failed)
	})
}

// settle waits, after a failure or an Open that went wrong, until no change is under way and gives the folder free.
func (f *fence) settle() {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.lock != nil {
		_ = f.lock.Close() // there is nothing to be done about an error: the folder stays locked until the process ends
	}
}

// change makes one change of the file called name.
func (f *fence) change(verb, name string, do func() error) error {
	f.changing.RLock()
	if f.failure() != nil {
		f.changing.RUnlock()
		select {}
	}
	err := do()
	f.changing.RUnlock()
	switch {
	case err == nil:
		return nil
	case f.recoverable(verb, name, err):
		f.noRoom()
		f.pause()
		return err
	}
	f.fail(fmt.Errorf("%s %s: %w", verb, name, err))
	select {}
}

func (f *fence) recoverable(verb, name string, err error) bool {
	return isNoRoom(err) && filepath.Ext(name) == ".sst" && verb != "sync" && !f.strict.Load()
}

func (f *fence) pause() {
	t := time.NewTimer(roomPause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-f.failed:
	}
}

func isNoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func (f *fence) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open("create", name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

func (f *fence) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.open("open", name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, c, opts...) })
}

func (f *fence) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open("reuse", newname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, c) })
}

// OpenDir opens a folder, for syncing. Opening changes nothing, so its error is the caller's.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &fencedFile{file, f, name}, nil
}

func (f *fence) open(verb, name string, do func() (vfs.File, error)) (vfs.File, error) {
	var file vfs.File
	err := f.change(verb, name, func() (err error) {
		file, err = do()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &fencedFile{file, f, name}, nil
}

func (f *fence) Link(oldname, newname string) error {
	return f.change("link", newname, func() error { return f.FS.Link(oldname, newname) })
}

func (f *fence) Rename(oldname, newname string) error {
	return f.change("rename", newname, func() error { return f.FS.Rename(oldname, newname) })
}

// harmless is a change whose own failure loses nothing. After another failure it is held like every change.
func (f *fence) harmless(verb, name string, do func() error) (err error) {
	_ = f.change(verb, name, func() error { err = do(); return nil })
	return err
}

func (f *fence) Remove(name string) error {
	return f.harmless("remove", name, func() error { return f.FS.Remove(name) })
}

func (f *fence) RemoveAll(name string) error {
	return f.harmless("remove", name, func() error { return f.FS.RemoveAll(name) })
}

// errLocked: somebody else owns the folder.
var errLocked = errors.New("in use")

// Lock keeps the lock, so that settle can open it in the place of a database that is never closed.
func (f *fence) Lock(name string) (io.Closer, error) {
	lock, err := f.FS.Lock(name)
	if err != nil {
		// fcntl says EACCES or EAGAIN for a lock that somebody has. What comes from the file itself has its path.
		if file := new(fs.PathError); !errors.As(err, &file) {
			err = fmt.Errorf("%w: %w", errLocked, err)
		}
		return nil, err
	}
	f.lock = closeOnce(sync.OnceValue(lock.Close))
	return f.lock, nil
}

// closeOnce closes something that both pebble and the fence may close.
type closeOnce func() error

func (c closeOnce) Close() error { return c() }

func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is a file open for writing, or a folder open for syncing.
type fencedFile struct {
	vfs.File
	fence *fence
	name  string
}

func (f *fencedFile) Write(p []byte) (n int, err error) {
	err = f.fence.change("write", f.name, func() (err error) { n, err = f.File.Write(p); return err })
	return n, err
}

func (f *fencedFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fence.change("write", f.name, func() (err error) { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

func (f *fencedFile) Preallocate(offset, length int64) error {
	return f.fence.harmless("preallocate", f.name, func() error { return f.File.Preallocate(offset, length) })
}

func (f *fencedFile) Sync() error     { return f.fence.change("sync", f.name, f.File.Sync) }
func (f *fencedFile) SyncData() error { return f.fence.change("sync", f.name, f.File.SyncData) }
func (f *fencedFile) Close() error    { return f.fence.change("close", f.name, f.File.Close) }

func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	err = f.fence.change("sync", f.name, func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full, err
}
