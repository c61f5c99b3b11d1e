package storetest

import (
	"context"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var callCases = []testCase{
	{"BadKeys", testBadKeys},
	{"BadBounds", testBadBounds},
	{"LongestKeys", testLongestKeys},
	{"Cancelled", testCancelled},
	{"SlicesBelongToTheCaller", testSlicesBelongToTheCaller},
}

// everyCall makes every call of the contract with one pair of keys and hands its error to check.
func everyCall(ctx context.Context, s use, partition, sort string, check func(call string, err error)) {
	key, log := store.Key{Partition: partition, Sort: sort}, store.LogKey{Partition: partition, Log: sort}
	_, err := s.Append(ctx, log, 1, delta("x"), nonce(1))
	check("Append", err)
	_, err = s.Read(ctx, log, 0, store.Bodies)
	check("Read", err)
	_, err = s.Put(ctx, key, []byte("x"), store.Write{Any: true})
	check("Put", err)
	_, err = s.Get(ctx, key)
	check("Get", err)
	check("Delete", s.Delete(ctx, key, store.Write{Any: true}))
}

// everyWide makes every call that is about a whole partition.
func everyWide(ctx context.Context, s use, partition string, check func(call string, err error)) {
	everyScan(ctx, s, store.Range{Partition: partition}, check)
	check("DropLogs", s.DropLogs(ctx, partition))
}

func everyScan(ctx context.Context, s use, r store.Range, check func(call string, err error)) {
	check("ScanLogs", lastError(s.t, s.ScanLogs(ctx, r, store.Bodies)))
	check("Scan", lastError(s.t, s.Scan(ctx, r)))
}

func testBadKeys(t *testing.T, s use) {
	for name, bad := range map[string]string{
		"empty": "", "zero byte": "a\x00b", "only a zero byte": "\x00", "too long": strings.Repeat("x", store.MaxKeyBytes+1),
	} {
		check := func(call string, err error) { t.Helper(); wantError(t, call+" with key: "+name, err, store.ErrKey) }
		everyCall(t.Context(), s, bad, "sort", check)
		everyCall(t.Context(), s, "partition", bad, check)
		everyWide(t.Context(), s, bad, check)
	}
}

func testBadBounds(t *testing.T, s use) {
	for name, bad := range map[string]string{"zero byte": "a\x00", "too long": strings.Repeat("x", store.MaxKeyBytes+1)} {
		check := func(call string, err error) { t.Helper(); wantError(t, call+" with bound: "+name, err, store.ErrKey) }
		everyScan(t.Context(), s, store.Range{Partition: "partition", From: bad}, check)
		everyScan(t.Context(), s, store.Range{Partition: "partition", To: bad}, check)
	}
}

func testLongestKeys(t *testing.T, s use) {
	partition, sort := strings.Repeat("p", store.MaxKeyBytes), strings.Repeat("s", store.MaxKeyBytes)
	key, log := store.Key{Partition: partition, Sort: sort}, store.LogKey{Partition: partition, Log: sort}
	rev := s.put(key, "value", store.Write{})
	wantItem(t, s.get(key), key, "value", rev)
	s.win(log, 1, delta("x"), nonce(1))
	s.win(log, 2, delta("y"), nonce(2))
	want := []store.Entry{entry(log, 1, "x", nonce(1)), entry(log, 2, "y", nonce(2))}
	wantEntries(t, s.read(log, 0, store.Bodies), want, store.Bodies)
	wantEntries(t, s.scanLogs(store.Range{Partition: partition, From: sort}, store.Bodies), want, store.Bodies)
	if got := s.scan(store.Range{Partition: partition, From: sort}); len(got) != 1 {
		t.Errorf("%d items, want 1", len(got))
	}
}

func testCancelled(t *testing.T, s use) {
	ctx := cancelled(t)
	s.put(testKey, "before", store.Write{})
	s.win(testLog, 1, delta("before"), nonce(7))
	check := func(call string, err error) {
		t.Helper()
		wantError(t, call+" with a cancelled context", err, context.Canceled)
	}
	everyCall(ctx, s, "partition", "sort", check)
	everyWide(ctx, s, "partition", check)
	if got := s.get(testKey); string(got.Value) != "before" {
		t.Errorf("a cancelled call wrote %q", got.Value)
	}
	wantEntries(t, s.read(testLog, 0, store.Bodies), []store.Entry{entry(testLog, 1, "before", nonce(7))}, store.Bodies)
}

// What is given to the store may be changed as soon as the call returns, and so may what it returns.
func testSlicesBelongToTheCaller(t *testing.T, s use) {
	d, value := delta("one"), []byte("value")
	want := []store.Entry{entry(testLog, 1, "one", nonce(1))}
	s.win(testLog, 1, d, nonce(1))
	rev, err := s.Put(t.Context(), testKey, value, store.Write{})
	if err != nil {
		t.Fatal(err)
	}
	spoil(d.Head, d.Body, value)

	all := store.Range{Partition: testKey.Partition}
	for range 2 {
		entries := append(s.read(testLog, 0, store.Bodies), s.scanLogs(all, store.Bodies)...)
		wantEntries(t, entries, append(want, want...), store.Bodies)
		items := append(s.scan(all), s.get(testKey))
		for _, item := range items {
			wantItem(t, item, testKey, "value", rev)
			spoil(item.Value)
		}
		for _, e := range entries {
			spoil(e.Head, e.Body)
		}
	}
}

// spoil overwrites slices, and what lies between their length and capacity.
func spoil(slices ...[]byte) {
	for _, b := range slices {
		b = b[:cap(b)]
		for i := range b {
			b[i] = 0xee
		}
	}
}
