package shardlog

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"slices"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// makeRoom sees that the active segment has room for n bytes, by a new segment if it must be. The caller holds commit,
// as for everything in this file.
func (l *Log) makeRoom(n int64) error {
	if l.active != nil {
		if s, at, _ := l.last(); at+n <= l.size {
			return nil
		} else if err := l.sealActive(s, at); err != nil {
			return err
		}
	}
	f, size, err := l.takeSpare(segmentHeader + n)
	if err != nil {
		return err
	}
	return l.install(f, size)
}

// sealActive gives the unused end of the active segment back. If the cut does not survive a crash, the zeros that come
// back are harmless: the next segment's name says where this one ends.
func (l *Log) sealActive(s *segment, at int64) error {
	if err := l.active.Truncate(at); err != nil {
		return fmt.Errorf("seal segment %s: %w", s.name, err)
	}
	err := l.active.Close()
	l.active = nil
	return err
}

// install makes a file of zeros the log's active segment. The header is synced before the segment gets its name, and the
// name before the first record is written. An empty segment of that name is replaced.
func (l *Log) install(f disk.File, size int64) error {
	s := &segment{name: segmentName(l.cfg.Dir, l.next), base: l.next, index: index{salt: 1 + rand.Uint32N(math.MaxUint32), end: segmentHeader}}
	spareFile := path.Join(l.cfg.Dir, spareName)
	if _, err := f.WriteAt(encodeSegmentHeader(s.base, l.cfg.Created, s.index.salt), 0); err != nil {
		return errors.Join(fmt.Errorf("write header of %s: %w", s.name, err), discard(l.cfg.FS, f, spareFile))
	}
	if err := l.name(f, spareFile, s.name); err != nil {
		l.broken = err
		return errors.Join(err, f.Close())
	}
	l.active, l.size, l.grown = f, size, size
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.segments); n > 0 && l.segments[n-1].base == s.base {
		l.segments = slices.Clone(l.segments[:n-1]) // readers may hold the old slice
	}
	l.segments = append(l.segments, s)
	return nil
}

func (l *Log) name(f disk.File, from, to string) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync header of %s: %w", to, err)
	}
	if err := l.cfg.FS.Rename(from, to); err != nil {
		return fmt.Errorf("name segment: %w", err)
	}
	if err := l.cfg.FS.SyncDir(l.cfg.Dir); err != nil {
		return fmt.Errorf("sync directory of %s: %w", to, err)
	}
	return nil
}

// takeSpare returns a file of zeros of at least need bytes: the one made in the background if it is large enough.
func (l *Log) takeSpare(need int64) (disk.File, int64, error) {
	if sp := l.spare; sp != nil {
		sp.grant(sp.size)
		<-sp.done
		if sp.err == nil && sp.size >= need {
			l.spare = nil
			return sp.file, sp.size, nil
		}
		if err := l.dropSpare(); err != nil {
			return nil, 0, err
		}
	}
	if err := l.makeDir(); err != nil {
		return nil, 0, err
	}
	return l.makeSpare(need)
}

// makeSpare makes a segment in the foreground. On a disk that is nearly full it makes do with a smaller one.
func (l *Log) makeSpare(need int64) (disk.File, int64, error) {
	size := max(need, l.nextSize())
	for {
		f, err := makeSpare(l.cfg.FS, l.cfg.Dir, size, atOnce)
		noRoom := errors.Is(full(err), ErrFull)
		if noRoom && size > need {
			size = max(need, size/4)
			continue
		}
		if errors.Is(err, errSync) && !noRoom {
			l.broken = err // the disk is failing, even though this file is gone
		}
		return f, size, err
	}
}

func (l *Log) makeDir() error {
	if l.made {
		return nil
	}
	if err := disk.MkdirAll(l.cfg.FS, l.cfg.Dir); err != nil {
		return err
	}
	l.made = true
	return nil
}

// nextSize is the size of the next segment.
func (l *Log) nextSize() int64 {
	return min(max(firstSegmentBytes, 2*l.grown), l.cfg.SegmentBytes)
}

// abandon cuts off what a failed write may have left behind the last frame, and lets the next group start a new segment.
// If a crash brings the remains back, they are a torn tail, or lie behind where the next segment begins. It returns
// cause, with what else went wrong.
func (l *Log) abandon(cause error) error {
	_, at, _ := l.last()
	err := errors.Join(l.active.Truncate(at), l.active.Close())
	l.active = nil
	if err != nil {
		l.broken = errors.Join(cause, err)
		return l.broken
	}
	return cause
}
