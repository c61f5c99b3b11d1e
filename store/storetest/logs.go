package storetest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var logCases = []testCase{
	{"AppendedIsRead", testAppendedIsRead},
	{"NumberExists", testNumberExists},
	{"RepeatAfterLostAnswer", testRepeatAfterLostAnswer},
	{"NumbersMayHaveGaps", testNumbersMayHaveGaps},
	{"NumberZero", testNumberZero},
	{"ReadAfter", testReadAfter},
	{"EmptyParts", testEmptyParts},
	{"LargeBody", testLargeBody},
	{"OneWinnerANumber", testOneWinnerANumber},
	{"ConcurrentRepeats", testConcurrentRepeats},
	{"WritersFollowEachOther", testWritersFollowEachOther},
	{"NoHeadWithoutBody", testNoHeadWithoutBody},
}

func testAppendedIsRead(t *testing.T, s use) {
	if got := s.read(testLog, 0, store.Bodies); len(got) != 0 {
		t.Fatalf("a log that nobody wrote has %v", names(got))
	}
	want := []store.Entry{entry(testLog, 1, "one", nonce(1)), entry(testLog, 2, "two", nonce(2))}
	for _, e := range want {
		s.win(e.Log, e.N, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
	}
	wantEntries(t, s.read(testLog, 0, store.Bodies), want, store.Bodies)
	wantEntries(t, s.read(testLog, 0, store.Heads), want, store.Heads)
}

func testNumberExists(t *testing.T, s use) {
	s.win(testLog, 1, delta("mine"), nonce(1))
	if got := s.append(testLog, 1, delta("other"), nonce(2)); got != store.Exists {
		t.Fatalf("the second writer's Append = %v, want Exists", got)
	}
	wantEntries(t, s.read(testLog, 0, store.Bodies), []store.Entry{entry(testLog, 1, "mine", nonce(1))}, store.Bodies)
}

// A writer that did not get its answer repeats the call, perhaps after others went on from its delta.
func testRepeatAfterLostAnswer(t *testing.T, s use) {
	s.win(testLog, 1, delta("one"), nonce(1))
	s.win(testLog, 1, delta("one"), nonce(1))
	s.win(testLog, 2, delta("two"), nonce(2))
	s.win(testLog, 1, delta("one"), nonce(1))
	want := []store.Entry{entry(testLog, 1, "one", nonce(1)), entry(testLog, 2, "two", nonce(2))}
	wantEntries(t, s.read(testLog, 0, store.Bodies), want, store.Bodies)

	// A nonce means nothing at another number or in another log.
	s.win(testLog, 3, delta("three"), nonce(1))
	s.win(store.LogKey{Partition: testLog.Partition, Log: "gol"}, 1, delta("one"), nonce(1))
}

func testNumbersMayHaveGaps(t *testing.T, s use) {
	numbers := []uint32{7, math.MaxUint32, 256, 1, 255, 1 << 24}
	for i, n := range numbers {
		s.win(testLog, n, delta("x"), nonce(i))
	}
	var got []uint32
	for _, e := range s.read(testLog, 0, store.Heads) {
		got = append(got, e.N)
	}
	if want := []uint32{1, 7, 255, 256, 1 << 24, math.MaxUint32}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("numbers %v, want %v", got, want)
	}
}

func testNumberZero(t *testing.T, s use) {
	_, err := s.Append(t.Context(), testLog, 0, delta("x"), nonce(1))
	wantError(t, "Append number 0", err, store.ErrKey)
}

