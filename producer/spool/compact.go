package spool

import (
	"errors"
	"fmt"
	"os"
)

// makeRoom lets the files grow by some bytes: what is live in the oldest segments is written again at the end, until they can be
// removed. The caller holds mu.
func (s *Spool) makeRoom(need int64) error {
	if s.bytes+need <= s.opts.MaxBytes {
		return nil
	}
	// What goes to the end comes before its old place is given up, so there must be a segment's room for it.
	for range len(s.segments) {
		if s.bytes+need+s.segmentBytes <= s.opts.MaxBytes {
			return nil
		}
		if err := s.moveOldest(); err != nil {
			return fmt.Errorf("make room: %w", err)
		}
	}
	if s.bytes+need > s.opts.MaxBytes {
		return fmt.Errorf("%w: %d bytes are there, %d more are wanted, %d are allowed", ErrFull, s.bytes, need, s.opts.MaxBytes)
	}
	return nil
}

// moveOldest writes what is live in the oldest segment again, waits for the disk, and removes it.
func (s *Spool) moveOldest() error {
	old := s.segments[0]
	if len(s.segments) == 1 {
		if err := s.roll(); err != nil || s.segments[0] != old {
			return err
		}
	}
	data, err := os.ReadFile(old.path)
	if err != nil {
		return err
	}
	var moved []byte
	var numbers []uint64
	_, err = frames(data[:min(int64(len(data)), old.size)], func(e Entry) {
		if s.where[e.Number] == old {
			moved = appendItem(moved, e)
			numbers = append(numbers, e.Number)
		}
	}, func(uint64) {})
	if err != nil || len(numbers) != old.live {
		return errors.Join(err, fmt.Errorf("segment %s: read %d of %d items", old.path, len(numbers), old.live))
	}
	if len(numbers) > 0 {
		if err := s.move(moved, numbers); err != nil {
			return err
		}
	}
	return s.drop()
}

func (s *Spool) move(frames []byte, numbers []uint64) error {
	to, err := s.put(frames)
	if err != nil {
		return err
	}
	if !s.opts.NoSync {
		if err := to.f.Sync(); err != nil {
			return err
		}
	}
	for _, n := range numbers {
		s.where[n].live--
		s.where[n] = to
	}
	to.live += len(numbers)
	return nil
}
