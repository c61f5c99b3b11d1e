package shardlog

import (
	"errors"
	"fmt"
	"sort"
)

// Entry is a record that was read. Key and Data must not be changed: other readers share them.
type Entry struct {
	Index   uint64
	Arrival int64 // Unix ms
	Key     []byte
	Data    []byte
}

// Batch is what a read returns.
type Batch struct {
	Entries []Entry
	Next    uint64 // index to read from next
	// Behind is the arrival time in Unix ms of the record at Next, and 0 when there is none yet.
	Behind int64

	records, bytes int // how much more may be added
}

// Read returns records from index on, at most maxRecords of them, and at most maxBytes of key and data except that the
// first always fits. From the tip they come from memory, from behind from disk.
func (l *Log) Read(from uint64, maxRecords, maxBytes int) (Batch, error) {
	b := Batch{Next: from, records: maxRecords, bytes: maxBytes}
	for {
		v := l.view(b.Next)
		b.Next = max(b.Next, v.from)
		if b.Entries == nil && v.from < v.end {
			b.Entries = make([]Entry, 0, min(uint64(maxRecords), v.end-v.from))
		}
		full, err := false, error(nil)
		switch {
		case v.closed:
			return Batch{}, ErrClosed
		case v.from >= v.end:
			return b, nil
		case v.tail != nil:
			full, err = b.addAll(v.tail)
		default:
			full, err = l.readSegment(&b, v)
			if err != nil && l.hasExpired([]*segment{v.seg}, err) {
				continue
			}
		}
		if full || err != nil {
			return b, err
		}
	}
}

// view is where the record at an index stands, as of one moment: in memory or in a segment.
type view struct {
	closed bool
	from   uint64 // the index asked for, or the oldest there is
	end    uint64 // index after the last synced record
	tail   []frame
	seg    *segment
	limit  uint64 // index after the last synced record of seg
	index  *index // of seg; nil while not built
}

func (l *Log) view(from uint64) view {
	l.mu.Lock()
	defer l.mu.Unlock()
	from = max(from, l.oldest())
	if l.closed || from >= l.end {
		return view{closed: l.closed, from: from, end: l.end}
	}
	if len(l.tail) > 0 && l.tail[0].first <= from {
		i := sort.Search(len(l.tail), func(i int) bool { return l.tail[i].first > from })
		return view{from: from, end: l.end, tail: l.tail[i-1:]}
	}
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].base > from })
	v := l.segmentAt(i - 1)
	v.from = from
	return v
}

// oldest is the index of the oldest record that can be read, End if there is none. The caller holds mu.
func (l *Log) oldest() uint64 {
	if len(l.segments) == 0 {
		return l.end
	}
	return l.segments[0].base
}

// viewSegment is the view of a segment's beginning.
func (l *Log) viewSegment(s *segment) view {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.segmentAt(sort.Search(len(l.segments), func(i int) bool { return l.segments[i].base >= s.base }))
}

// segmentAt is the view of the i-th segment's beginning. The caller holds mu.
func (l *Log) segmentAt(i int) view {
	s := l.segments[i]
	v := view{from: s.base, end: l.end, seg: s, limit: l.end}
	if i+1 < len(l.segments) {
		v.limit = l.segments[i+1].base
	}
	if s.index.salt != 0 {
		known := s.index
		v.index = &known
	}
	return v
}

// addAll adds frames until the batch is full.
func (b *Batch) addAll(frames []frame) (full bool, err error) {
	for _, f := range frames {
		if full, err = b.add(f); full || err != nil {
			return full, err
		}
	}
	return false, nil
}

// add adds the records of a frame from Next on.
func (b *Batch) add(f frame) (full bool, err error) {
	if f.last() <= b.Next {
		return false, nil
	}
	if f.gap {
		b.Next = f.last()
		return false, nil
	}
	rest := f.payload
	for i := range f.count {
		var key, data []byte
		if key, data, rest, err = cutRecord(rest); err != nil {
			return false, err
		}
		if index := f.first + uint64(i); index < b.Next {
			continue
		}
		if len(b.Entries) > 0 && len(key)+len(data) > b.bytes || b.records == 0 {
			b.Behind = f.arrival
			return true, nil
		}
		b.Entries = append(b.Entries, Entry{Index: b.Next, Arrival: f.arrival, Key: key, Data: data})
		b.Next++
		b.records--
		b.bytes -= len(key) + len(data)
	}
	return false, nil
}

// readSegment adds records of one segment from disk.
func (l *Log) readSegment(b *Batch, v view) (full bool, err error) {
	if v.index == nil {
		if v.index, err = l.buildIndex(v); err != nil {
			return false, err
		}
	}
	marks := v.index.marks
	i := sort.Search(len(marks), func(i int) bool { return marks[i].first > v.from })
	scanErr := l.scan(v, marks[i-1].at, func(f frame) bool {
		full, err = b.add(f)
		return !full && err == nil
	})
	return full, errors.Join(err, scanErr)
}

// scan calls visit for the frames of an indexed segment from offset at on, until it returns false or the segment ends.
func (l *Log) scan(v view, at int64, visit func(frame) bool) error {
	f, err := l.cfg.FS.Open(v.seg.name)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	r := frameReader{src: f, at: at, limit: v.index.end, salt: v.index.salt, ahead: readAhead}
	for r.at < v.index.end {
		fr, err := r.next()
		if err != nil {
			return badFrame(v.seg, r.at, err)
		}
		if !visit(fr) {
			return nil
		}
	}
	return nil
}

func badFrame(s *segment, at int64, err error) error {
	if errors.Is(err, errNoFrame) || errors.Is(err, errBadFrame) {
		return &CorruptError{File: s.name, Offset: at, Reason: err.Error()}
	}
	return fmt.Errorf("read segment %s: %w", s.name, err)
}
