package shardlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"
	"syscall"

	"github.com/streamgauge/streamgauge/stream/disk"
)

var (
	// ErrFull says that the disk has no room for what was appended. Nothing of it was kept, and appending works again
	// when there is room.
	ErrFull = errors.New("disk is full")
	// ErrClosed says that the log was closed.
	ErrClosed = errors.New("log is closed")
	// ErrBroken says that a write or sync failed in a way that leaves unknown what is on disk. Reading goes on; writing
	// needs the log to be opened anew.
	ErrBroken = errors.New("log failed earlier and must be reopened")
)

// Config is what a log needs. All fields are required.
type Config struct {
	FS           disk.FS
	Dir          string       // made by the first Append
	Created      int64        // the shard's creation, Unix seconds; part of its segments' headers
	SegmentBytes int64        // of a full-grown segment
	Now          func() int64 // Unix ms
	Tail         *Tail        // shared by the logs of a process
}

// firstSegmentBytes is the size of a log's first segment. Each next one is twice as large until Config.SegmentBytes, so
// that a thousand idle shards take little room.
const firstSegmentBytes = 256 << 10

// Log is the log of one shard. All methods may be called at the same time.
type Log struct {
	cfg Config

	// commit is held by the one caller that writes a group. It guards the fields up to the blank line, and is taken
	// before mu.
	commit  sync.Mutex
	active  disk.File // the last segment, open for writing; nil if the next group must start a new one
	size    int64     // of active
	grown   int64     // size of the newest segment, as made
	next    uint64    // index of the next record
	arrival int64     // of the last record
	spare   *spare    // the next segment, being zeroed
	broken  error
	made    bool // Dir exists

	mu       sync.Mutex // guards what follows, and the indexes of segments; never held during I/O
	pending  *group     // gathers records while another group is written
	segments []*segment
	end      uint64  // index after the last synced record: what readers see
	tail     []frame // the newest synced frames, without a gap up to end
	kept     int     // bytes of tail
	wasted   int     // bytes of older frames that the array of tail may hold on to
	news     chan struct{}
	closed   bool
	sealed   bool

	indexing sync.Mutex // held while a sealed segment is indexed, so that it is read once

	expiring sync.Mutex // held by Expire; guards stuck, and is taken before commit
	stuck    error      // why nothing expires any more
}

// Open opens the log in cfg.Dir, which need not exist. It reads the last segment in full and no other, unless the last one is
// empty.
func Open(cfg Config) (*Log, error) {
	l := &Log{cfg: cfg, next: 1, end: 1, arrival: cfg.Created * 1000}
	names, err := cfg.FS.List(cfg.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	l.made = true
	for _, name := range names {
		if base, ok := parseSegmentName(name); ok {
			l.segments = append(l.segments, &segment{name: path.Join(cfg.Dir, name), base: base})
		}
	}
	if slices.Contains(names, spareName) {
		if err := cfg.FS.Remove(path.Join(cfg.Dir, spareName)); err != nil {
			return nil, fmt.Errorf("remove spare segment: %w", err)
		}
	}
	return l, l.recover()
}

// recover finds the end of the log. A last segment without a record keeps the place where the log goes on, even when all
// before it have expired.
func (l *Log) recover() error {
	if len(l.segments) == 0 {
		return nil
	}
	s := l.segments[len(l.segments)-1]
	f, err := l.cfg.FS.Open(s.name)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	r, err := recoverSegment(f, s, l.cfg.Created)
	if err == nil && r.next == s.base {
		err = l.recoverSealed(s.base, &r)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	return l.resume(f, s, r)
}

// recoverSealed looks for the last arrival in the segment before an empty last one.
func (l *Log) recoverSealed(limit uint64, r *recovered) error {
	if len(l.segments) == 1 {
		return nil
	}
	x, err := l.buildIndex(view{seg: l.segments[len(l.segments)-2], limit: limit})
	if err != nil {
		return err
	}
	r.arrival = x.newest
	return nil
}

func (l *Log) resume(f disk.File, s *segment, r recovered) error {
	l.next, l.end, l.arrival = r.next, r.next, max(l.arrival, r.arrival)
	size, err := f.Size()
	if err != nil {
		return errors.Join(fmt.Errorf("size of segment %s: %w", s.name, err), f.Close())
	}
	l.grown = size
	if size == s.index.end {
		return f.Close() // full, or a torn tail was cut: the next group starts a new segment
	}
	l.active, l.size = f, size
	return nil
}

// End is the index after the last synced record.
func (l *Log) End() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// Close waits for the group that is being written, ends all waiting, and gives the files back.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.tail = nil
	l.wake()
	l.mu.Unlock()

	l.commit.Lock()
	defer l.commit.Unlock()
	err := l.dropSpare()
	if l.active != nil {
		err = errors.Join(err, l.active.Close())
		l.active = nil
	}
	return err
}

// wake ends all waiting. The caller holds mu.
func (l *Log) wake() {
	if l.news != nil {
		close(l.news)
		l.news = nil
	}
}

// Wait returns when there is a record at or after index from, when there will be none (ErrSealed), when the log is closed
// (ErrClosed), or when ctx ends.
func (l *Log) Wait(ctx context.Context, from uint64) error {
	for {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			return ErrClosed
		}
		if max(from, l.oldest()) < l.end {
			l.mu.Unlock()
			return nil
		}
		if l.sealed {
			l.mu.Unlock()
			return ErrSealed
		}
		if l.news == nil {
			l.news = make(chan struct{})
		}
		news := l.news
		l.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// full adds ErrFull to an error that means it.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