func testReadAfter(t *testing.T, s use) {
	var want []store.Entry
	for n := uint32(1); n <= 5; n++ {
		e := entry(testLog, n, fmt.Sprint(n), nonce(int(n)))
		want = append(want, e)
		s.win(e.Log, e.N, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
	}
	for after := uint32(0); after <= 5; after++ {
		wantEntries(t, s.read(testLog, after, store.Bodies), want[after:], store.Bodies)
	}
	for _, after := range []uint32{6, math.MaxUint32} {
		if got := s.read(testLog, after, store.Heads); len(got) != 0 {
			t.Errorf("after %d there is %v", after, names(got))
		}
	}
}

func testEmptyParts(t *testing.T, s use) {
	want := []store.Entry{
		{Log: testLog, N: 1},
		{Log: testLog, N: 2, Nonce: nonce(2), Head: []byte("head")},
		{Log: testLog, N: 3, Nonce: nonce(3), Body: []byte("body")},
		{Log: testLog, N: 4, Nonce: nonce(4), Head: []byte{0}, Body: []byte{0, 0}},
	}
	for _, e := range want {
		s.win(e.Log, e.N, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
	}
	for _, parts := range []store.Parts{store.Heads, store.Bodies} {
		wantEntries(t, s.read(testLog, 0, parts), want, parts)
		wantEntries(t, s.scanLogs(store.Range{Partition: testLog.Partition}, parts), want, parts)
	}
}

func testLargeBody(t *testing.T, s use) {
	e := entry(testLog, 1, "large", nonce(1))
	e.Body = noise(2 << 20)
	s.win(testLog, 1, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
	s.win(testLog, 2, delta("small"), nonce(2))
	want := []store.Entry{e, entry(testLog, 2, "small", nonce(2))}
	wantEntries(t, s.read(testLog, 0, store.Bodies), want, store.Bodies)
	wantEntries(t, s.read(testLog, 0, store.Heads), want, store.Heads)
}

// Many writers race for the same numbers: exactly one wins each, and the delta kept is the winner's.
func testOneWinnerANumber(t *testing.T, s use) {
	const writers, numbers = 8, 30
	var mu sync.Mutex
	winners := map[uint32][]int{}
	concurrently(writers, func(w int) {
		for n := uint32(1); n <= numbers; n++ {
			got, err := s.Append(t.Context(), testLog, n, delta(fmt.Sprint(w)), nonce(w))
			if err != nil {
				t.Errorf("Append(%d): %v", n, err)
			}
			if got == store.Won {
				mu.Lock()
				winners[n] = append(winners[n], w)
				mu.Unlock()
			}
		}
	})
	var want []store.Entry
	for n := uint32(1); n <= numbers; n++ {
		if len(winners[n]) != 1 {
			t.Fatalf("number %d was won by %v", n, winners[n])
		}
		w := winners[n][0]
		want = append(want, entry(testLog, n, fmt.Sprint(w), nonce(w)))
	}
	wantEntries(t, s.read(testLog, 0, store.Bodies), want, store.Bodies)
}

func testConcurrentRepeats(t *testing.T, s use) {
	concurrently(8, func(int) {
		if got, err := s.Append(t.Context(), testLog, 1, delta("one"), nonce(1)); err != nil || got != store.Won {
			t.Errorf("Append = %v, %v, want Won", got, err)
		}
	})
	wantEntries(t, s.read(testLog, 0, store.Bodies), []store.Entry{entry(testLog, 1, "one", nonce(1))}, store.Bodies)
}

// The way logs are used: read what is there, append at the next number, and start again when another was faster. Every delta
// ends up in the log once, without a gap, because Read sees what was answered.
func testWritersFollowEachOther(t *testing.T, s use) {
	const writers, each = 4, 10
	concurrently(writers, func(w int) {
		for i := range each {
			if err := appendNext(t, s, nonce(w*each+i)); err != nil {
				t.Errorf("writer %d: %v", w, err)
			}
		}
	})
	seen := map[store.Nonce]bool{}
	for i, e := range s.read(testLog, 0, store.Heads) {
		if e.N != uint32(i+1) || seen[e.Nonce] {
			t.Fatalf("delta %d has number %d, seen before: %v", i, e.N, seen[e.Nonce])
		}
		seen[e.Nonce] = true
	}
	if len(seen) != writers*each {
		t.Fatalf("%d deltas, want %d", len(seen), writers*each)
	}
}

func appendNext(t *testing.T, s store.Store, nonce store.Nonce) error {
	for last := uint32(0); ; {
		entries, err := s.Read(t.Context(), testLog, last, store.Heads)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			last = entries[len(entries)-1].N
		}
		if got, err := s.Append(t.Context(), testLog, last+1, delta("x"), nonce); err != nil || got == store.Won {
			return err
		}
	}
}

func testNoHeadWithoutBody(t *testing.T, s use) {
	const numbers = 40
	body := noise(40_000)
	concurrently(2, func(i int) {
		if i == 0 {
			for n := uint32(1); n <= numbers; n++ {
				if _, err := s.Append(t.Context(), testLog, n, store.Delta{Head: []byte("head"), Body: body}, nonce(int(n))); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
			return
		}
		for seen := 0; seen < numbers && !t.Failed(); {
			entries, err := s.Read(t.Context(), testLog, uint32(seen), store.Bodies)
			if err != nil {
				t.Errorf("Read: %v", err)
			}
			for _, e := range entries {
				if !bytes.Equal(e.Body, body) {
					t.Errorf("delta %d was seen with %d bytes of its body", e.N, len(e.Body))
				}
			}
			seen += len(entries)
		}
	})
}

// entry is what delta(name) is read back as.
func entry(key store.LogKey, n uint32, name string, nonce store.Nonce) store.Entry {
	d := delta(name)
	return store.Entry{Log: key, N: n, Nonce: nonce, Head: d.Head, Body: d.Body}
}

// noise returns the same bytes every time, of which nothing can be left out.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails, math/rand/v2 says
	return b
}

// concurrently calls f(0) to f(n-1), each in a goroutine, and waits for them.
func concurrently(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
