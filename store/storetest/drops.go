package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var dropCases = []testCase{
	{"NothingIsLeft", testDropNothingIsLeft},
	{"OthersStay", testDropOthersStay},
	{"Absent", testDropAbsent},
	{"Anew", testDropAnew},
	{"MeanwhileRead", testDropMeanwhileRead},
	{"InTheLoop", testDropInTheLoop},
}

// fill appends deltas 1 to last to the log "<i>" of a partition, for all i below logs.
func fill(s use, partition string, logs int, last uint32) (want []store.Entry) {
	s.t.Helper()
	for i := range logs {
		key := store.LogKey{Partition: partition, Log: fmt.Sprint(i)}
		for n := uint32(1); n <= last; n++ {
			e := entry(key, n, fmt.Sprint(i, n), nonce(len(want)))
			if n%2 == 0 {
				e.Body = noise(2000) // some kilobytes: it may lie elsewhere than a small one
			}
			s.win(key, n, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
			want = append(want, e)
		}
	}
	return want
}

func testDropNothingIsLeft(t *testing.T, s use) {
	fill(s, "p", 3, 4)
	large := store.LogKey{Partition: "p", Log: "large"}
	s.win(large, 1, store.Delta{Head: []byte("head"), Body: noise(1 << 20)}, nonce(1))
	for range 2 { // it is idempotent
		s.dropLogs("p")
		wantEntries(t, s.scanLogs(store.Range{Partition: "p"}, store.Bodies), nil, store.Bodies)
		wantEntries(t, s.scanLogs(store.Range{Partition: "p", Reverse: true}, store.Heads), nil, store.Heads)
		for _, log := range []string{"0", "1", "2", "large"} {
			wantEntries(t, s.read(store.LogKey{Partition: "p", Log: log}, 0, store.Bodies), nil, store.Bodies)
		}
	}
}

func testDropOthersStay(t *testing.T, s use) {
	want := map[string][]store.Entry{}
	for _, p := range []string{"p", "p\x01", "p\xff", "pp", "o", "q"} {
		want[p] = fill(s, p, 2, 2)
		s.put(store.Key{Partition: p, Sort: "0"}, p, store.Write{})
	}
	s.dropLogs("p")
	want["p"] = nil
	for p, entries := range want {
		wantEntries(t, s.scanLogs(store.Range{Partition: p}, store.Bodies), entries, store.Bodies)
		if got := s.get(store.Key{Partition: p, Sort: "0"}); string(got.Value) != p {
			t.Errorf("the item of %q is %q", p, got.Value)
		}
	}
}

func testDropAbsent(t *testing.T, s use) {
	s.dropLogs("p")
	wantEntries(t, s.scanLogs(store.Range{Partition: "p"}, store.Heads), nil, store.Heads)
}

// What is appended afterwards knows nothing of what was there, also not of its nonces.
func testDropAnew(t *testing.T, s use) {
	for _, name := range []string{"first", "second", "third"} {
		s.win(testLog, 1, delta(name), nonce(1))
		s.win(testLog, 2, delta(name), nonce(2))
		want := []store.Entry{entry(testLog, 1, name, nonce(1)), entry(testLog, 2, name, nonce(2))}
		wantEntries(t, s.read(testLog, 0, store.Bodies), want, store.Bodies)
		s.dropLogs(testLog.Partition)
		wantEntries(t, s.read(testLog, 0, store.Bodies), nil, store.Bodies)
	}
}

// A log that is seen while it goes is the beginning of what it was.
func testDropMeanwhileRead(t *testing.T, s use) {
	const logs, last = 2, 40
	want := fill(s, "p", logs, last)
	concurrently(3, func(i int) {
		if i == 0 {
			if err := s.DropLogs(t.Context(), "p"); err != nil {
				t.Errorf("DropLogs: %v", err)
			}
			return
		}
		for left := -1; left != 0 && !t.Failed(); {
			left = seenWhileDropped(t, s, want, i == 1)
		}
	})
}

// seenWhileDropped looks at the logs "0" and "1" once, and returns how many deltas are left.
func seenWhileDropped(t *testing.T, s use, want []store.Entry, scan bool) int {
	got, err := readBoth(t.Context(), s, scan)
	if err != nil {
		t.Errorf("while they are dropped: %v", err)
	}
	next := map[string]uint32{}
	for _, e := range got {
		if next[e.Log.Log]++; e.N != next[e.Log.Log] {
			t.Errorf("delta %d of log %s is seen where %d was due", e.N, e.Log.Log, next[e.Log.Log])
		}
		at := slices.IndexFunc(want, func(w store.Entry) bool { return w.Log == e.Log && w.N == e.N })
		if at < 0 || string(want[at].Body) != string(e.Body) {
			t.Errorf("delta %d of log %s is seen with body %q", e.N, e.Log.Log, e.Body)
		}
	}
	return len(got)
}

func readBoth(ctx context.Context, s use, scan bool) (got []store.Entry, err error) {
	if scan {
		for e, err := range s.ScanLogs(ctx, store.Range{Partition: "p"}, store.Bodies) {
			if err != nil {
				return got, err
			}
			got = append(got, e)
		}
		return got, nil
	}
	for _, log := range []string{"0", "1"} {
		entries, err := s.Read(ctx, store.LogKey{Partition: "p", Log: log}, 0, store.Bodies)
		if err != nil {
			return got, err
		}
		got = append(got, entries...)
	}
	return got, nil
}

// A loop over logs that are dropped by its own body ends, early or not, with what it had begun.
func testDropInTheLoop(t *testing.T, s use) {
	want := fill(s, "p", 3, 20)
	seen := map[string]uint32{}
	for e, err := range s.ScanLogs(t.Context(), store.Range{Partition: "p"}, store.Bodies) {
		if err != nil {
			t.Fatal(err)
		}
		if e.N != seen[e.Log.Log]+1 {
			t.Fatalf("delta %d of log %s after %d", e.N, e.Log.Log, seen[e.Log.Log])
		}
		if seen[e.Log.Log] = e.N; e.Log.Log == want[0].Log.Log && e.N == 2 {
			s.dropLogs("p")
		}
	}
	wantEntries(t, s.scanLogs(store.Range{Partition: "p"}, store.Heads), nil, store.Heads)
}
