package shardlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestPowerCutAnywhere cuts the power at every single operation of a run, then at random operations of the run after it,
// with nothing kept that was not synced and with random sectors and names kept. What was acknowledged must be there, in
// order and as sent; what follows it can only be what was being written.
func TestPowerCutAnywhere(t *testing.T) {
	for _, kept := range []string{"synced only", "random 1", "random 2", "random 3"} {
		t.Run(kept, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			for cut := 1; ; cut++ {
				rng := rand.New(rand.NewPCG(seed, uint64(cut)))
				survive := rng
				if kept == "synced only" {
					survive = nil
				}
				if !crashTwice(t, rng, survive, cut) {
					t.Logf("%d crash points", cut-1)
					return
				}
				if t.Failed() {
					t.Fatalf("crash point %d", cut)
				}
			}
		})
	}
}

// crashTwice reports whether the first cut came before the work was done.
func crashTwice(t *testing.T, rng, survive *rand.Rand, cut int) bool {
	fsys := disk.NewFake()
	fsys.CutPowerAt(cut)
	work := worker{t: t, rng: rng}
	if work.run(fsys, 8) {
		return false
	}
	for range 2 { // the recovery and what follows it crash, too
		fsys = fsys.Restart(survive)
		fsys.CutPowerAt(1 + rng.IntN(30))
		work.run(fsys, 8)
	}
	fsys = fsys.Restart(survive)
	if !work.run(fsys, 3) {
		t.Errorf("crash point %d: no power cut, but the work was not done", cut)
	}
	return true
}

// worker writes batches and remembers what was acknowledged.
type worker struct {
	t         *testing.T
	rng       *rand.Rand
	acked     []Record
	attempted []Record // the batch that was cut, whose fate is open
}

// run opens the log, checks it, and appends n batches. It reports whether all of it went well.
func (w *worker) run(fsys *disk.Fake, n int) bool {
	l, err := Open(testConfig(fsys))
	if err != nil {
		return w.powerIsOff(fsys, err)
	}
	defer l.Close()
	if !w.check(fsys, l) {
		return false
	}
	for range n {
		records := batch(w.rng, uint64(len(w.acked))+1, 1+w.rng.IntN(30))
		if _, err := l.Append(context.Background(), records); err != nil {
			w.attempted = records
			return w.powerIsOff(fsys, err)
		}
		w.acked = append(w.acked, records...)
	}
	return true
}

func (w *worker) powerIsOff(fsys *disk.Fake, err error) bool {
	if _, alive := fsys.List("/"); alive == nil {
		w.t.Errorf("failed with the power on: %v", err)
	}
	return false
}

// check reads everything. Records beyond the acknowledged ones must be the first of those attempted: from now on they
// are as good as acknowledged, because a reader has seen them.
func (w *worker) check(fsys *disk.Fake, l *Log) bool {
	b, err := l.Read(1, 1<<20, 1<<30)
	if err != nil {
		return w.powerIsOff(fsys, err)
	}
	possible := append(w.acked[:len(w.acked):len(w.acked)], w.attempted...)
	if len(b.Entries) < len(w.acked) || len(b.Entries) > len(possible) {
		w.t.Errorf("%d records, want %d to %d", len(b.Entries), len(w.acked), len(possible))
		return false
	}
	for i, e := range b.Entries {
		if e.Index != uint64(i)+1 || string(e.Data) != string(possible[i].Data) || string(e.Key) != possible[i].Key {
			w.t.Errorf("record %d is %q with index %d, want %q", i+1, e.Data, e.Index, possible[i].Data)
		}
	}
	w.acked, w.attempted = possible[:len(b.Entries)], nil
	return true
}

