package spool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Open opens the spool in a folder, which no other may use at the same time, and reads what is in it.
func Open(o Options) (_ *Spool, err error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	lock, err := lockFile(filepath.Join(o.Dir, "LOCK"))
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", o.Dir, err)
	}
	s := &Spool{opts: o, segmentBytes: max(o.MaxBytes/8, minSegment), lock: lock, where: map[uint64]*segment{}, next: 1}
	if err := s.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), lock.Close())
	}
	return s, nil
}

// recover reads all segments and begins a new one.
func (s *Spool) recover() error {
	numbers, err := segmentNumbers(s.opts.Dir)
	if err != nil {
		return err
	}
	live := map[uint64]Entry{}
	for i, n := range numbers {
		mayBeTorn := i == len(numbers)-1 || s.opts.NoSync
		if err := s.read(n, mayBeTorn, live); err != nil {
			return err
		}
	}
	for _, e := range live {
		s.recovered = append(s.recovered, e)
	}
	slices.SortFunc(s.recovered, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	first := uint64(1)
	if len(numbers) > 0 {
		first = numbers[len(numbers)-1] + 1
	}
	seg, err := createSegment(s.opts.Dir, first, s.opts.NoSync)
	if err != nil {
		return err
	}
	s.segments = append(s.segments, seg)
	s.bytes += seg.size
	if err := s.dropOldest(); err != nil {
		return errors.Join(err, seg.close())
	}
	return nil
}

func segmentNumbers(dir string) (numbers []uint64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries { // in the order of names, which is that of numbers
		name, ok := strings.CutSuffix(e.Name(), ".spool")
		if n, err := strconv.ParseUint(name, 16, 64); ok && err == nil && len(name) == 16 {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// read reads a segment. The end of one that may be torn is cut.
func (s *Spool) read(number uint64, mayBeTorn bool, live map[uint64]Entry) error {
	seg := &segment{number: number, path: segmentPath(s.opts.Dir, number)}
	data, err := os.ReadFile(seg.path)
	if err != nil {
		return err
	}
	good, err := frames(data, func(e Entry) {
		e.Data = bytes.Clone(e.Data) // else one item keeps the whole file in memory
		s.setLive(seg, e, live)
	}, func(n uint64) {
		if w := s.where[n]; w != nil {
			w.live--
			delete(s.where, n)
			delete(live, n)
		}
		s.next = max(s.next, n+1)
	})
	if err != nil && !mayBeTorn {
		return damage(seg.path, good)
	}
	if err != nil {
		if err := cut(seg.path, good); err != nil {
			return fmt.Errorf("cut torn end of %s: %w", seg.path, err)
		}
		if good == 0 { // not even its header is whole
			return os.Remove(seg.path)
		}
	}
	seg.size = int64(good)
	s.segments = append(s.segments, seg)
	s.bytes += seg.size
	return nil
}

// setLive notes an item. One that was moved is there twice.
func (s *Spool) setLive(seg *segment, e Entry, live map[uint64]Entry) {
	if before := s.where[e.Number]; before != nil {
		before.live--
	}
	s.where[e.Number] = seg
	seg.live++
	live[e.Number] = e
	s.next = max(s.next, e.Number+1)
}

// cut shortens a file and waits for the disk: what follows must not come after a torn frame.
func cut(path string, size int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Truncate(int64(size))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// TakeRecovered returns, once, the items that Open found, in their order.
func (s *Spool) TakeRecovered() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.recovered
	s.recovered = nil
	return r
}
