package shardlog

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
)

// maxGroup is how many bytes may wait for the next sync. Whoever would add to more waits for that sync first, so a slow
// disk slows its writers down instead of filling the memory.
const maxGroup = 16 << 20

// pageSize is that of the system's cache, or a multiple of it.
const pageSize = 4096

// group is what is written and synced at once.
type group struct {
	taken   chan struct{} // closed when the group is being written: it gathers no more
	done    chan struct{} // closed when the fields below are set
	first   uint64        // index of the group's first record
	arrival int64         // of all its records
	err     error

	buf     []byte // frames, each with room for its header
	frames  []span
	records int
}

// span is a frame in a group's buffer: it starts at offset start, and its records are those from first on.
type span struct{ start, first int }

// Appended says where records went.
type Appended struct {
	First   uint64 // index of the first of them; the others follow
	Arrival int64  // Unix ms, never falling in a log
}

// Append writes records in order and returns when they are synced. It copies them. When ctx ends first, Append returns
// its error, and the records may or may not have been kept. The other errors are ErrFull, ErrBroken, ErrSealed, ErrClosed and those
// of the disk.
func (l *Log) Append(ctx context.Context, records []Record) (Appended, error) {
	if err := ctx.Err(); err != nil {
		return Appended{}, err
	}
	g, at, leader, err := l.join(ctx, records)
	if err != nil {
		return Appended{}, err
	}
	if leader {
		l.lead(g)
	} else {
		select {
		case <-g.done:
		case <-ctx.Done():
			return Appended{}, ctx.Err()
		}
	}
	return Appended{First: g.first + uint64(at), Arrival: g.arrival}, g.err
}

// join adds records to the pending group. The first to join leads: it will write the group for all.
func (l *Log) join(ctx context.Context, records []Record) (g *group, at int, leader bool, err error) {
	for {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			return nil, 0, false, ErrClosed
		}
		g, leader = l.pending, l.pending == nil
		if leader {
			g = &group{taken: make(chan struct{}), done: make(chan struct{})}
			l.pending = g
		}
		if leader || len(g.buf) < maxGroup {
			at = g.add(records)
			l.mu.Unlock()
			return g, at, leader, nil
		}
		l.mu.Unlock()
		select {
		case <-g.taken:
		case <-ctx.Done():
			return nil, 0, false, ctx.Err()
		}
	}
}

// add copies records into the group and returns how many were there before.
func (g *group) add(records []Record) int {
	at := g.records
	if g.buf == nil {
		g.buf = slices.Grow(newBuffer(), groupBound(records))
	}
	for _, r := range records {
		n := len(g.frames)
		if n == 0 || len(g.buf)+recordBound(r)-g.frames[n-1].start > frameTarget {
			g.frames = append(g.frames, span{start: len(g.buf), first: g.records})
			g.buf = append(g.buf, zeros[:frameHeader]...)
		}
		g.buf = appendRecord(g.buf, r)
		g.records++
	}
	return at
}

func groupBound(records []Record) int {
	size := frameHeader + pageSize
	for _, r := range records {
		size += recordBound(r)
	}
	return size + size/frameTarget*2*frameHeader
}

// lead waits its turn and writes the group. Whoever joined in the meantime is in it; whoever comes now makes the next.
func (l *Log) lead(g *group) {
	l.commit.Lock()
	defer l.commit.Unlock()
	l.mu.Lock()
	l.pending = nil
	closed, sealed := l.closed, l.sealed
	l.mu.Unlock()
	close(g.taken)
	if closed {
		g.err = ErrClosed
	} else if sealed {
		g.err = ErrSealed
	} else if g.records > 0 {
		g.err = l.write(g)
	}
	close(g.done)
}

// write makes a group durable and visible. The caller holds commit.
func (l *Log) write(g *group) error {
	if l.broken != nil {
		return fmt.Errorf("%w: %w", ErrBroken, l.broken)
	}
	if err := l.makeRoom(int64(len(g.buf))); err != nil {
		return full(err)
	}
	s, at, salt := l.last()
	g.first, g.arrival = l.next, max(l.arrival, l.cfg.Now())
	frames, padded := g.seal(salt, at), g.padded(at, l.size)
	defer freeBuffer(padded)
	if _, err := l.active.WriteAt(padded, at); err != nil {
		return full(l.abandon(fmt.Errorf("write segment %s: %w", s.name, err)))
	}
	if err := l.active.Sync(); err != nil {
		l.broken = fmt.Errorf("sync segment %s: %w", s.name, err)
		return l.broken
	}
	l.next, l.arrival = g.first+uint64(g.records), g.arrival
	own(frames, g.buf)
	l.publish(s, frames)
	l.prepareSpare(at + int64(len(g.buf)))
	return nil
}

// padded is the group's bytes for an offset, with zeros up to the end of the last page or of the segment. There are zeros
// already; but where only a part of a page is written, the system would have to read the rest from the disk first.
func (g *group) padded(at, size int64) []byte {
	end := at + int64(len(g.buf))
	pad := min((end+pageSize-1)/pageSize*pageSize, size) - end
	return append(g.buf, zeros[:pad]...)
}

// last is the segment that is written, the offset after its last frame, and its salt.
func (l *Log) last() (*segment, int64, uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.segments[len(l.segments)-1]
	return s, s.index.end, s.index.salt
}

// seal writes the headers of the group's frames, for offset at of a segment that is synced up to there.
func (g *group) seal(salt uint32, at int64) []frame {
	frames := make([]frame, len(g.frames))
	for i, sp := range g.frames {
		end, records := len(g.buf), g.records
		if i+1 < len(g.frames) {
			end, records = g.frames[i+1].start, g.frames[i+1].first
		}
		b := g.buf[sp.start:end:end]
		frames[i] = frame{
			at:      at + int64(sp.start),
			synced:  at,
			first:   g.first + uint64(sp.first),
			arrival: g.arrival,
			count:   records - sp.first,
			payload: b[frameHeader:],
		}
		frames[i].seal(b, salt)
	}
	return frames
}

// own gives frames memory of their own, of just the size of the group: they stay in memory for long, and its buffer, which grew and has room for more,
// is used again.
func own(frames []frame, buf []byte) {
	kept, origin := bytes.Clone(buf), frames[0].at
	for i := range frames {
		f := &frames[i]
		from := f.at - origin + frameHeader
		f.payload = kept[from : f.end()-origin : f.end()-origin]
	}
}

// buffers are those of groups that are written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is how large a buffer is kept at most.
const maxBuffer = 4 << 20

func newBuffer() []byte { return (*buffers.Get().(*[]byte))[:0] }

// freeBuffer takes a buffer back that nobody looks at any more.
func freeBuffer(b []byte) {
	if cap(b) <= maxBuffer {
		buffers.Put(&b)
	}
}

// publish shows synced frames to readers.
func (l *Log) publish(s *segment, frames []frame) {
	l.mu.Lock()
	for _, f := range frames {
		s.index.add(f)
	}
	l.end = frames[len(frames)-1].last()
	if !l.closed {
		l.tail = append(l.tail, frames...)
	}
	l.wake()
	l.mu.Unlock()
	l.cfg.Tail.add(l, frames)
}
