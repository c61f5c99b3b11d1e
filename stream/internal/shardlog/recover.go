package shardlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// recovered is what the last segment of a log was found to hold.
type recovered struct {
	next    uint64 // index after its last record
	arrival int64  // of its last record, Unix ms
	synced  int64  // the greatest offset that a frame says was synced
	clean   bool   // only zeros follow
}

// recoverSegment reads the last segment in full, cuts a torn tail, and makes what remains durable.
func recoverSegment(f disk.File, s *segment, created int64) (recovered, error) {
	var err error
	if s.index, err = readSegmentHeader(f, s, created); err != nil {
		return recovered{}, err
	}
	size, err := f.Size()
	if err != nil {
		return recovered{}, fmt.Errorf("size of segment %s: %w", s.name, err)
	}
	r, err := scanFrames(f, s, size)
	if err != nil {
		return recovered{}, err
	}
	if r.clean, err = checkRest(f, s, s.index.end, size); err != nil {
		return recovered{}, err
	}
	return r, settle(f, s, r)
}

// scanFrames reads frames until there is no good one.
func scanFrames(f disk.File, s *segment, size int64) (recovered, error) {
	r := recovered{next: s.base, synced: segmentHeader}
	reader := frameReader{src: f, at: segmentHeader, limit: size, salt: s.index.salt, ahead: readAhead}
	for {
		fr, err := reader.next()
		if errors.Is(err, errNoFrame) || errors.Is(err, errBadFrame) || err == nil && fr.first != r.next {
			return r, nil
		}
		if err != nil {
			return r, fmt.Errorf("read segment %s: %w", s.name, err)
		}
		s.index.add(fr)
		r.next, r.arrival, r.synced = fr.last(), fr.arrival, max(r.synced, fr.synced)
	}
}

// checkRest looks at what follows the last good frame. A frame there that was written when the segment was synced past
// end proves that good frames stood at end once: they were acknowledged, and are damaged. Otherwise it is a torn tail,
// or, when clean is true, nothing at all.
func checkRest(f disk.File, s *segment, end, size int64) (clean bool, err error) {
	clean = true
	window := make([]byte, min(readAhead, max(size-end, 0))+frameHeader)
	for at := end; at < size; at += readAhead {
		n, err := f.ReadAt(window, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("read segment %s: %w", s.name, err)
		}
		if allZero(window[:n]) {
			continue
		}
		clean = false
		if later, found := findFrame(f, s.index.salt, window[:n], at, size, func(fr frame) bool { return fr.synced > end }); found {
			return false, &CorruptError{File: s.name, Offset: end,
				Reason: fmt.Sprintf("bad frame, while the one at offset %d shows that it was synced up to %d", later.at, later.synced)}
		}
	}
	return clean, nil
}

// findFrame looks in a window of the segment, which starts at offset at, for a good frame that is wanted.
func findFrame(f disk.File, salt uint32, window []byte, at, size int64, wanted func(frame) bool) (frame, bool) {
	magic := binary.LittleEndian.AppendUint32(nil, frameMagic)
	for from := 36; from < len(window); {
		i := bytes.Index(window[from:], magic)
		if i < 0 {
			return frame{}, false
		}
		start := at + int64(from+i) - 36
		reader := frameReader{src: f, at: start, limit: size, salt: salt}
		if fr, err := reader.next(); err == nil && wanted(fr) {
			return fr, true
		}
		from += i + 1
	}
	return frame{}, false
}

func allZero(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// settle makes the good frames durable and cuts off the rest. The frames that no later frame proves to be synced may be
// in the system's cache only, and after a failed sync that cache claims to be clean: so they are written once more.
func settle(f disk.File, s *segment, r recovered) error {
	last := make([]byte, s.index.end-r.synced)
	if _, err := f.ReadAt(last, r.synced); err != nil && len(last) > 0 {
		return fmt.Errorf("read segment %s: %w", s.name, err)
	}
	if _, err := f.WriteAt(last, r.synced); err != nil {
		return fmt.Errorf("write segment %s: %w", s.name, err)
	}
	if !r.clean {
		if err := f.Truncate(s.index.end); err != nil {
			return fmt.Errorf("cut torn tail of %s: %w", s.name, err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync segment %s: %w", s.name, err)
	}
	return nil
}
