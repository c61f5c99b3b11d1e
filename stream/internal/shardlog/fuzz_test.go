package shardlog

import (
	"errors"
	"testing"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// FuzzSegment opens a log whose only segment is what the fuzzer made of a good one. It must open or say where it is
// corrupt, never panic; and what opened must read to its end, take more, and read the same again.
func FuzzSegment(f *testing.F) {
	var t testing.T
	fsys, name, groups := segmentBytes(&t)
	good, err := disk.ReadFile(fsys, name)
	if err != nil {
		f.Fatal(err)
	}
	good = good[:groups[3]+100]
	f.Add(good)
	f.Add(good[:groups[2]+10])
	f.Add(good[:segmentHeader])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := disk.NewFake()
		cfg := testConfig(fsys)
		if err := disk.MkdirAll(fsys, cfg.Dir); err != nil {
			t.Fatal(err)
		}
		if err := disk.WriteFile(fsys, segmentName(cfg.Dir, 1), data); err != nil {
			t.Fatal(err)
		}
		l, err := Open(cfg)
		var corrupt *CorruptError
		if errors.As(err, &corrupt) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		b, err := l.Read(1, 1<<20, 1<<30)
		if err != nil {
			return // a frame with a good checksum and bad records
		}
		mustAppend(t, l, Record{Data: []byte("more")})
		again, err := mustOpen(t, cfg).Read(1, 1<<20, 1<<30)
		if err != nil || len(again.Entries) != len(b.Entries)+1 {
			t.Fatalf("%d records, then %d: %v", len(b.Entries), len(again.Entries), err)
		}
	})
}
