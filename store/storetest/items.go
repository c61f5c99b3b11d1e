package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var itemCases = []testCase{
	{"GetAbsent", func(t *testing.T, s use) { s.absent(testKey) }},
	{"Create", testCreate},
	{"CompareAndSwap", testCompareAndSwap},
	{"PutAny", testPutAny},
	{"Relaxed", testRelaxed},
	{"Delete", testDelete},
	{"RevisionsAreFresh", testRevisionsAreFresh},
	{"Values", testValues},
	{"KeysAreApart", testKeysAreApart},
	{"OneCreator", testOneCreator},
	{"NoUpdateIsLost", testNoUpdateIsLost},
}

func testCreate(t *testing.T, s use) {
	rev := s.put(testKey, "first", store.Write{})
	_, err := s.Put(t.Context(), testKey, []byte("second"), store.Write{})
	wantError(t, "Put of an item that exists", err, store.ErrConflict)
	wantItem(t, s.get(testKey), testKey, "first", rev)
}

func testCompareAndSwap(t *testing.T, s use) {
	_, err := s.Put(t.Context(), testKey, []byte("x"), store.Write{Expect: 1})
	wantError(t, "Put over a revision of an absent item", err, store.ErrConflict)
	s.absent(testKey)

	first := s.put(testKey, "first", store.Write{})
	second := s.put(testKey, "second", store.Write{Expect: first})
	wantItem(t, s.get(testKey), testKey, "second", second)

	_, err = s.Put(t.Context(), testKey, []byte("stale"), store.Write{Expect: first})
	wantError(t, "Put over a stale revision", err, store.ErrConflict)
	wantItem(t, s.get(testKey), testKey, "second", second)
}

func testPutAny(t *testing.T, s use) {
	first := s.put(testKey, "first", store.Write{Any: true, Expect: 77})
	wantItem(t, s.get(testKey), testKey, "first", first)
	second := s.put(testKey, "second", store.Write{Any: true})
	wantItem(t, s.get(testKey), testKey, "second", second)
}

// A relaxed write differs in a power cut only.
func testRelaxed(t *testing.T, s use) {
	rev := s.put(testKey, "first", store.Write{Relaxed: true})
	wantItem(t, s.get(testKey), testKey, "first", rev)
	_, err := s.Put(t.Context(), testKey, []byte("x"), store.Write{Relaxed: true})
	wantError(t, "relaxed Put of an item that exists", err, store.ErrConflict)
	s.delete(testKey, store.Write{Expect: rev, Relaxed: true})
	s.absent(testKey)
}

func testDelete(t *testing.T, s use) {
	wantError(t, "Delete of what does not exist", s.Delete(t.Context(), testKey, store.Write{}), store.ErrConflict)
	wantError(t, "Delete of what does not exist", s.Delete(t.Context(), testKey, store.Write{Expect: 1}), store.ErrConflict)
	s.delete(testKey, store.Write{Any: true})

	first := s.put(testKey, "first", store.Write{})
	second := s.put(testKey, "second", store.Write{Expect: first})
	for _, w := range []store.Write{{}, {Expect: first}} {
		wantError(t, "Delete of another revision", s.Delete(t.Context(), testKey, w), store.ErrConflict)
	}
	wantItem(t, s.get(testKey), testKey, "second", second)
	s.delete(testKey, store.Write{Expect: second})
	s.absent(testKey)
	wantError(t, "second Delete", s.Delete(t.Context(), testKey, store.Write{Expect: second}), store.ErrConflict)

	s.put(testKey, "third", store.Write{})
	s.delete(testKey, store.Write{Any: true, Expect: first})
	s.absent(testKey)
}

// Whoever holds a revision from before a deletion must not overwrite the item that came after it (ABA), even with the same value.
func testRevisionsAreFresh(t *testing.T, s use) {
	seen := map[store.Revision]bool{}
	for range 20 {
		created := s.put(testKey, "same", store.Write{})
		replaced := s.put(testKey, "same", store.Write{Expect: created})
		if seen[created] || seen[replaced] || created == replaced {
			t.Fatalf("revisions %d, %d were given before", created, replaced)
		}
		for old := range seen {
			_, err := s.Put(t.Context(), testKey, []byte("old"), store.Write{Expect: old})
			wantError(t, "Put over a revision from before a deletion", err, store.ErrConflict)
		}
		seen[created], seen[replaced] = true, true
		s.delete(testKey, store.Write{Expect: replaced})
	}
}

