package shardlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"testing"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// expiring is a log, the records that were acknowledged, and a clock that the test moves.
type expiring struct {
	cfg      Config
	clock    *int64
	log      *Log
	records  []Record
	arrivals []int64
	horizon  int64
}

func newExpiring(fsys disk.FS) *expiring {
	e := &expiring{cfg: testConfig(fsys), clock: new(int64)}
	*e.clock = 1_700_000_000_000
	e.cfg.Now = func() int64 { return *e.clock }
	return e
}

func (e *expiring) append(rng *rand.Rand, n int) error {
	records := batch(rng, uint64(len(e.records))+1, n)
	a, err := e.log.Append(context.Background(), records)
	if err != nil {
		return err
	}
	if a.First != uint64(len(e.records))+1 {
		return fmt.Errorf("appended at %d, want %d", a.First, len(e.records)+1)
	}
	for _, r := range records {
		e.records, e.arrivals = append(e.records, r), append(e.arrivals, a.Arrival)
	}
	return nil
}

func (e *expiring) expire(before int64) error {
	e.horizon = max(e.horizon, before)
	return e.log.Expire(before)
}

// check reads everything: it must be the newest records without a gap, and none within the horizon may be missing.
func (e *expiring) check() error {
	b, err := e.log.Read(0, 1<<20, 1<<30)
	if err != nil {
		return err
	}
	gone := len(e.records) - len(b.Entries)
	if gone < 0 || b.Next != uint64(len(e.records))+1 {
		return fmt.Errorf("%d records up to %d, want %d", len(b.Entries), b.Next, len(e.records))
	}
	if gone > 0 && e.arrivals[gone-1] >= e.horizon {
		return fmt.Errorf("record %d of time %d is gone, the horizon is %d", gone, e.arrivals[gone-1], e.horizon)
	}
	for i, got := range b.Entries {
		if want := e.records[gone+i]; got.Index != uint64(gone+i)+1 || string(got.Data) != string(want.Data) {
			return fmt.Errorf("entry %d is record %d %q, want %q", i, got.Index, got.Data, want.Data)
		}
	}
	found, err := e.log.Find(e.horizon)
	if err != nil {
		return err
	}
	if want, _ := slices.BinarySearch(e.arrivals, e.horizon); found != uint64(want)+1 {
		return fmt.Errorf("found %d at the horizon, want %d", found, want+1)
	}
	return nil
}