// segmentBytes writes three groups of two records into one segment, and returns its file and where each group begins.
func segmentBytes(t *testing.T) (fsys *disk.Fake, name string, groups []int64) {
	t.Helper()
	fsys = disk.NewFake()
	l := mustOpen(t, testConfig(fsys))
	for i := range 3 {
		mustAppend(t, l, Record{Key: "k", Data: fmt.Appendf(nil, "group %d, first", i)}, Record{Key: "k", Data: []byte("second")})
		_, at, _ := l.last()
		groups = append(groups, at)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return fsys, l.segments[0].name, append([]int64{segmentHeader}, groups...)
}

func overwrite(t *testing.T, fsys disk.FS, name string, at int64, change func(byte) byte) {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] = change(b[0])
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// TestDamage damages every byte of a segment in turn. In the last group it may be the trace of a crash, and is cut;
// before it, a later frame proves that it was synced, and it is an error with file and offset.
func TestDamage(t *testing.T) {
	_, _, groups := segmentBytes(t)
	end := groups[3]
	for at := int64(0); at < end; at++ {
		fsys, name, _ := segmentBytes(t)
		overwrite(t, fsys, name, at, func(b byte) byte { return b ^ 0x40 })
		l, err := Open(testConfig(fsys))
		if at >= groups[2] {
			if err != nil || l.End() != 5 {
				t.Fatalf("byte %d of the last group: %v", at, err)
			}
			mustAppend(t, l, Record{Data: []byte("goes on")})
			if got := len(readAll(t, l)); got != 5 {
				t.Fatalf("byte %d: %d records", at, got)
			}
			_ = l.Close()
			continue
		}
		wantAt := int64(0) // of the header
		for _, g := range groups[:3] {
			if at >= g {
				wantAt = g
			}
		}
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != name || corrupt.Offset != wantAt {
			t.Fatalf("byte %d: %v, want corruption of %s at %d", at, err, name, wantAt)
		}
	}
}

// TestTornTail cuts the last group short in every place, and puts garbage behind it.
func TestTornTail(t *testing.T) {
	_, _, groups := segmentBytes(t)
	for at := groups[2]; at <= groups[3]+60; at++ {
		fsys, name, _ := segmentBytes(t)
		for i := at; i < groups[3]+60; i++ {
			overwrite(t, fsys, name, i, func(byte) byte { return byte(7 * i) })
		}
		l := mustOpen(t, testConfig(fsys))
		want := uint64(5)
		if at >= groups[3] {
			want = 7
		}
		if l.End() != want {
			t.Fatalf("cut at %d: end %d, want %d", at, l.End(), want)
		}
		a := mustAppend(t, l, Record{Data: []byte("goes on")})
		if a.First != want || len(readAll(t, mustOpen(t, testConfig(fsys)))) != int(want) {
			t.Fatalf("cut at %d: went on at %d", at, a.First)
		}
	}
}

// TestDamagedSealedSegment checks that damage in an older segment is found by whoever reads it, and by nobody else.
func TestDamagedSealedSegment(t *testing.T) {
	fsys := disk.NewFake()
	cfg := testConfig(fsys)
	l := mustOpen(t, cfg)
	for range 40 {
		mustAppend(t, l, Record{Data: make([]byte, 500)})
	}
	_ = l.Close()
	name := l.segments[1].name
	overwrite(t, fsys, name, 2000, func(b byte) byte { return b + 1 })
	l = mustOpen(t, cfg)
	if b, err := l.Read(l.segments[2].base, 1000, 1<<20); err != nil || b.Next != 41 {
		t.Errorf("read behind the damage: %v", err)
	}
	var corrupt *CorruptError
	_, err := l.Read(l.segments[1].base, 1000, 1<<20)
	if !errors.As(err, &corrupt) || corrupt.File != name || corrupt.Offset == 0 || corrupt.Offset > 2000 {
		t.Errorf("read the damage: %v", err)
	}
}

// TestCopiedFrames stores the bytes of another log's segment in a record, then tears that record: the frames in it must
// not pass for frames of the segment.
func TestCopiedFrames(t *testing.T) {
	fsys := disk.NewFake()
	cfg := testConfig(fsys)
	cfg.Dir = "/other"
	other := mustOpen(t, cfg)
	for range 10 {
		mustAppend(t, other, Record{Data: make([]byte, 100)})
	}
	copied, err := disk.ReadFile(fsys, other.segments[0].name)
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, testConfig(fsys))
	mustAppend(t, l, Record{Data: copied})
	_ = l.Close()
	overwrite(t, fsys, l.segments[0].name, segmentHeader+frameHeader, func(b byte) byte { return b + 1 })
	if l = mustOpen(t, testConfig(fsys)); l.End() != 1 {
		t.Errorf("end %d, want 1", l.End())
	}
}

// TestStaleFrames damages the first frame of a group and then appends one of the same length: the group's second frame,
// whose place and index would fit, must be gone for good.
func TestStaleFrames(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	cfg.SegmentBytes = 4 << 20
	l := mustOpen(t, cfg)
	large := Record{Data: make([]byte, frameTarget)}
	mustAppend(t, l, large, large, large, large) // its segment is full, the next one is twice as large
	mustAppend(t, l, large)
	s, at, _ := l.last()
	mustAppend(t, l, large, large)
	if len(s.index.marks) != 3 {
		t.Fatalf("%d frames in the second segment, want 3", len(s.index.marks))
	}
	_ = l.Close()
	overwrite(t, cfg.FS, s.name, at+frameHeader, func(b byte) byte { return b + 1 })
	l = mustOpen(t, cfg)
	mustAppend(t, l, large)
	_ = l.Close()
	if l = mustOpen(t, cfg); l.End() != 7 {
		t.Errorf("end %d, want 7", l.End())
	}
}

// TestFrameOutOfOrder plants a frame with a good checksum and an index that does not follow.
func TestFrameOutOfOrder(t *testing.T) {
	fsys, name, groups := segmentBytes(t)
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &segment{name: name, base: 1}
	x, err := readSegmentHeader(f, s, testConfig(fsys).Created)
	if err != nil {
		t.Fatal(err)
	}
	b := appendRecord(make([]byte, frameHeader), Record{Data: []byte("planted")})
	frame{synced: groups[2], first: 99, arrival: 1, count: 1}.seal(b, x.salt)
	if _, err := f.WriteAt(b, groups[3]); err != nil {
		t.Fatal(err)
	}
	if _, err := scanSealed(f, s, 8, testConfig(fsys).Created, readAhead); err == nil || !strings.Contains(err.Error(), errBadFrame.Error()) {
		t.Errorf("a sealed segment with a gap: %v", err)
	}
	if l := mustOpen(t, testConfig(fsys)); l.End() != 7 {
		t.Errorf("end %d, want 7", l.End())
	}
}
