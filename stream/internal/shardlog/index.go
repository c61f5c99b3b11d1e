package shardlog

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// buildIndex reads the sealed segment of a view in full and keeps where its frames stand. It ends where the next segment
// begins; whatever ends it earlier is damage.
func (l *Log) buildIndex(v view) (*index, error) {
	l.indexing.Lock()
	defer l.indexing.Unlock()
	if x, known := l.known(v.seg); known {
		return &x, nil // built while this caller waited
	}
	f, err := l.cfg.FS.Open(v.seg.name)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	x, err := scanSealed(f, v.seg, v.limit, l.cfg.Created, readAhead)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	v.seg.index = x
	l.mu.Unlock()
	return &x, nil
}

// known is the index of a segment, if it is built.
func (l *Log) known(s *segment) (x index, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.index, s.index.salt != 0
}

func scanSealed(f disk.File, s *segment, limit uint64, created int64, ahead int) (index, error) {
	x, err := readSegmentHeader(f, s, created)
	if err != nil {
		return index{}, err
	}
	size, err := f.Size()
	if err != nil {
		return index{}, fmt.Errorf("size of segment %s: %w", s.name, err)
	}
	r := frameReader{src: f, at: segmentHeader, limit: size, salt: x.salt, ahead: ahead}
	for next := s.base; next < limit; {
		fr, err := r.next()
		if err == nil && fr.first != next {
			err = errBadFrame
		}
		if err != nil {
			return index{}, badFrame(s, x.end, err)
		}
		x.add(fr)
		next = fr.last()
	}
	return x, nil
}

// Find returns the index of the first record that arrived at or after a time, in Unix ms; End if there is none.
func (l *Log) Find(arrival int64) (uint64, error) {
	for {
		l.mu.Lock()
		segments, end := l.segments, l.end
		l.mu.Unlock()
		index, err := l.findAmong(segments, end, arrival)
		if err == nil || !l.hasExpired(segments, err) {
			return index, err
		}
	}
}

func (l *Log) findAmong(segments []*segment, end uint64, arrival int64) (uint64, error) {
	var failed error
	i := sort.Search(len(segments), func(i int) bool {
		born, err := l.born(segments[i])
		failed = errors.Join(failed, err)
		return born >= arrival
	})
	if failed != nil {
		return 0, failed
	}
	if i > 0 { // the one before begins earlier, and may reach that far
		return l.findIn(segments[i-1], arrival)
	}
	if len(segments) == 0 {
		return end, nil
	}
	return segments[0].base, nil
}

// born is the arrival time of a segment's first record. A segment gets its first record soon after it is made; until
// then it counts as born after every time that can be asked for.
func (l *Log) born(s *segment) (int64, error) {
	l.mu.Lock()
	x, born := s.index, s.born
	l.mu.Unlock()
	switch {
	case born != 0:
		return born, nil
	case x.salt != 0 && len(x.marks) == 0:
		return math.MaxInt64, nil
	case x.salt != 0:
		return x.marks[0].arrival, nil
	}
	return l.readBorn(s)
}

// readBorn reads the first frame of a sealed segment.
func (l *Log) readBorn(s *segment) (int64, error) {
	f, err := l.cfg.FS.Open(s.name)
	if err != nil {
		return 0, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	x, err := scanSealed(f, s, s.base+1, l.cfg.Created, 0)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.born = x.marks[0].arrival
	return s.born, nil
}

func (l *Log) findIn(s *segment, arrival int64) (uint64, error) {
	v := l.viewSegment(s)
	if v.index == nil {
		var err error
		if v.index, err = l.buildIndex(v); err != nil {
			return 0, err
		}
	}
	marks := v.index.marks
	i := sort.Search(len(marks), func(i int) bool { return marks[i].arrival >= arrival })
	found := v.limit
	err := l.scan(v, marks[max(i, 1)-1].at, func(f frame) bool {
		if f.arrival >= arrival {
			found = f.first
		}
		return f.arrival < arrival
	})
	return found, err
}