// files are the segments on disk.
func (e *expiring) files(t *testing.T) (bases []uint64) {
	t.Helper()
	names, err := e.cfg.FS.List(e.cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, name := range names {
		if base, ok := parseSegmentName(name); ok {
			bases = append(bases, base)
		}
	}
	return bases
}

// TestExpireAgainstSlice lets records expire between appends, reopening and silence.
func TestExpireAgainstSlice(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	e := newExpiring(disk.NewFake())
	e.log = mustOpen(t, e.cfg)
	emptied := 0
	for range 600 {
		var err error
		switch rng.IntN(12) {
		case 0:
			err = e.log.Close()
			e.log = mustOpen(t, e.cfg)
		case 1, 2:
			*e.clock += rng.Int64N(1000)
			err = e.expire(*e.clock - rng.Int64N(2000))
		case 3:
			if err = e.expire(*e.clock + 1); len(e.files(t)) == 1 {
				emptied++
			}
		default:
			*e.clock += rng.Int64N(30)
			err = e.append(rng, 1+rng.IntN(20))
		}
		if err = errors.Join(err, e.check()); err != nil {
			t.Fatal(err)
		}
	}
	if emptied == 0 {
		t.Error("the log was never emptied")
	}
}

// TestExpireGivesBack: of a log whose every record is expired remains one file, and it is no larger than a header.
func TestExpireGivesBack(t *testing.T) {
	fsys := disk.NewFake()
	e := newExpiring(fsys)
	e.log = mustOpen(t, e.cfg)
	for range 3 {
		for range 40 {
			if err := e.append(rand.New(rand.NewPCG(1, 1)), 10); err != nil {
				t.Fatal(err)
			}
		}
		all := e.files(t)
		if len(all) < 3 {
			t.Fatalf("only %d segments", len(all))
		}
		if err := errors.Join(e.expire(*e.clock), e.check()); err != nil || !slices.Equal(e.files(t), all) {
			t.Fatalf("nothing is older than the horizon, and left are %d segments: %v", len(e.files(t)), err)
		}
		*e.clock += 1000
		if err := errors.Join(e.expire(*e.clock), e.check()); err != nil {
			t.Fatal(err)
		}
		names, err := fsys.List(e.cfg.Dir)
		if err != nil || len(names) != 1 {
			t.Fatalf("left are %q: %v", names, err)
		}
		if data, err := disk.ReadFile(fsys, path.Join(e.cfg.Dir, names[0])); err != nil || len(data) != segmentHeader {
			t.Errorf("%s has %d bytes: %v", names[0], len(data), err)
		}
		if _, ok := e.log.Newest(); ok {
			t.Error("an empty log has a newest record")
		}
		before := fsys.Ops()
		if err := e.expire(*e.clock); err != nil || fsys.Ops() != before {
			t.Errorf("%d operations when there is nothing to do: %v", fsys.Ops()-before, err)
		}
	}
}

// TestPowerCutInExpire cuts the power at every operation of a run that expires again and again, with the last files too.
// Nothing within the horizon is lost, the log has no gap, and no index is given twice.
func TestPowerCutInExpire(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for cut := 1; ; cut++ {
		for _, survive := range []*rand.Rand{nil, rand.New(rand.NewPCG(seed, uint64(cut)))} {
			fsys := disk.NewFake()
			fsys.CutPowerAt(cut)
			rng := rand.New(rand.NewPCG(seed, 1))
			e := newExpiring(fsys)
			if e.live(rng) == nil {
				t.Logf("%d crash points", cut-1)
				return
			}
			for range 2 { // the recovery crashes, too
				fsys = fsys.Restart(survive)
				fsys.CutPowerAt(1 + rng.IntN(20))
				e.cfg.FS = fsys
				_ = e.live(rng)
			}
			e.cfg.FS = fsys.Restart(survive)
			if err := e.live(rng); err != nil {
				t.Fatalf("crash point %d, kept %v: %v", cut, survive != nil, err)
			}
		}
	}
}

// live opens the log, checks it, appends and lets expire.
func (e *expiring) live(rng *rand.Rand) (err error) {
	if e.log, err = Open(e.cfg); err != nil {
		return err
	}
	defer e.log.Close()
	if err := e.adopt(); err != nil {
		return err
	}
	for i := range 8 {
		*e.clock += 100
		if err := e.append(rng, 1+rng.IntN(30)); err != nil {
			return err
		}
		*e.clock += 100
		if i%3 == 2 {
			if err := e.expire(*e.clock - []int64{0, 350}[rng.IntN(2)]); err != nil {
				return err
			}
		}
	}
	return e.check()
}

// adopt takes records that were written and not acknowledged as if they had been: whoever reads now has seen them.
func (e *expiring) adopt() error {
	for len(e.records) < int(e.log.End())-1 {
		b, err := e.log.Read(uint64(len(e.records))+1, 1, 1<<20)
		if err != nil || len(b.Entries) != 1 {
			return fmt.Errorf("record %d of %d is not there: %w", len(e.records)+1, e.log.End()-1, err)
		}
		e.records = append(e.records, Record{Key: string(b.Entries[0].Key), Data: b.Entries[0].Data})
		e.arrivals = append(e.arrivals, b.Entries[0].Arrival)
	}
	return e.check()
}

// failingRemoval is a disk that fails to remove files, or to sync directories.
type failingRemoval struct {
	disk.FS
	remove, sync error
}

func (f *failingRemoval) Remove(name string) error {
	if f.remove != nil && path.Base(name) != spareName {
		return f.remove
	}
	return f.FS.Remove(name)
}

func (f *failingRemoval) SyncDir(dir string) error {
	if f.sync != nil {
		return f.sync
	}
	return f.FS.SyncDir(dir)
}

// TestFailedExpire: a segment that cannot be removed stays readable, and is removed later; after a failed sync of the
// directory nothing is removed any more, or a crash could bring an older segment back behind a gap.
func TestFailedExpire(t *testing.T) {
	fsys := &failingRemoval{FS: disk.NewFake()}
	e := newExpiring(fsys)
	e.log = mustOpen(t, e.cfg)
	for range 40 {
		if err := e.append(rand.New(rand.NewPCG(1, 1)), 10); err != nil {
			t.Fatal(err)
		}
		*e.clock += 10
	}
	if err := e.log.Close(); err != nil { // and nothing is zeroed in the background
		t.Fatal(err)
	}
	e.log = mustOpen(t, e.cfg)
	all := e.files(t)
	fsys.remove = io.ErrUnexpectedEOF
	if err := e.expire(*e.clock - 150); !errors.Is(err, io.ErrUnexpectedEOF) || !slices.Equal(e.files(t), all) || e.check() != nil {
		t.Errorf("%v, %v", err, e.check())
	}
	fsys.remove, fsys.sync = nil, io.ErrClosedPipe
	for range 2 {
		if err := e.expire(*e.clock - 150); !errors.Is(err, io.ErrClosedPipe) || !slices.Equal(e.files(t), all[1:]) || e.check() != nil {
			t.Errorf("%v, %v", err, e.check())
		}
		fsys.sync = nil
	}
}

// TestReadWhileExpiring reads and searches while everything expires behind the readers' backs, and under their hands.
func TestReadWhileExpiring(t *testing.T) {
	e := newExpiring(disk.NewFake())
	e.cfg.Tail = NewTail(1)
	e.log = mustOpen(t, e.cfg)
	for range 200 {
		*e.clock += 10
		if err := e.append(rand.New(rand.NewPCG(1, 1)), 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.log.Close(); err != nil {
		t.Fatal(err)
	}
	e.log = mustOpen(t, e.cfg) // nothing is indexed
	start, end := e.arrivals[0], *e.clock
	var wg sync.WaitGroup
	for r := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), 2))
			for range 300 {
				from := uint64(rng.IntN(2000))
				b, err := e.log.Read(from, 50, 1<<20)
				if err != nil || len(b.Entries) == 0 && b.Next != e.log.End() {
					t.Errorf("read from %d: %d records, next %d: %v", from, len(b.Entries), b.Next, err)
				}
				for _, got := range b.Entries {
					if want := e.records[got.Index-1]; string(got.Data) != string(want.Data) {
						t.Errorf("record %d is %q", got.Index, got.Data)
					}
				}
				at := start + rng.Int64N(end-start)
				if found, err := e.log.Find(at); err != nil || found <= 2000 && e.arrivals[found-1] < at {
					t.Errorf("found %d at %d: %v", found, at, err)
				}
			}
		})
	}
	for before := start; before <= end+1; before += 7 {
		if err := e.log.Expire(before); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// TestReadersOfWhatExpired: whoever looked up a segment just before it was removed looks again, and finds the next ones.
func TestReadersOfWhatExpired(t *testing.T) {
	e := newExpiring(disk.NewFake())
	e.cfg.Tail = NewTail(1)
	e.log = mustOpen(t, e.cfg)
	for range 40 {
		*e.clock += 10
		if err := e.append(rand.New(rand.NewPCG(1, 1)), 10); err != nil {
			t.Fatal(err)
		}
	}
	v, held := e.log.view(1), e.log.segments
	if err := e.expire(*e.clock - 150); err != nil {
		t.Fatal(err)
	}
	_, err := e.log.readSegment(&Batch{records: 1, bytes: 1}, v)
	if !errors.Is(err, fs.ErrNotExist) || !e.log.hasExpired([]*segment{v.seg}, err) || !e.log.hasExpired(held, err) {
		t.Errorf("it does not look again after %v", err)
	}
	if e.log.hasExpired(held, io.ErrUnexpectedEOF) || e.log.hasExpired(e.log.segments, err) {
		t.Error("it looks again, and for ever")
	}
}

// TestArrivalAfterEmptySegment: a power cut between the making of a segment and its first record does not let the arrival
// fall when the clock steps back.
func TestArrivalAfterEmptySegment(t *testing.T) {
	e := newExpiring(disk.NewFake())
	*e.clock += 5000
	e.log = mustOpen(t, e.cfg)
	first := mustAppend(t, e.log, Record{Data: []byte("a")})
	if left, err := e.log.leaveActive(*e.clock + 1); !left || err != nil {
		t.Fatal(left, err)
	}
	if err := e.log.Close(); err != nil {
		t.Fatal(err)
	}
	*e.clock -= 4000
	second := mustAppend(t, mustOpen(t, e.cfg), Record{Data: []byte("b")})
	if second.Arrival < first.Arrival || second.First != first.First+1 {
		t.Errorf("%+v, then %+v", first, second)
	}
}
