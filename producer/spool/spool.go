package spool

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// ErrFull says that the bound does not allow another item.
var ErrFull = errors.New("spool is full")

// ErrClosed says that the spool is closed.
var ErrClosed = errors.New("spool is closed")

// minSegment keeps the number of files of a small spool small.
const minSegment = 64 << 10

// Options say where a spool is and how large it may be.
type Options struct {
	Dir string // made if need be
	// MaxBytes bounds the files together. What is live at one time should be at most half of it.
	MaxBytes int64
	// NoSync does not wait for the disk.
	NoSync bool
}

// Spool is an open spool. Its methods may be called concurrently.
type Spool struct {
	opts         Options
	segmentBytes int64
	lock         io.Closer

	mu        sync.Mutex
	segments  []*segment          // the oldest first; the last is written to
	where     map[uint64]*segment // of each live item
	next      uint64              // number of the next item
	bytes     int64               // of all segments
	buf       []byte
	recovered []Entry
	closed    bool
}

// Append keeps items and returns the number of the first; the others follow it. When it returns they are on disk, unless NoSync. Either all
// are kept, or there is an error.
func (s *Spool) Append(items []Entry) (first uint64, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	seg, first, end, err := s.write(items)
	if err == nil && !s.opts.NoSync {
		if err = s.sync(seg, end); err != nil {
			numbers := make([]uint64, len(items))
			for i := range numbers {
				numbers[i] = first + uint64(i)
			}
			err = errors.Join(err, s.Done(numbers)) // the disk may have them all the same
		}
	}
	if err != nil {
		return 0, fmt.Errorf("keep in spool: %w", err)
	}
	return first, nil
}

func (s *Spool) write(items []Entry) (seg *segment, first uint64, end int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, 0, ErrClosed
	}
	first = s.next
	s.buf = s.buf[:0]
	for i, e := range items {
		e.Number = first + uint64(i)
		s.buf = appendItem(s.buf, e)
	}
	if err = s.makeRoom(int64(len(s.buf))); err != nil {
		return nil, 0, 0, err
	}
	if seg, err = s.put(s.buf); err != nil {
		return nil, 0, 0, err
	}
	s.next += uint64(len(items))
	for i := range items {
		s.where[first+uint64(i)] = seg
	}
	seg.live += len(items)
	return seg, first, seg.size, nil
}

// sync waits until a segment is on disk up to some byte. Who comes while another syncs shares the next sync with all who came.
func (s *Spool) sync(seg *segment, end int64) error {
	seg.syncing.Lock()
	defer seg.syncing.Unlock()
	if seg.synced >= end {
		return nil
	}
	s.mu.Lock()
	size, f := seg.size, seg.f
	s.mu.Unlock()
	err := ErrClosed
	if f != nil {
		err = f.Sync()
	}
	if err == nil {
		seg.synced = size
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if seg.retired { // the file was removed meanwhile, because all that it had lies elsewhere and is on disk
		return nil
	}
	return err
}

// Done notes that items need not be kept any longer. It does not wait for the disk: what it forgets is kept once more.
func (s *Spool) Done(numbers []uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	slices.Sort(numbers)
	numbers = slices.DeleteFunc(slices.Compact(numbers), func(n uint64) bool { return s.where[n] == nil })
	if len(numbers) == 0 {
		return nil
	}
	frame := appendDone(nil, numbers)
	err := s.makeRoom(int64(len(frame)))
	if err == nil || errors.Is(err, ErrFull) { // it makes room for more than it takes
		_, err = s.put(frame)
	}
	for _, n := range numbers {
		s.where[n].live--
		delete(s.where, n)
	}
	if err = errors.Join(err, s.dropOldest()); err != nil {
		return fmt.Errorf("note in spool: %w", err)
	}
	return nil
}

// put writes frames into the last segment, or a new one if that is full. The caller holds mu.
func (s *Spool) put(b []byte) (*segment, error) {
	last := s.segments[len(s.segments)-1]
	if last.f == nil || last.size+int64(len(b)) > s.segmentBytes && last.size > int64(len(header)) {
		if err := s.roll(); err != nil {
			return nil, err
		}
		last = s.segments[len(s.segments)-1]
	}
	if err := last.write(b); err != nil {
		return nil, errors.Join(err, last.close()) // the next one goes into another
	}
	s.bytes += int64(len(b))
	return last, nil
}

// roll begins a segment. All that stands before it is on disk then: only the last may be torn.
func (s *Spool) roll() error {
	last := s.segments[len(s.segments)-1]
	if last.f != nil && !s.opts.NoSync {
		if err := last.f.Sync(); err != nil {
			return fmt.Errorf("sync segment: %w", err)
		}
	}
	seg, err := createSegment(s.opts.Dir, last.number+1, s.opts.NoSync)
	if err != nil {
		return err
	}
	s.segments = append(s.segments, seg)
	s.bytes += seg.size
	return s.dropOldest()
}

// dropOldest removes segments from the oldest on as long as nothing in them is live. The caller holds mu.
func (s *Spool) dropOldest() error {
	for len(s.segments) > 1 && s.segments[0].live == 0 {
		if err := s.drop(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spool) drop() error {
	old := s.segments[0]
	s.segments = s.segments[1:]
	s.bytes -= old.size
	old.retired = true
	if err := old.remove(); err != nil {
		return fmt.Errorf("remove segment: %w", err)
	}
	return nil
}

// Size returns how many bytes the files have.
func (s *Spool) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Close ends the spool. Where nothing is live, it leaves no segments behind.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for i, seg := range s.segments {
		switch {
		case len(s.where) == 0:
			errs = append(errs, seg.remove())
		case i == len(s.segments)-1 && seg.f != nil && !s.opts.NoSync:
			errs = append(errs, seg.f.Sync(), seg.close())
		default:
			errs = append(errs, seg.close())
		}
	}
	return errors.Join(append(errs, s.lock.Close())...)
}
