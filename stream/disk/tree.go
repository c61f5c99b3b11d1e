package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// MkdirAll makes a directory and the missing ones above it, each made durable in its parent.
func MkdirAll(fsys FS, dir string) error {
	if _, err := fsys.List(dir); err == nil {
		return nil
	}
	parent := path.Dir(dir)
	if parent != dir {
		if err := MkdirAll(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make directory %s: %w", dir, err)
	}
	return fsys.SyncDir(parent)
}

// RemoveAll removes a directory and all that is in it. The caller syncs the parent.
func RemoveAll(fsys FS, dir string) error {
	names, err := fsys.List(dir)
	if err != nil {
		return fsys.Remove(dir) // a file, or gone
	}
	for _, name := range names {
		if err := RemoveAll(fsys, path.Join(dir, name)); err != nil {
			return err
		}
	}
	return fsys.Remove(dir)
}

// ReadFile reads a whole file; it is meant for small ones.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := f.ReadAt(data, 0); err != nil && size > 0 {
		return nil, err
	}
	return data, nil
}

// WriteFile replaces a file so that after a crash it holds the old bytes or the new ones: written beside, synced,
// renamed, and the directory synced.
func WriteFile(fsys FS, name string, data []byte) error {
	temp := name + ".tmp"
	if err := fsys.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(fsys, temp, data); err != nil {
		_ = fsys.Remove(temp)
		return err
	}
	if err := fsys.Rename(temp, name); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

func writeNew(fsys FS, name string, data []byte) error {
	f, err := fsys.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
