package spool

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func open(t testing.TB, o Options) *Spool {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func entry(n, size int) Entry {
	return Entry{Key: fmt.Sprintf("key%d", n%7), Data: fmt.Appendf(nil, "%d %s", n, strings.Repeat("x", size))}
}

// show is what a spool found when it was opened.
func show(entries []Entry) (all []string) {
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%d %s %s", e.Number, e.Key, e.Data))
	}
	return all
}

func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var firstSeed = flag.Uint64("spool.seed", 0, "the first seed of TestAgainstAMap; 0 for any")

// Through restarts, and whatever is done in whatever order, a spool holds what a map would, and no more bytes than are allowed.
func TestAgainstAMap(t *testing.T) {
	first := rand.Uint64()
	if *firstSeed != 0 {
		first = *firstSeed
	}
	seeds := uint64(8)
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		seeds = 200
	}
	for seed := first; seed < first+seeds; seed++ {
		againstAMap(t, rand.New(rand.NewPCG(seed, 0)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func againstAMap(t *testing.T, rnd *rand.Rand) {
	o := Options{Dir: t.TempDir(), MaxBytes: 12 * minSegment, NoSync: rnd.IntN(8) > 0}
	s := open(t, o)
	twin := map[uint64]Entry{}
	var live, made int
	for range 400 {
		switch rnd.IntN(12) {
		default:
			var items []Entry
			for range 1 + rnd.IntN(10) {
				made++
				items = append(items, entry(made, rnd.IntN(1+rnd.IntN(8000))))
			}
			size := 0
			for _, e := range items {
				size += len(e.Data) + 40
			}
			if live+size > int(o.MaxBytes)/2 {
				continue
			}
			n, err := s.Append(items)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range items {
				e.Number = n + uint64(i)
				twin[e.Number] = e
			}
			live += size
		case 0, 1, 2, 3: // much of it, but some stay long
			var done []uint64
			for n, e := range twin {
				if rnd.IntN(3) > 0 && n%50 != 0 {
					done = append(done, n)
					live -= len(e.Data) + 40
					delete(twin, n)
				}
			}
			if err := s.Done(append(done, 1<<40)); err != nil { // one that it does not know
				t.Fatal(err)
			}
		case 4:
			shut(t, s)
			s = open(t, o)
			checkRecovered(t, s, twin)
		}
		if s.Size() > o.MaxBytes || s.Size() != bytesOf(t, o.Dir) {
			t.Fatalf("%d bytes, %d in files, %d are allowed", s.Size(), bytesOf(t, o.Dir), o.MaxBytes)
		}
	}
	var rest []uint64
	for n := range twin {
		rest = append(rest, n)
	}
	if err := s.Done(rest); err != nil {
		t.Error(err)
	}
	shut(t, s)
	if left := files(t, o.Dir); len(left) > 0 {
		t.Errorf("all is done, and %q are left", left)
	}
}

func checkRecovered(t *testing.T, s *Spool, twin map[uint64]Entry) {
	t.Helper()
	var want []Entry
	for n := range twin {
		want = append(want, twin[n])
	}
	slices.SortFunc(want, func(a, b Entry) int { return int(a.Number) - int(b.Number) })
	if got := show(s.TakeRecovered()); !slices.Equal(got, show(want)) {
		t.Fatalf("recovered %d items, want %d: %.500q, want %.500q", len(got), len(want), got, show(want))
	}
}

func bytesOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	for _, name := range files(t, dir) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

// lay makes a spool of two segments as a process leaves it that is killed, and returns its last file.
func lay(t *testing.T, dir string) string {
	t.Helper()
	s := open(t, Options{Dir: dir, MaxBytes: 4 * minSegment})
	for i := range 4 {
		size := 5
		if i == 0 {
			size = minSegment // and the others have another file
		}
		if _, err := s.Append([]Entry{entry(i, size)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Done([]uint64{2}); err != nil {
		t.Fatal(err)
	}
	if err := s.lock.Close(); err != nil {
		t.Fatal(err)
	}
	for _, seg := range s.segments {
		if err := seg.close(); err != nil {
			t.Fatal(err)
		}
	}
	all := files(t, dir)
	if len(all) != 2 {
		t.Fatalf("files %q, want two", all)
	}
	return all[1]
}

// Wherever the last file ends, or is bad, everything before it is there, and what is appended then is there the next time.
func TestTornEnd(t *testing.T) {
	master := t.TempDir()
	last := lay(t, master)
	data, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int // of frames
	for good := len(header); good < len(data); {
		payload, ok := payloadAt(data[good:])
		if !ok {
			t.Fatal("the whole file is bad")
		}
		good += frameHead + len(payload)
		ends = append(ends, good)
	}
	for cut := range len(data) + 1 {
		for _, flip := range []bool{false, true} {
			torn := bytes.Clone(data[:cut])
			if flip {
				if cut < len(header) || cut%4 > 0 || cut == len(data) || slices.Contains(ends, cut) {
					continue
				}
				torn = bytes.Clone(data)
				torn[cut] ^= 0x10
			}
			whole := 0
			for _, e := range ends {
				if e <= cut {
					whole++
				}
			}
			dir := t.TempDir()
			copyFile(t, files(t, master)[0], dir)
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(last)), torn, 0o600); err != nil {
				t.Fatal(err)
			}
			checkTorn(t, dir, whole)
			if t.Failed() {
				t.Fatalf("cut at %d, flipped: %v", cut, flip)
			}
		}
	}
}

// checkTorn knows that the last file's frames are: item 2, item 3, item 4, item 2 is done.
func checkTorn(t *testing.T, dir string, whole int) {
	want := []string{"1", "2", "3", "4"}[:1+min(3, whole)]
	if whole == 4 {
		want = []string{"1", "3", "4"}
	}
	s := open(t, Options{Dir: dir, MaxBytes: 1 << 20})
	check := func(want ...string) {
		var got []string
		for _, e := range s.TakeRecovered() {
			got = append(got, fmt.Sprint(e.Number))
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
	}
	check(want...)
	n, err := s.Append([]Entry{entry(9, 1)})
	if err != nil || slices.Contains(want, fmt.Sprint(n)) {
		t.Errorf("appended as %d: %v", n, err)
	}
	shut(t, s)
	s = open(t, Options{Dir: dir, MaxBytes: 1 << 20})
	check(append(want, fmt.Sprint(n))...)
	shut(t, s)
}

func copyFile(t *testing.T, from, dir string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Who dies after an item was written again and before its old place was given up leaves it twice. It is one item, and holds up nothing
// when it is done.
func TestItemThatIsThereTwice(t *testing.T) {
	dir := t.TempDir()
	for number := uint64(1); number <= 2; number++ {
		data := appendItem([]byte(header), Entry{Number: 5, Key: "k", Data: []byte("d")})
		if err := os.WriteFile(segmentPath(dir, number), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Options{Dir: dir, MaxBytes: 1 << 20})
	if got := show(s.TakeRecovered()); !slices.Equal(got, []string{"5 k d"}) {
		t.Errorf("found %q", got)
	}
	if err := s.Done([]uint64{5}); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("nothing is live, and %q are left", left)
	}
	shut(t, s)
}

// An item is on disk when it counts as kept, however many came at once.
func TestKeptIsSynced(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), MaxBytes: 1 << 20})
	defer shut(t, s)
	for i := range 3 {
		if _, err := s.Append([]Entry{entry(i, 10)}); err != nil {
			t.Fatal(err)
		}
		if seg := s.segments[0]; seg.synced != seg.size {
			t.Errorf("%d bytes of %d are synced", seg.synced, seg.size)
		}
	}
}

// Damage where no crash can have torn anything is an error that says where; without waiting for the disk, it may be a crash.
func TestDamageIsAnError(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir)
	first := files(t, dir)[0]
	data, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	data[100] ^= 1
	if err := os.WriteFile(first, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, MaxBytes: 1 << 20}); err == nil || !strings.Contains(err.Error(), first+" is damaged at byte 8") {
		t.Errorf("error %v, want it to name the file and the byte", err)
	}
	s := open(t, Options{Dir: dir, MaxBytes: 1 << 20, NoSync: true})
	if got := s.TakeRecovered(); len(got) != 2 || got[0].Number != 3 {
		t.Errorf("found %q, want what the other file has", show(got))
	}
	shut(t, s)
}

func TestOneAtATime(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "a", "b"), MaxBytes: 1 << 20}
	s := open(t, o)
	if _, err := Open(o); !errors.Is(err, errInUse) {
		t.Errorf("the second: %v", err)
	}
	shut(t, s)
	shut(t, s) // once more is nothing
	if _, err := s.Append([]Entry{entry(1, 1)}); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close: %v", err)
	}
	if err := s.Done([]uint64{1}); !errors.Is(err, ErrClosed) {
		t.Errorf("Done after Close: %v", err)
	}
	shut(t, open(t, o))
}

