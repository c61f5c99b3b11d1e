package shardlog

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path"
	"testing"
	"testing/synctest"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestSpareKeepsStep: the next segment is zeroed as far as the active one is filled, no further and no less, and is whole before it is wanted.
func TestSpareKeepsStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 4 << 20
		fsys := disk.NewFake()
		cfg := testConfig(fsys)
		cfg.SegmentBytes, cfg.Tail = size, NewTail(1<<20)
		l := mustOpen(t, cfg)
		record := Record{Key: "k", Data: bytes.Repeat([]byte("x"), 50_000)}
		seen := map[string]int{}
		for len(l.segments) < 8 { // 256 KiB, 512 KiB, 1, 2, 4, 4 … MiB
			mustAppend(t, l, record)
			synctest.Wait()
			s, used, _ := l.last()
			switch made, next := spareBytes(t, fsys), l.nextSize(); {
			case used < l.size/2:
				if made != -1 && l.size > firstSegmentBytes {
					t.Fatalf("segment %s is used to %d of %d, and the next one is begun", s.name, used, l.size)
				}
				seen["none"]++
			case used >= l.size/4*3:
				if made != next {
					t.Fatalf("segment %s is used to %d of %d, and the next one has %d bytes of %d", s.name, used, l.size, made, next)
				}
				seen["whole"]++
			default:
				share := float64(used-l.size/2) / float64(l.size/4) * float64(next)
				if least, most := int64(share), int64(share)+zeroChunk; made < min(least, next-zeroChunk) || made > most {
					t.Fatalf("segment %s is used to %d of %d, and the next one has %d bytes, want %d to %d", s.name, used, l.size, made, least, most)
				}
				seen["part"]++
			}
		}
		if seen["none"] == 0 || seen["part"] == 0 || seen["whole"] == 0 {
			t.Errorf("not all was seen: %v", seen)
		}
	})
}

// TestHalfASpare: a log is closed, sealed, or needs more than the spare holds, while that is half made.
func TestHalfASpare(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Log){
		"close": func(*testing.T, *Log) {},
		"seal": func(t *testing.T, l *Log) {
			if err := l.Seal(); err != nil {
				t.Error(err)
			}
		},
		"a group larger than it": func(t *testing.T, l *Log) { mustAppend(t, l, Record{Key: "k", Data: make([]byte, 10<<20)}) },
		"a group that it is for": func(t *testing.T, l *Log) { mustAppend(t, l, Record{Key: "k", Data: make([]byte, 3<<20)}) },
	} {
		t.Run(name, func(t *testing.T) {
			fsys := disk.NewFake()
			cfg := testConfig(fsys)
			cfg.SegmentBytes, cfg.Tail = 4<<20, NewTail(1<<20)
			l := mustOpen(t, cfg)
			for l.size < 4<<20 || l.spare == nil {
				mustAppend(t, l, batch(rand.New(rand.NewPCG(1, 2)), 1, 500)...)
			}
			end(t, l)
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if made := spareBytes(t, fsys); made != -1 {
				t.Errorf("a spare of %d bytes is left", made)
			}
			if end, again := l.End(), mustOpen(t, cfg); again.End() != end {
				t.Errorf("opened anew it ends at %d, want %d", again.End(), end)
			}
		})
	}
}

// spareBytes is the size of the spare segment, and -1 where there is none.
func spareBytes(t *testing.T, fsys disk.FS) int64 {
	t.Helper()
	f, err := fsys.Open(path.Join("/log", spareName))
	if err != nil {
		return -1
	}
	size, err := f.Size()
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return size
}
