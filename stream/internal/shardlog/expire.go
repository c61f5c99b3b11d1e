package shardlog

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Expire gives back the room of records that arrived before a time, in Unix ms: the segments that hold no other, the
// oldest first, each gone for good before the next one is touched, so that no crash leaves a gap. Records that stand in
// one segment with younger ones stay readable. It costs nothing when there is nothing to expire.
func (l *Log) Expire(before int64) error {
	l.expiring.Lock()
	defer l.expiring.Unlock()
	if l.stuck != nil {
		return l.stuck
	}
	if err := l.dropSealed(before); err != nil {
		return err
	}
	if left, err := l.leaveActive(before); !left || err != nil {
		return err
	}
	return l.dropSealed(before)
}

func (l *Log) dropSealed(before int64) error {
	for {
		s, err := l.oldestSealed()
		if s == nil || err != nil {
			return err
		}
		newest, err := l.newest(s)
		if err != nil || newest >= before {
			return err
		}
		if err := l.drop(s); err != nil {
			return err
		}
	}
}

// oldestSealed is the first segment, nil if it is the last one, too.
func (l *Log) oldestSealed() (*segment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	if len(l.segments) < 2 {
		return nil, nil
	}
	return l.segments[0], nil
}

// newest is at least the arrival of the last record of the first segment, in Unix ms. Of a segment that nobody has read
// since the log was opened it is the arrival of the first record of the next one, which is found in one frame.
func (l *Log) newest(first *segment) (int64, error) {
	if x, known := l.known(first); known {
		return x.newest, nil
	}
	l.mu.Lock()
	next := l.segments[1]
	l.mu.Unlock()
	return l.born(next)
}

// drop hides a first segment from readers, and removes it. Whoever has its file open reads on.
func (l *Log) drop(s *segment) error {
	l.mu.Lock()
	l.segments = slices.Clone(l.segments[1:]) // readers may hold the old slice
	l.mu.Unlock()
	if err := l.cfg.FS.Remove(s.name); err != nil {
		l.mu.Lock()
		l.segments = append([]*segment{s}, l.segments...)
		l.mu.Unlock()
		return fmt.Errorf("remove expired segment: %w", err)
	}
	if err := l.cfg.FS.SyncDir(l.cfg.Dir); err != nil {
		l.stuck = fmt.Errorf("sync directory of expired segment %s: %w", s.name, err)
		return l.stuck
	}
	return nil
}

// leaveActive seals the last segment if all its records arrived before a time, and begins an empty one, whose name keeps
// the place where the log goes on. It is no larger than its header: who appends again makes a real one.
func (l *Log) leaveActive(before int64) (left bool, err error) {
	l.commit.Lock()
	defer l.commit.Unlock()
	if l.isClosed() {
		return false, ErrClosed
	}
	if !l.activeExpired(before) || l.broken != nil {
		return false, nil
	}
	s, at, _ := l.last()
	if err := l.dropSpare(); err != nil {
		return false, err
	}
	f, err := makeSpare(l.cfg.FS, l.cfg.Dir, segmentHeader, atOnce)
	if err != nil {
		if errors.Is(err, errSync) {
			l.broken = err
		}
		return false, full(err)
	}
	if l.active != nil {
		if err := l.sealActive(s, at); err != nil {
			l.broken = err
			return false, errors.Join(err, f.Close())
		}
	}
	return true, l.install(f, segmentHeader)
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *Log) activeExpired(before int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.segments)
	return n > 0 && l.segments[n-1].base < l.end && l.segments[n-1].index.newest < before
}

// Newest is the arrival of the last record in Unix ms; ok is false if there is none, or if all have expired and are gone.
func (l *Log) Newest() (arrival int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range slices.Backward(l.segments) {
		if s.index.salt != 0 && len(s.index.marks) > 0 {
			return s.index.newest, true
		}
	}
	return 0, false
}

// hasExpired tells whether err is that of a segment that was dropped while somebody held it to be the first of some.
func (l *Log) hasExpired(held []*segment, err error) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(held) > 0 && held[0].base < l.oldest()
}
