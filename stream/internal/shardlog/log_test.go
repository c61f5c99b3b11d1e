package shardlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/stream/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig is a log on a fake disk, with small segments and a clock that ticks once a reading.
func testConfig(fsys disk.FS) Config {
	clock := int64(1_700_000_000_000)
	var mu sync.Mutex
	return Config{
		FS: fsys, Dir: "/log", Created: 1_700_000_000, SegmentBytes: 8 << 10, Tail: NewTail(4 << 10),
		Now: func() int64 {
			mu.Lock()
			defer mu.Unlock()
			clock++
			return clock
		},
	}
}

func mustOpen(t *testing.T, cfg Config) *Log {
	t.Helper()
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func mustAppend(t *testing.T, l *Log, records ...Record) Appended {
	t.Helper()
	a, err := l.Append(context.Background(), records)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// batch makes n records of different sizes, numbered from first on.
func batch(rng *rand.Rand, first uint64, n int) []Record {
	records := make([]Record, n)
	for i := range records {
		text := fmt.Sprintf("record %d ", first+uint64(i))
		data := make([]byte, len(text)+rng.IntN(200))
		copy(data, text)
		records[i] = Record{Key: fmt.Sprint("key ", rng.IntN(10)), Data: data}
	}
	return records
}

// readAll reads a log from index 1 on in small steps, and checks that indexes and arrivals rise.
func readAll(t *testing.T, l *Log) []Record {
	t.Helper()
	var all []Record
	arrival := int64(0)
	for next := uint64(1); ; {
		b, err := l.Read(next, 7, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Entries) == 0 {
			if b.Behind != 0 || b.Next != l.End() {
				t.Fatalf("empty read at %d of %d, behind %d", b.Next, l.End(), b.Behind)
			}
			return all
		}
		for _, e := range b.Entries {
			if e.Index != uint64(len(all))+1 || e.Arrival < arrival {
				t.Fatalf("record %d has index %d, arrived at %d after one at %d", len(all)+1, e.Index, e.Arrival, arrival)
			}
			arrival = e.Arrival
			all = append(all, Record{Key: string(e.Key), Data: e.Data})
		}
		next = b.Next
	}
}

func checkRecords(t *testing.T, got, want []Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Key != want[i].Key || string(got[i].Data) != string(want[i].Data) {
			t.Fatalf("record %d is %q %q, want %q %q", i+1, got[i].Key, got[i].Data, want[i].Key, want[i].Data)
		}
	}
}

// TestAgainstSlice compares the log with a slice that holds the same records, over appends, reopening and every kind of
// reading.
func TestAgainstSlice(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	cfg := testConfig(disk.NewFake())
	l := mustOpen(t, cfg)
	var model []Record
	var arrivals []int64
	for range 300 {
		switch rng.IntN(10) {
		case 0:
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = mustOpen(t, cfg)
		case 1, 2:
			checkRead(t, rng, l, model)
		case 3:
			checkFind(t, rng, l, arrivals)
		default:
			records := batch(rng, uint64(len(model))+1, 1+rng.IntN(20))
			a := mustAppend(t, l, records...)
			if a.First != uint64(len(model))+1 {
				t.Fatalf("appended at %d, want %d", a.First, len(model)+1)
			}
			model = append(model, records...)
			for range records {
				arrivals = append(arrivals, a.Arrival)
			}
		}
	}
	checkRecords(t, readAll(t, l), model)
	if len(l.segments) < 5 {
		t.Errorf("only %d segments: rolling is not tested", len(l.segments))
	}
}

func checkRead(t *testing.T, rng *rand.Rand, l *Log, model []Record) {
	t.Helper()
	from, limit, bytes := rng.IntN(len(model)+2), 1+rng.IntN(50), rng.IntN(5000)
	b, err := l.Read(uint64(from), limit, bytes)
	if err != nil {
		t.Fatal(err)
	}
	at := max(from, 1)
	for i, e := range b.Entries {
		want := model[at-1+i]
		if e.Index != uint64(at+i) || string(e.Key) != want.Key || string(e.Data) != string(want.Data) {
			t.Fatalf("read from %d: entry %d is record %d %q", from, i, e.Index, e.Data)
		}
		bytes -= len(e.Key) + len(e.Data)
	}
	next := at + len(b.Entries)
	if b.Next != uint64(next) || (b.Behind == 0) != (next > len(model)) {
		t.Fatalf("read from %d: next %d, behind %d, of %d", from, b.Next, b.Behind, len(model))
	}
	if next <= len(model) && len(b.Entries) < limit && bytes >= len(model[next-1].Key)+len(model[next-1].Data) {
		t.Fatalf("read from %d stopped at %d though there was room", from, next)
	}
	if bytes < 0 && len(b.Entries) > 1 {
		t.Fatalf("read from %d: %d bytes too many", from, -bytes)
	}
}

func checkFind(t *testing.T, rng *rand.Rand, l *Log, arrivals []int64) {
	t.Helper()
	at := int64(1_700_000_000_000) + int64(rng.IntN(400)) - 5
	want := uint64(len(arrivals)) + 1
	for i, a := range arrivals {
		if a >= at {
			want = uint64(i) + 1
			break
		}
	}
	got, err := l.Find(at)
	if err != nil || got != want {
		t.Fatalf("found %d at time %d, want %d: %v", got, at, want, err)
	}
}

func TestArrivalNeverFalls(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	clock := int64(1_700_000_009_000)
	cfg.Now = func() int64 { clock -= 1000; return clock }
	first := mustAppend(t, mustOpen(t, cfg), Record{Data: []byte("a")})
	second := mustAppend(t, mustOpen(t, cfg), Record{Data: []byte("b")})
	if second.Arrival < first.Arrival || second.First != first.First+1 {
		t.Errorf("%+v, then %+v", first, second)
	}
}

// TestGroupCommit holds one group back until many callers have joined the next one: they must share one write and sync.
func TestGroupCommit(t *testing.T) {
	const callers = 50
	fsys := disk.NewFake()
	l := mustOpen(t, testConfig(fsys))
	mustAppend(t, l, Record{Data: []byte("makes the segment")})
	l.commit.Lock()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for i := range callers {
		wg.Go(func() {
			a, err := l.Append(context.Background(), []Record{{Key: "k", Data: fmt.Appendf(nil, "caller %d", i)}})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[a.First] {
				t.Errorf("caller %d got index %d: %v", i, a.First, err)
			}
			seen[a.First] = true
		})
	}
	for joined := 0; joined < callers; runtime.Gosched() {
		l.mu.Lock()
		if l.pending != nil {
			joined = l.pending.records
		}
		l.mu.Unlock()
	}
	before := fsys.Ops()
	l.commit.Unlock()
	wg.Wait()
	if ops := fsys.Ops() - before; ops != 2 {
		t.Errorf("%d operations for %d callers, want one write and one sync", ops, callers)
	}
	if got := len(readAll(t, l)); got != callers+1 {
		t.Errorf("%d records, want %d", got, callers+1)
	}
}

func TestManyWritersAndReaders(t *testing.T) {
	const writers, each = 16, 40
	l := mustOpen(t, testConfig(disk.NewFake()))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := l.Append(context.Background(), []Record{{Key: fmt.Sprint(w), Data: fmt.Append(nil, i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 4 {
		wg.Go(func() { followInOrder(t, l, writers*each) })
	}
	wg.Wait()
}

// followInOrder reads until it has seen n records, and checks that each writer's are in the order written.
func followInOrder(t *testing.T, l *Log, n int) {
	expect := map[string]int{}
	for next := uint64(1); next <= uint64(n); {
		if err := l.Wait(context.Background(), next); err != nil {
			t.Error(err)
			return
		}
		b, err := l.Read(next, 10, 1<<20)
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range b.Entries {
			if want := fmt.Sprint(expect[string(e.Key)]); string(e.Data) != want {
				t.Errorf("writer %s: %s, want %s", e.Key, e.Data, want)
			}
			expect[string(e.Key)]++
		}
		next = b.Next
	}
}

func TestTailIsBounded(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	a := mustOpen(t, cfg)
	cfg.Dir = "/other"
	b := mustOpen(t, cfg)
	for i := range 200 {
		mustAppend(t, []*Log{a, b}[i%2], Record{Data: make([]byte, 100+i)})
	}
	held := 0
	for _, l := range []*Log{a, b} {
		for _, f := range l.tail {
			held += frameHeader + len(f.payload)
		}
		if got := len(readAll(t, l)); got != 100 {
			t.Errorf("%d records, want 100", got)
		}
	}
	if held == 0 || held > cfg.Tail.max || held != cfg.Tail.used {
		t.Errorf("%d bytes held, %d counted, at most %d allowed", held, cfg.Tail.used, cfg.Tail.max)
	}
}

// Appending costs no more when the tail is full: a copy of thousands of small frames for each would.
func TestFullTailIsCheap(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	cfg.Tail = NewTail(1 << 20)
	cfg.SegmentBytes = 64 << 20
	l := mustOpen(t, cfg)
	record := Record{Data: make([]byte, 100)}
	const frames = 20_000
	for range frames { // twice as many as the tail holds
		mustAppend(t, l, record)
	}
	before := new(runtime.MemStats)
	runtime.ReadMemStats(before)
	for range frames {
		mustAppend(t, l, record)
	}
	after := new(runtime.MemStats)
	runtime.ReadMemStats(after)
	if each := (after.TotalAlloc - before.TotalAlloc) / frames; each > 20<<10 {
		t.Errorf("an append allocates %d bytes beside %d frames in memory", each, len(l.tail))
	}
	if held := cfg.Tail.used; l.kept != held || l.wasted > held/4 || held > cfg.Tail.max {
		t.Errorf("%d bytes held, %d counted by the log, %d wasted", held, l.kept, l.wasted)
	}
}

func TestLargeRecords(t *testing.T) {
	cfg := testConfig(disk.NewFake())
	l := mustOpen(t, cfg)
	want := []Record{{Key: "a", Data: make([]byte, 1<<20)}, {Key: "b"}, {Key: "c", Data: make([]byte, frameTarget)}, {Data: []byte{1}}}
	mustAppend(t, l, want...)
	checkRecords(t, readAll(t, l), want)
	checkRecords(t, readAll(t, mustOpen(t, cfg)), want)
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := mustOpen(t, testConfig(disk.NewFake()))
		results := make(chan error, 3)
		wait := func(ctx context.Context, from uint64) {
			go func() { results <- l.Wait(ctx, from) }()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(context.Background())
		wait(ctx, 0)
		select {
		case err := <-results:
			t.Fatalf("returned on an empty log: %v", err)
		default:
		}
		mustAppend(t, l, Record{Data: []byte("x")})
		if err := <-results; err != nil {
			t.Error(err)
		}
		wait(ctx, 2)
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		wait(context.Background(), 2)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-results; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

func TestClosed(t *testing.T) {
	l := mustOpen(t, testConfig(disk.NewFake()))
	mustAppend(t, l, Record{Data: []byte("x")})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(context.Background(), []Record{{}}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := l.Read(1, 1, 1); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestDiskFull fills the disk, finds nothing torn, and goes on when there is room, also after a restart in between.
func TestDiskFull(t *testing.T) {
	for _, reopen := range []bool{false, true} {
		t.Run(fmt.Sprint("reopen=", reopen), func(t *testing.T) {
			fsys := disk.NewFake()
			fsys.SetRoom(40 << 10)
			cfg := testConfig(fsys)
			l := mustOpen(t, cfg)
			rng := rand.New(rand.NewPCG(1, 1))
			var want []Record
			for {
				records := batch(rng, uint64(len(want))+1, 10)
				if _, err := l.Append(context.Background(), records); err != nil {
					if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
						t.Fatal(err)
					}
					break
				}
				want = append(want, records...)
			}
			if len(want) == 0 {
				t.Fatal("nothing fitted")
			}
			checkRecords(t, readAll(t, l), want)
			if reopen {
				_ = l.Close()
				l = mustOpen(t, cfg)
			}
			fsys.SetRoom(-1)
			more := batch(rng, uint64(len(want))+1, 10)
			mustAppend(t, l, more...)
			checkRecords(t, readAll(t, l), append(want, more...))
		})
	}
}

// TestDiskIsUsedUp: segments get smaller where there is no room for large ones.
func TestDiskIsUsedUp(t *testing.T) {
	fsys := disk.NewFake()
	fsys.SetRoom(100 << 10)
	cfg := testConfig(fsys)
	cfg.SegmentBytes = 64 << 10
	l := mustOpen(t, cfg)
	n := 0
	for ; ; n++ {
		if _, err := l.Append(context.Background(), []Record{{Data: make([]byte, 1000)}}); err != nil {
			break
		}
	}
	if n < 90 {
		t.Errorf("%d records of 1,000 bytes on a disk of 100 KiB", n)
	}
}

// failingWrites is a disk whose files fail to be written from some moment on.
type failingWrites struct {
	disk.FS
	fail *error
}

type failingFile struct {
	disk.File
	fail *error
}

func (f failingWrites) Create(name string) (disk.File, error) {
	file, err := f.FS.Create(name)
	return failingFile{file, f.fail}, err
}

func (f failingFile) WriteAt(p []byte, at int64) (int, error) {
	if *f.fail == nil {
		return f.File.WriteAt(p, at)
	}
	n, _ := f.File.WriteAt(p[:len(p)/2], at)
	return n, *f.fail
}

// TestFailedWrite checks that half a write is cut off: on some file systems even a zeroed block can fail for want of room.
func TestFailedWrite(t *testing.T) {
	var fail error
	fsys := disk.NewFake()
	l := mustOpen(t, testConfig(failingWrites{fsys, &fail}))
	rng := rand.New(rand.NewPCG(2, 2))
	var want []Record
	for i := range 6 {
		fail = nil
		if i%2 == 0 {
			fail = syscall.ENOSPC
		}
		records := batch(rng, uint64(len(want))+1, 5)
		_, err := l.Append(context.Background(), records)
		if !errors.Is(err, fail) {
			t.Fatal(err)
		}
		if fail == nil {
			want = append(want, records...)
		}
		checkRecords(t, readAll(t, l), want)
	}
	checkRecords(t, readAll(t, mustOpen(t, testConfig(fsys))), want)
}

// TestFailedSync checks that no write is acknowledged after a sync has failed, even when later ones would succeed.
func TestFailedSync(t *testing.T) {
	fsys := disk.NewFake()
	cfg := testConfig(fsys)
	l := mustOpen(t, cfg)
	kept := []Record{{Key: "k", Data: []byte("kept")}}
	mustAppend(t, l, kept...)
	fsys.FailSync(io.ErrUnexpectedEOF)
	if _, err := l.Append(context.Background(), []Record{{Key: "k", Data: []byte("lost")}}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	fsys.FailSync(nil)
	if _, err := l.Append(context.Background(), []Record{{Key: "k", Data: []byte("later")}}); !errors.Is(err, ErrBroken) {
		t.Fatal(err)
	}
	checkRecords(t, readAll(t, l), kept)
	_ = l.Close()
	seen := readAll(t, mustOpen(t, cfg)) // the record that failed may be back; whoever saw it must go on seeing it
	cfg.FS = fsys.Restart(nil)
	checkRecords(t, readAll(t, mustOpen(t, cfg)), seen)
}

func TestFailedSyncOfNewSegment(t *testing.T) {
	fsys := disk.NewFake()
	l := mustOpen(t, testConfig(fsys))
	fsys.FailSync(io.ErrUnexpectedEOF)
	if _, err := l.Append(context.Background(), []Record{{}}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	fsys.FailSync(nil)
	if _, err := l.Append(context.Background(), []Record{{}}); !errors.Is(err, ErrBroken) {
		t.Fatal(err)
	}
}

// TestSegmentsKeepTheirSize: records are written into zeros, up to the last byte of a segment and not beyond.
func TestSegmentsKeepTheirSize(t *testing.T) {
	l := mustOpen(t, testConfig(disk.NewFake()))
	full := 0
	for i := range 400 {
		mustAppend(t, l, Record{Data: make([]byte, 100+i*37%12_000)}) // some are larger than a segment usually is
		size, err := l.active.Size()
		if err != nil || size != l.size {
			t.Fatalf("the segment has %d bytes, and was made with %d: %v", size, l.size, err)
		}
		if _, at, _ := l.last(); size-at < 400 {
			full++
		}
	}
	if full == 0 {
		t.Error("no segment was ever nearly full")
	}
}
