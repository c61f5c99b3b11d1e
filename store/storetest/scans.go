package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var scanCases = []testCase{
	{"Ranges", testScanRanges},
	{"ByteOrder", testScanByteOrder},
	{"PartitionsAreApart", testScanPartitions},
	{"StopsWhenToldTo", testScanStops},
	{"WritesInTheLoop", testScanWritesInTheLoop},
}

var scanLogCases = []testCase{
	{"Order", testScanLogsOrder},
	{"Ranges", testScanLogsRanges},
	{"PartitionsAreApart", testScanLogsPartitions},
	{"StopsWhenToldTo", testScanLogsStops},
}

// ranges are the edges of From <= Sort < To over the sorts "b0", "b1", "b2", "d0".
var ranges = []struct {
	from, to string
	want     []string
}{
	{"", "", []string{"b0", "b1", "b2", "d0"}},
	{"b1", "", []string{"b1", "b2", "d0"}},
	{"", "b1", []string{"b0"}},
	{"b0", "b2", []string{"b0", "b1"}},
	{"b0", "b2\x01", []string{"b0", "b1", "b2"}},
	{"b0\x01", "d", []string{"b1", "b2"}},
	{"b", "c", []string{"b0", "b1", "b2"}},
	{"c", "d", nil},
	{"d0", "d0", nil},
	{"d0", "b0", nil},
	{"e", "", nil},
	{"", "a", nil},
	{"d0", "\xff", []string{"d0"}},
}

func testScanRanges(t *testing.T, s use) {
	for _, sort := range []string{"d0", "b1", "b0", "b2"} {
		s.put(store.Key{Partition: "p", Sort: sort}, "value "+sort, store.Write{})
	}
	for _, r := range ranges {
		got := s.scan(store.Range{Partition: "p", From: r.from, To: r.to})
		if !slices.Equal(sorts(got), r.want) {
			t.Errorf("[%q, %q): %q, want %q", r.from, r.to, sorts(got), r.want)
		}
		for _, item := range got {
			wantItem(t, item, item.Key, "value "+item.Key.Sort, s.get(item.Key).Revision)
		}
		back := s.scan(store.Range{Partition: "p", From: r.from, To: r.to, Reverse: true})
		slices.Reverse(back)
		if !slices.Equal(sorts(back), r.want) {
			t.Errorf("[%q, %q) backwards: the reverse of %q, want %q", r.from, r.to, sorts(back), r.want)
		}
	}
}

func testScanByteOrder(t *testing.T, s use) {
	var want []string
	for b := 1; b < 256; b++ {
		want = append(want, string([]byte{byte(b)}), string([]byte{byte(b), 1}), string([]byte{byte(b), 0xff}))
	}
	for i := range want {
		sort := want[i*7%len(want)] // 7 and 765 have no common divisor: every one, in another order
		s.put(store.Key{Partition: "p", Sort: sort}, "", store.Write{Relaxed: true})
	}
	if got := sorts(s.scan(store.Range{Partition: "p"})); !slices.Equal(got, want) {
		t.Fatalf("order %q, want %q", got, want)
	}
}

func testScanPartitions(t *testing.T, s use) {
	for _, p := range []string{"p", "p\x01", "p\xff", "pp", "o", "q"} {
		s.put(store.Key{Partition: p, Sort: "s"}, p, store.Write{})
		s.win(store.LogKey{Partition: p, Log: "log"}, 1, delta("x"), nonce(1))
	}
	for _, reverse := range []bool{false, true} {
		got := s.scan(store.Range{Partition: "p", Reverse: reverse})
		if len(got) != 1 || string(got[0].Value) != "p" {
			t.Errorf("partition p holds %+v", got)
		}
		if got := s.scan(store.Range{Partition: "r", Reverse: reverse}); len(got) != 0 {
			t.Errorf("partition r holds %+v", got)
		}
	}
}

func testScanStops(t *testing.T, s use) {
	for i := range 10 {
		s.put(store.Key{Partition: "p", Sort: fmt.Sprint(i)}, "", store.Write{})
	}
	var got []string
	for item, err := range s.Scan(t.Context(), store.Range{Partition: "p"}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, item.Key.Sort); len(got) == 3 {
			break
		}
	}
	if !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Fatalf("got %q", got)
	}
}

// The body of the loop may use the store, and the loop may be run again.
func testScanWritesInTheLoop(t *testing.T, s use) {
	for i := range 5 {
		s.put(store.Key{Partition: "p", Sort: fmt.Sprint(i)}, "", store.Write{})
	}
	seq := s.Scan(t.Context(), store.Range{Partition: "p"})
	for item, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		s.delete(item.Key, store.Write{Expect: item.Revision})
	}
	if left := all(t, seq); len(left) != 0 {
		t.Fatalf("left %q", sorts(left))
	}
}

func testScanLogsOrder(t *testing.T, s use) {
	var want []store.Entry
	for _, log := range []string{"a0", "a1", "b0"} {
		for n := uint32(250); n < 260; n++ {
			want = append(want, entry(store.LogKey{Partition: "p", Log: log}, n, fmt.Sprint(log, n), nonce(len(want))))
		}
	}
	for i := range want {
		e := want[i*7%len(want)] // 7 and 30 have no common divisor
		s.win(e.Log, e.N, store.Delta{Head: e.Head, Body: e.Body}, e.Nonce)
	}
	for _, parts := range []store.Parts{store.Heads, store.Bodies} {
		wantEntries(t, s.scanLogs(store.Range{Partition: "p"}, parts), want, parts)
		wantEntries(t, s.scanLogs(store.Range{Partition: "p", From: "a1", To: "b0"}, parts), want[10:20], parts)
	}
	slices.Reverse(want)
	wantEntries(t, s.scanLogs(store.Range{Partition: "p", Reverse: true}, store.Bodies), want, store.Bodies)
}

func testScanLogsRanges(t *testing.T, s use) {
	for _, log := range []string{"d0", "b1", "b0", "b2"} {
		s.win(store.LogKey{Partition: "p", Log: log}, 1, delta(log), nonce(1))
	}
	for _, r := range ranges {
		var got []string
		for _, e := range s.scanLogs(store.Range{Partition: "p", From: r.from, To: r.to}, store.Heads) {
			got = append(got, e.Log.Log)
		}
		if !slices.Equal(got, r.want) {
			t.Errorf("[%q, %q): %q, want %q", r.from, r.to, got, r.want)
		}
	}
}

func testScanLogsPartitions(t *testing.T, s use) {
	for i, p := range []string{"p", "p\x01", "p\xff", "pp", "o", "q"} {
		s.win(store.LogKey{Partition: p, Log: "log"}, 1, delta(p), nonce(i))
		s.put(store.Key{Partition: p, Sort: "log"}, "", store.Write{})
	}
	want := []store.Entry{entry(store.LogKey{Partition: "p", Log: "log"}, 1, "p", nonce(0))}
	wantEntries(t, s.scanLogs(store.Range{Partition: "p"}, store.Bodies), want, store.Bodies)
	wantEntries(t, s.scanLogs(store.Range{Partition: "r"}, store.Bodies), nil, store.Bodies)
}

func testScanLogsStops(t *testing.T, s use) {
	for n := uint32(1); n <= 10; n++ {
		s.win(testLog, n, delta("x"), nonce(int(n)))
	}
	seen := uint32(0)
	for e, err := range s.ScanLogs(t.Context(), store.Range{Partition: testLog.Partition}, store.Bodies) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = e.N; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Fatalf("stopped at %d", seen)
	}
}
