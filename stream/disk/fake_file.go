package disk

import (
	"io"
	"slices"
	"syscall"
)

type fakeFile struct {
	fs   *Fake
	node *node
}

func (f *fakeFile) ReadAt(p []byte, at int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.off {
		return 0, ErrPowerCut
	}
	if at >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes what there is room for, as a disk does. When the power goes in the middle, Restart decides which of its
// sectors remain, as for a write that was not synced.
func (f *fakeFile) WriteAt(p []byte, at int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.off {
		return 0, ErrPowerCut
	}
	grow := max(0, at+int64(len(p))-int64(len(f.node.data)))
	short := int64(0)
	if f.fs.room >= 0 {
		short = max(0, grow-f.fs.room)
	}
	written := max(0, int64(len(p))-short)
	f.grow(at + written)
	copy(f.node.data[min(at, int64(len(f.node.data))):], p[:written])
	if written > 0 {
		f.touch(at, at+written)
	}
	if err := f.fs.change(); err != nil {
		return int(written), err
	}
	if short > 0 {
		return int(written), syscall.ENOSPC
	}
	return len(p), nil
}

func (f *fakeFile) Zero(at, n int64) error {
	_, err := f.WriteAt(make([]byte, n), at)
	return err
}

func (f *fakeFile) grow(size int64) {
	old := int64(len(f.node.data))
	if size <= old {
		return
	}
	f.node.data = append(f.node.data, make([]byte, size-old)...)
	f.touch((old+sector-1)/sector*sector, size)
	if f.fs.room >= 0 {
		f.fs.room -= size - old
	}
}

func (f *fakeFile) touch(from, to int64) {
	if f.node.dirty == nil {
		f.node.dirty = map[int64]bool{}
	}
	for s := from / sector; s*sector < to; s++ {
		f.node.dirty[s] = true
	}
}

// Sync brings dirty sectors to the disk. When it fails, they count as clean all the same, as in Linux: no later sync
// brings them unless they are written again.
func (f *fakeFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.change(); err != nil {
		return err
	}
	n := f.node
	dirty := n.dirty
	n.dirty = nil
	if f.fs.syncErr != nil {
		return f.fs.syncErr
	}
	n.durable = slices.Grow(n.durable, max(0, len(n.data)-len(n.durable)))
	n.durable = append(n.durable, make([]byte, max(0, len(n.data)-len(n.durable)))...)[:len(n.data)]
	for s := range dirty {
		if at := s * sector; at < int64(len(n.data)) {
			copy(n.durable[at:min(at+sector, int64(len(n.durable)))], n.data[at:])
		}
	}
	return nil
}

func (f *fakeFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.change(); err != nil {
		return err
	}
	f.grow(size)
	f.fs.giveBack(len(f.node.data) - int(size))
	f.touch(size, size+1) // the rest of its sector becomes zeros
	f.node.data = f.node.data[:size]
	return nil
}

func (f *fakeFile) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.node.data)), nil
}

func (f *fakeFile) Close() error { return nil }
