package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// segment is one file. The spool's mutex guards what is not said to be guarded otherwise.
type segment struct {
	number  uint64
	path    string
	f       *os.File // nil if it is only read
	size    int64    // of the good frames and the header
	live    int      // items in it that are not done
	retired bool     // what was live in it lies elsewhere, synced

	syncing sync.Mutex // guards synced; taken before the spool's mutex
	synced  int64
}

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.spool", number))
}

// createSegment makes a file with a header in it.
func createSegment(dir string, number uint64, noSync bool) (_ *segment, err error) {
	s := &segment{number: number, path: segmentPath(dir, number), size: int64(len(header))}
	if s.f, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, fmt.Errorf("create segment: %w", err)
	}
	if _, err = s.f.WriteString(header); err == nil && !noSync {
		if err = s.f.Sync(); err == nil {
			err = syncDir(dir)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create segment: %w", err), s.f.Close(), os.Remove(s.path))
	}
	return s, nil
}

// write appends frames. Where it fails, what it wrote is cut off again, as well as that can be done.
func (s *segment) write(b []byte) error {
	if _, err := s.f.WriteAt(b, s.size); err != nil {
		return errors.Join(fmt.Errorf("write segment: %w", err), s.f.Truncate(s.size))
	}
	s.size += int64(len(b))
	return nil
}

// close ends writing. The file stays.
func (s *segment) close() error {
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}

func (s *segment) remove() error {
	return errors.Join(s.close(), os.Remove(s.path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
