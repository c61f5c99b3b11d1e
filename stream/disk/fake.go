package disk

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"syscall"
)

// ErrPowerCut is the error of every operation on a Fake after its power was cut.
var ErrPowerCut = errors.New("power cut")

// Fake is a file system in memory that can fail. Its zero value is not usable; see NewFake.
type Fake struct {
	mu      sync.Mutex // guards everything below, and all nodes
	root    *node
	locks   map[string]bool
	ops     int   // operations that change something, so far
	cutAt   int   // the operation at which the power goes, 0 for never
	off     bool  // the power is cut
	room    int64 // bytes that may still be allocated, -1 for no limit
	syncErr error // what the next File.Sync calls return
}

// sector is the unit in which a disk writes: a power cut keeps or loses whole sectors.
const sector = 512

type node struct {
	dir     bool
	data    []byte           // a file as it is
	durable []byte           // a file as the disk has it
	dirty   map[int64]bool   // sectors written since the last sync
	names   map[string]*node // a directory as it is
	synced  map[string]*node // a directory as of its last sync
}

// NewFake returns an empty file system without limits.
func NewFake() *Fake {
	return &Fake{root: newDir(), locks: map[string]bool{}, room: -1}
}

func newDir() *node { return &node{dir: true, names: map[string]*node{}, synced: map[string]*node{}} }

// CutPowerAt makes the n-th changing operation from now (1 is the next) fail with ErrPowerCut, and all after it. A write
// that is cut may have written some of its sectors.
func (f *Fake) CutPowerAt(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cutAt = f.ops + n
}

// Ops is the number of changing operations (create, write, sync, truncate, rename, remove, mkdir) so far.
func (f *Fake) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// SetRoom sets how many more bytes files may grow by before ENOSPC; -1 is no limit. Removing and truncating files
// gives room back.
func (f *Fake) SetRoom(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = bytes
}

// FailSync makes every File.Sync return err until it is called with nil.
func (f *Fake) FailSync(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncErr = err
}

// Restart returns the file system as the next boot finds it: what was synced, and of everything else what rng chooses,
// sector by sector and name by name. A nil rng keeps nothing that was not synced.
func (f *Fake) Restart(rng *rand.Rand) *Fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off = true
	next := NewFake()
	next.root = f.root.afterCut(rng)
	return next
}

func (n *node) afterCut(rng *rand.Rand) *node {
	if !n.dir {
		data := survivingBytes(n.durable, n.data, rng)
		return &node{data: data, durable: slices.Clone(data)}
	}
	names := make([]string, 0, len(n.names)+len(n.synced))
	for name := range n.names {
		names = append(names, name)
	}
	for name := range n.synced {
		names = append(names, name)
	}
	slices.Sort(names) // so that one seed makes one outcome
	kept := newDir()
	for _, name := range slices.Compact(names) {
		child := n.synced[name]
		if rng != nil && rng.IntN(2) == 0 {
			child = n.names[name]
		}
		if child != nil {
			c := child.afterCut(rng)
			kept.names[name], kept.synced[name] = c, c
		}
	}
	return kept
}

func survivingBytes(old, now []byte, rng *rand.Rand) []byte {
	kept := slices.Clone(old)
	if rng == nil {
		return kept
	}
	if rng.IntN(2) == 0 { // the new size made it
		kept = slices.Grow(kept, max(0, len(now)-len(kept)))
		kept = append(kept, make([]byte, max(0, len(now)-len(kept)))...)[:len(now)]
	}
	for at := 0; at < min(len(now), len(kept)); at += sector {
		if rng.IntN(2) == 0 {
			copy(kept[at:min(at+sector, len(kept))], now[at:])
		}
	}
	return kept
}

// change counts an operation that changes something, and says whether there is power for it.
func (f *Fake) change() error {
	if f.off {
		return ErrPowerCut
	}
	f.ops++
	if f.ops == f.cutAt {
		f.off = true
		return ErrPowerCut
	}
	return nil
}

func (f *Fake) find(name string) *node {
	n := f.root
	for _, part := range splitPath(name) {
		if n = n.names[part]; n == nil {
			return nil
		}
	}
	return n
}

func splitPath(name string) []string {
	var parts []string
	for name = path.Clean("/" + name); name != "/"; name = path.Dir(name) {
		parts = append(parts, path.Base(name))
	}
	slices.Reverse(parts)
	return parts
}

func (f *Fake) parent(name string) (*node, error) {
	dir := f.find(path.Dir(path.Clean("/" + name)))
	if dir == nil || !dir.dir {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return dir, nil
}

func (f *Fake) add(name string, n *node) error {
	dir, err := f.parent(name)
	if err != nil {
		return err
	}
	if dir.names[path.Base(name)] != nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	if err := f.change(); err != nil {
		return err
	}
	dir.names[path.Base(name)] = n
	return nil
}

// Create implements FS.
func (f *Fake) Create(name string) (File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &node{}
	if err := f.add(name, n); err != nil {
		return nil, err
	}
	return &fakeFile{fs: f, node: n}, nil
}

// Open implements FS.
func (f *Fake) Open(name string) (File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return nil, ErrPowerCut
	}
	n := f.find(name)
	if n == nil || n.dir {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &fakeFile{fs: f, node: n}, nil
}

// Rename implements FS.
func (f *Fake) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.find(from)
	source, err1 := f.parent(from)
	target, err2 := f.parent(to)
	if n == nil || err1 != nil || err2 != nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	if err := f.change(); err != nil {
		return err
	}
	delete(source.names, path.Base(from))
	target.names[path.Base(to)] = n
	return nil
}

// Remove implements FS.
func (f *Fake) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.find(name)
	dir, err := f.parent(name)
	if n == nil || err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	if n.dir && len(n.names) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	if err := f.change(); err != nil {
		return err
	}
	f.giveBack(len(n.data))
	delete(dir.names, path.Base(name))
	return nil
}

// Mkdir implements FS.
func (f *Fake) Mkdir(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(name, newDir())
}

// List implements FS.
func (f *Fake) List(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return nil, ErrPowerCut
	}
	n := f.find(dir)
	if n == nil || !n.dir {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: fs.ErrNotExist}
	}
	names := make([]string, 0, len(n.names))
	for name := range n.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// SyncDir implements FS.
func (f *Fake) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.find(dir)
	if n == nil || !n.dir {
		return &fs.PathError{Op: "sync", Path: dir, Err: fs.ErrNotExist}
	}
	if err := f.change(); err != nil {
		return err
	}
	clear(n.synced)
	for name, child := range n.names {
		n.synced[name] = child
	}
	return nil
}

// Lock implements FS.
func (f *Fake) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return nil, ErrPowerCut
	}
	if f.locks[name] {
		return nil, ErrLocked
	}
	f.locks[name] = true
	return &fakeLock{f, name}, nil
}

type fakeLock struct {
	fs   *Fake
	name string
}

func (l *fakeLock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	delete(l.fs.locks, l.name)
	return nil
}

func (f *Fake) giveBack(bytes int) {
	if f.room >= 0 {
		f.room += int64(bytes)
	}
}
