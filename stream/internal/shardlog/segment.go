package shardlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/stream/disk"
)

const (
	segmentHeader = 32
	segmentMagic  = "SGSHARD1"
	segmentSuffix = ".seg"
	spareName     = "spare" // a segment being zeroed, not yet in use
	markEvery     = 256 << 10
)

// segment is one file of a log.
type segment struct {
	name  string // path
	base  uint64 // index of its first record
	index index  // guarded by Log.mu
	born  int64  // arrival of its first record, Unix ms; 0 if not known; guarded by Log.mu
}

// index is what is known of a segment's inside. It is zero while a sealed segment has not been read.
type index struct {
	salt   uint32 // of its frames' checksums, never 0
	end    int64  // offset after its last synced frame
	newest int64  // arrival of its last frame, Unix ms
	marks  []mark // in order, the first frame always
}

// mark says where a frame stands: one about every markEvery bytes.
type mark struct {
	first   uint64
	arrival int64
	at      int64
}

// add notes a frame, which stands at the end.
func (x *index) add(f frame) {
	if n := len(x.marks); n == 0 || f.at-x.marks[n-1].at >= markEvery {
		x.marks = append(x.marks, mark{first: f.first, arrival: f.arrival, at: f.at})
	}
	x.end, x.newest = f.end(), f.arrival
}

func segmentName(dir string, base uint64) string {
	return path.Join(dir, fmt.Sprintf("%016x%s", base, segmentSuffix))
}

// parseSegmentName returns the index of a segment's first record.
func parseSegmentName(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(hex) != 16 {
		return 0, false
	}
	base, err := strconv.ParseUint(hex, 16, 64)
	return base, err == nil
}

// encodeSegmentHeader returns the first bytes of a segment. Created is the shard's creation time in Unix seconds.
func encodeSegmentHeader(base uint64, created int64, salt uint32) []byte {
	b := make([]byte, segmentHeader)
	copy(b, segmentMagic)
	binary.LittleEndian.PutUint64(b[8:], base)
	binary.LittleEndian.PutUint64(b[16:], uint64(created))
	binary.LittleEndian.PutUint32(b[24:], salt)
	binary.LittleEndian.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	return b
}

// readSegmentHeader checks the header and returns an index without frames. A segment gets its name only after its header is synced, so
// a bad header is never the trace of a crash.
func readSegmentHeader(f disk.File, s *segment, created int64) (index, error) {
	b := make([]byte, segmentHeader)
	if _, err := f.ReadAt(b, 0); err != nil {
		return index{}, &CorruptError{File: s.name, Reason: "no segment header"}
	}
	salt := binary.LittleEndian.Uint32(b[24:])
	if salt == 0 || string(b) != string(encodeSegmentHeader(s.base, created, salt)) {
		return index{}, &CorruptError{File: s.name, Reason: "bad segment header"}
	}
	return index{salt: salt, end: segmentHeader}, nil
}

// CorruptError says that a segment holds something else than what was written to it.
type CorruptError struct {
	File   string
	Offset int64
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at offset %d: %s", e.File, e.Offset, e.Reason)
}

// makeSpare makes a file of zeros under the spare's name, synced. It asks before it goes on to an offset, and stops where the answer is false. On error there is no
// such file.
func makeSpare(fsys disk.FS, dir string, size int64, may func(upTo int64) bool) (disk.File, error) {
	name := path.Join(dir, spareName)
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old spare segment: %w", err)
	}
	f, err := fsys.Create(name)
	if err != nil {
		return nil, fmt.Errorf("create segment: %w", err)
	}
	if err := writeZeros(f, size, may); err != nil {
		return nil, errors.Join(fmt.Errorf("zero segment: %w", err), discard(fsys, f, name))
	}
	return f, nil
}

const (
	// zeroChunk is written at once: the syncs of records wait behind it.
	zeroChunk = 256 << 10
	// zeroSync is synced at once. Where zeros go past the system's cache there is only the file's size to be synced, which costs a commit of the file system's journal
	// and is better done seldom; where they do not, a long burst of them would make the syncs of records wait.
	zeroSync = 8 << 20
)

var zeros = make([]byte, zeroChunk)

var (
	errStopped = errors.New("stopped")
	errSync    = errors.New("sync failed")
)

// atOnce is for who waits for the zeros.
func atOnce(int64) bool { return true }

func writeZeros(f disk.File, size int64, may func(upTo int64) bool) error {
	for at := int64(0); at < size; {
		next := min(at+zeroChunk, size)
		if !may(next) {
			return errStopped
		}
		if err := f.Zero(at, next-at); err != nil {
			return err
		}
		if at = next; at%zeroSync != 0 && at < size {
			continue
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("%w: %w", errSync, err)
		}
	}
	return nil
}

func discard(fsys disk.FS, f disk.File, name string) error {
	return errors.Join(f.Close(), fsys.Remove(name))
}
