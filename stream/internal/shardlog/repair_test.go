package shardlog

import (
	"context"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/stream/disk"
)

func TestUnwind(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 100 {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		if start := rng.Uint32(); unwind(crc32.Update(start, castagnoli, data), data) != start {
			t.Fatalf("the start value %x of %d bytes is not found", start, n)
		}
	}
}

// damaged is a closed log of several segments, and what was written to it.
type damaged struct {
	cfg     Config
	fsys    *disk.Fake
	records []Record
	names   []string // of the segments
}

func newDamaged(t *testing.T, rng *rand.Rand) *damaged {
	t.Helper()
	d := &damaged{fsys: disk.NewFake()}
	d.cfg = testConfig(d.fsys)
	l := mustOpen(t, d.cfg)
	for range 30 + rng.IntN(60) {
		records := batch(rng, uint64(len(d.records))+1, 1+rng.IntN(20))
		mustAppend(t, l, records...)
		d.records = append(d.records, records...)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.segments {
		d.names = append(d.names, s.name)
	}
	return d
}

// hurt does one kind of damage to one segment.
func (d *damaged) hurt(t *testing.T, rng *rand.Rand) string {
	t.Helper()
	which := rng.IntN(len(d.names))
	name := d.names[which]
	data, err := disk.ReadFile(d.fsys, name)
	if err != nil || len(data) == 0 {
		return "" // nothing is left of it to hurt
	}
	at := rng.IntN(len(data))
	var what string
	switch kind := rng.IntN(6); {
	case kind == 0:
		what = "truncated"
		data = data[:at]
	case kind == 1 && which > 0 && which < len(d.names)-1:
		if err := d.fsys.Remove(name); err != nil {
			t.Fatal(err)
		}
		return name + " removed"
	case kind == 2:
		what = "header lost"
		at = 0
		clear(data[:min(rng.IntN(600), len(data))])
	case kind == 3:
		what = "zeros"
		clear(data[at:min(at+rng.IntN(3000), len(data))])
	default:
		what = "a bit"
		data[at] ^= 4
	}
	if err := disk.WriteFile(d.fsys, name, data); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s: %s at %d", name, what, at)
}

// TestRepairAgainstSlice damages logs at random. What Verify says would be lost is what a repaired log does not have, all
// else is as it was written, and the log goes on with indexes that were never given.
func TestRepairAgainstSlice(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	repaired := 0
	for range 300 {
		d := newDamaged(t, rng)
		var hurts []string
		for range rng.IntN(4) {
			hurts = append(hurts, d.hurt(t, rng))
		}
		rep, err := Verify(d.cfg)
		if err != nil {
			t.Fatalf("%q: %v", hurts, err)
		}
		if len(rep.Damage) > 0 {
			repaired++
			if again, err := Repair(d.cfg); err != nil || fmt.Sprint(again) != fmt.Sprint(rep) {
				t.Fatalf("%q: verify said %+v, repair %+v: %v", hurts, rep, again, err)
			}
		}
		if err := d.check(rep); err != nil {
			t.Fatalf("%q: %+v: %v", hurts, rep, err)
		}
	}
	if repaired < 100 {
		t.Errorf("only %d logs were damaged", repaired)
	}
}

func (d *damaged) check(rep Report) error {
	lost := func(index uint64) bool {
		return slices.ContainsFunc(rep.Damage, func(d Damage) bool { return d.First <= index && index < d.After })
	}
	after, err := Verify(d.cfg)
	if err != nil || len(after.Damage) > 0 || after.Records != rep.Records {
		return fmt.Errorf("after the repair: %+v: %w", after, err)
	}
	l, err := Open(d.cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	b, err := l.Read(0, 1<<30, 1<<30)
	if err != nil || uint64(len(b.Entries)) != rep.Records {
		return fmt.Errorf("%d records are read, %d were found: %w", len(b.Entries), rep.Records, err)
	}
	next := uint64(1)
	for _, e := range b.Entries {
		for ; next < e.Index; next++ {
			if !lost(next) {
				return fmt.Errorf("record %d is lost, and nobody said so", next)
			}
		}
		if want := d.records[e.Index-1]; lost(e.Index) || string(e.Data) != string(want.Data) || string(e.Key) != want.Key {
			return fmt.Errorf("record %d is %q, want %q", e.Index, e.Data, want.Data)
		}
		next++
	}
	a, err := l.Append(context.Background(), []Record{{Data: []byte("goes on")}})
	if err != nil || a.First != b.Next || lost(a.First) {
		return fmt.Errorf("goes on at %d after %d: %w", a.First, b.Next, err)
	}
	return nil
}

// TestVerifyNames says of damage where it is, and when what is lost had come.
func TestVerifyNames(t *testing.T) {
	fsys, name, groups := segmentBytes(t)
	overwrite(t, fsys, name, groups[1]+50, func(b byte) byte { return b + 1 })
	rep, err := Verify(testConfig(fsys))
	want := Damage{
		File: name, Offset: groups[1], Reason: "bad frame", First: 3, After: 5, Since: 1_700_000_000_001, Until: 1_700_000_000_003,
	}
	if err != nil || len(rep.Damage) != 1 || rep.Damage[0] != want || rep.Records != 4 || rep.Segments != 1 || len(rep.Torn) != 0 {
		t.Errorf("%+v, want %+v: %v", rep, want, err)
	}
}

// TestVerifyTornTail: what a crash leaves is no damage.
func TestVerifyTornTail(t *testing.T) {
	fsys, name, groups := segmentBytes(t)
	overwrite(t, fsys, name, groups[2]+50, func(b byte) byte { return b + 1 })
	rep, err := Verify(testConfig(fsys))
	if err != nil || len(rep.Damage) != 0 || len(rep.Torn) != 1 || rep.Torn[0] != (Torn{name, groups[2]}) || rep.Records != 4 {
		t.Errorf("%+v: %v", rep, err)
	}
}

// TestVerifyOfNothing: a shard that never had a record has no folder.
func TestVerifyOfNothing(t *testing.T) {
	if rep, err := Verify(testConfig(disk.NewFake())); err != nil || rep.Segments != 0 {
		t.Errorf("%+v: %v", rep, err)
	}
}

// TestPowerCutInRepair cuts the power at every operation of a repair: the segment is the old one or the new one, and a
// second repair ends it.
func TestPowerCutInRepair(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for cut := 1; ; cut++ {
		for _, survive := range []*rand.Rand{nil, rand.New(rand.NewPCG(seed, uint64(cut)))} {
			rng := rand.New(rand.NewPCG(seed, 0))
			d := newDamaged(t, rng)
			for range 3 {
				name := d.names[rng.IntN(len(d.names)-1)]
				overwrite(t, d.fsys, name, segmentHeader+50, func(b byte) byte { return b + 1 })
			}
			rep, err := Verify(d.cfg)
			if err != nil || len(rep.Damage) == 0 {
				t.Fatalf("%+v: %v", rep, err)
			}
			d.fsys.CutPowerAt(cut)
			if _, err := Repair(d.cfg); err == nil {
				t.Logf("%d crash points", cut-1)
				return
			}
			d.fsys = d.fsys.Restart(survive)
			d.cfg.FS = d.fsys
			if _, err := Repair(d.cfg); err != nil {
				t.Fatal(err)
			}
			if err := d.check(rep); err != nil {
				t.Fatalf("crash point %d: %v", cut, err)
			}
		}
	}
}

// TestDamagedHeader: the frames tell the salt, and nothing but the header is lost.
func TestDamagedHeader(t *testing.T) {
	for _, at := range []int64{0, 9, 25, 31} {
		fsys, name, _ := segmentBytes(t)
		overwrite(t, fsys, name, at, func(b byte) byte { return b + 1 })
		rep, err := Repair(testConfig(fsys))
		if want := (Damage{File: name, Reason: "bad segment header", First: 1, After: 1}); err != nil || len(rep.Damage) != 1 || rep.Damage[0] != want {
			t.Errorf("byte %d: %+v, want %+v: %v", at, rep.Damage, want, err)
		}
		if got := len(readAll(t, mustOpen(t, testConfig(fsys)))); got != 6 {
			t.Errorf("byte %d: %d records are left", at, got)
		}
	}
}

// TestDamageAfterRepair: a repaired segment knows that all of it was synced, so damage in it is not taken for a torn tail.
func TestDamageAfterRepair(t *testing.T) {
	fsys, name, groups := segmentBytes(t)
	for i := range 2 {
		overwrite(t, fsys, name, groups[i]+50, func(b byte) byte { return b + 1 })
		rep, err := Repair(testConfig(fsys))
		if err != nil || len(rep.Damage) != 1 || len(rep.Torn) != 0 || rep.Records != uint64(4-2*i) || rep.Lost != uint64(2*i) {
			t.Fatalf("%+v: %v", rep, err)
		}
		for g := range groups { // the gap is longer than the frame that it stands for, or shorter
			groups[g] += int64(frameHeader+8) - (groups[1] - groups[0])
		}
	}
}

// TestVerifyTornGroup: of a group of several frames a crash may keep a later one and lose the first. None was acknowledged.
func TestVerifyTornGroup(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	cfg.SegmentBytes = 4 << 20
	l := mustOpen(t, cfg)
	large := Record{Data: make([]byte, frameTarget)}
	mustAppend(t, l, large, large, large, large)
	mustAppend(t, l, large)
	s, at, _ := l.last()
	mustAppend(t, l, large, large)
	_ = l.Close()
	overwrite(t, cfg.FS, s.name, at+frameHeader, func(b byte) byte { return b + 1 })
	rep, err := Verify(cfg)
	if err != nil || len(rep.Damage) != 0 || len(rep.Torn) != 1 || rep.Torn[0] != (Torn{s.name, at}) || rep.Records != 5 {
		t.Errorf("%+v: %v", rep, err)
	}
}

// TestVerifyAbandoned: what a failed write has left behind the end of a sealed segment is not taken for records of it, which
// have other ones under their indexes in the next segment.
func TestVerifyAbandoned(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	l := mustOpen(t, cfg)
	for range 40 {
		mustAppend(t, l, Record{Data: make([]byte, 500)})
	}
	_ = l.Close()
	s, limit := l.segments[1], l.segments[2].base
	f, err := cfg.FS.Open(s.name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := scanSealed(f, s, limit, cfg.Created, readAhead)
	if err != nil {
		t.Fatal(err)
	}
	w := frameWriter{to: f, at: x.end, salt: x.salt}
	if err := w.write(frame{first: limit, arrival: x.newest, count: 1, payload: appendRecord(nil, Record{Data: []byte("failed")})}); err != nil {
		t.Fatal(err)
	}
	overwrite(t, cfg.FS, s.name, x.end-50, func(b byte) byte { return b + 1 }) // in the last frame
	rep, err := Repair(cfg)
	if err != nil || len(rep.Damage) != 1 || rep.Records != 39 || rep.Damage[0].First != limit-1 || rep.Damage[0].After != limit {
		t.Fatalf("%+v: %v", rep, err)
	}
	if rep, err := Verify(cfg); err != nil || len(rep.Damage) != 0 || rep.Records != 39 || rep.Lost != 1 {
		t.Errorf("%+v: %v", rep, err)
	}
}