func testValues(t *testing.T, s use) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	values := map[string][]byte{
		"nil": nil, "empty": {}, "zero": {0}, "bytes": everyByte, "repetitive": bytes.Repeat(everyByte, 300<<10/256), "large": noise(300 << 10),
	}
	for sort, value := range values {
		key := store.Key{Partition: testKey.Partition, Sort: sort}
		rev, err := s.Put(t.Context(), key, value, store.Write{})
		if err != nil {
			t.Fatalf("Put(%s): %v", sort, err)
		}
		wantItem(t, s.get(key), key, string(value), rev)
	}
	for _, item := range s.scan(store.Range{Partition: testKey.Partition}) {
		if !bytes.Equal(item.Value, values[item.Key.Sort]) {
			t.Errorf("scanned value %s has %d bytes", item.Key.Sort, len(item.Value))
		}
	}
}

// Pairs that a careless encoding of (partition, sort) would take for one another, and an item that shares its key with a log.
func testKeysAreApart(t *testing.T, s use) {
	keys := []store.Key{
		{Partition: "a", Sort: "bc"}, {Partition: "ab", Sort: "c"}, {Partition: "a", Sort: "b"}, {Partition: "a", Sort: "b\x01"},
		{Partition: "a\x01", Sort: "b"}, {Partition: "a#b", Sort: "c"}, {Partition: "a", Sort: "b#c"}, {Partition: "A", Sort: "bc"},
		{Partition: "a", Sort: strings.Repeat("b", store.MaxKeyBytes)},
	}
	for _, key := range keys {
		s.put(key, key.Partition+"|"+key.Sort, store.Write{})
		s.win(store.LogKey{Partition: key.Partition, Log: "log"}, 1, delta("x"), nonce(1))
	}
	for _, key := range keys {
		if got := s.get(key); string(got.Value) != key.Partition+"|"+key.Sort {
			t.Errorf("%q holds %q", key, got.Value)
		}
	}
	s.absent(store.Key{Partition: "a", Sort: "log"})
	if got := s.read(store.LogKey{Partition: "a", Log: "b"}, 0, store.Heads); len(got) != 0 {
		t.Errorf("an item is read as a delta: %v", names(got))
	}
}

func testOneCreator(t *testing.T, s use) {
	var created atomic.Int32
	concurrently(8, func(int) {
		switch _, err := s.Put(t.Context(), testKey, []byte("x"), store.Write{}); {
		case err == nil:
			created.Add(1)
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("Put: %v", err)
		}
	})
	if created.Load() != 1 {
		t.Fatalf("%d created the item", created.Load())
	}
}

// Writers add their names to one value. An error that is not named leaves open whether a write was applied, and the value tells; ErrConflict says that
// it was not, and must not be said of one that was.
func testNoUpdateIsLost(t *testing.T, s use) {
	const writers, each = 4, 20
	s.put(testKey, "", store.Write{})
	concurrently(writers, func(w int) {
		for i := range each {
			if err := add(t, s, byte(w*each+i)); err != nil {
				t.Error(err)
			}
		}
	})
	value := s.get(testKey).Value
	slices.Sort(value)
	for i := range writers * each {
		if len(value) != writers*each || value[i] != byte(i) {
			t.Fatalf("added %v, want each number below %d once", value, writers*each)
		}
	}
}

// add appends a name to the value of testKey. Nobody else adds it.
func add(t *testing.T, s store.Store, name byte) error {
	for refused := false; ; {
		item, err := s.Get(t.Context(), testKey)
		if err != nil {
			return err
		}
		if bytes.IndexByte(item.Value, name) >= 0 {
			if refused {
				return fmt.Errorf("%d is there, but its write was answered ErrConflict", name)
			}
			return nil
		}
		_, err = s.Put(t.Context(), testKey, append(item.Value, name), store.Write{Expect: item.Revision, Relaxed: true})
		if err == nil {
			return nil
		}
		refused = errors.Is(err, store.ErrConflict)
	}
}