// What does not fit is refused as a whole, and is not there.
func TestFull(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 4 * minSegment, NoSync: true}
	s := open(t, o)
	kept := 0
	for {
		_, err := s.Append([]Entry{entry(kept, 10_000), entry(kept+1, 10_000)})
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kept += 2
	}
	if kept < 6 || s.Size() > o.MaxBytes {
		t.Errorf("%d items of 10 kB are kept in %d bytes; %d are allowed, half of them for what stays", kept, s.Size(), o.MaxBytes)
	}
	shut(t, s)
	s = open(t, o)
	if got := s.TakeRecovered(); len(got) != kept {
		t.Errorf("%d items kept, %d found", kept, len(got))
	}
	shut(t, s)
}

// Many at once: everything is there, in the order in which each put it.
func TestConcurrent(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 20 * minSegment}
	s := open(t, o)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			var mine []uint64
			for i := range 40 {
				n, err := s.Append([]Entry{{Key: fmt.Sprint(w), Data: fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 3000))}})
				if err != nil {
					t.Error(err)
					return
				}
				if mine = append(mine, n); i >= 5 {
					if err := s.Done([]uint64{mine[i-5]}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	shut(t, s)
	s = open(t, o)
	defer shut(t, s)
	got := map[string]string{}
	for _, e := range s.TakeRecovered() {
		got[e.Key] += strings.TrimRight(string(e.Data), "x")
	}
	for w := range 8 {
		if got[fmt.Sprint(w)] != "35 36 37 38 39 " {
			t.Errorf("of writer %d there is %q", w, got[fmt.Sprint(w)])
		}
	}
}

// Whatever a file holds, opening does not panic, and what it keeps can be read again.
func FuzzSegment(f *testing.F) {
	f.Add([]byte(header))
	f.Add(appendDone(appendItem([]byte(header), Entry{Number: 3, Key: "k", Data: []byte("d")}), []uint64{1, 3}))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(segmentPath(dir, 7), data, 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{Dir: dir, MaxBytes: 1 << 20, NoSync: true}
		s := open(t, o)
		before := show(s.TakeRecovered())
		shut(t, s)
		s = open(t, o)
		if after := show(s.TakeRecovered()); !slices.Equal(before, after) {
			t.Errorf("found %q, and then %q", before, after)
		}
		shut(t, s)
	})
}
