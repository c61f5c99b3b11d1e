package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

// Run checks every sentence of the contract. open returns an empty store for the test that it is given, and closes it by
// t.Cleanup if it needs closing; it is called once for every case.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Log", logCases},
		{"ScanLogs", scanLogCases},
		{"DropLogs", dropCases},
		{"Item", itemCases},
		{"Scan", scanCases},
		{"Call", callCases},
		{"Model", []testCase{{"RandomOperations", testModel}}},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, use{t, open(t)}) })
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, s use)
}

// use makes the calls of a store that a case expects to succeed, and fails the test when they do not. The store's own methods are reached
// through it too, for what may fail.
type use struct {
	t tester
	store.Store
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// testLog is the log of cases that need only one.
var testLog = store.LogKey{Partition: "partition", Log: "log"}

// testKey is the item of cases that need only one.
var testKey = store.Key{Partition: "partition", Sort: "sort"}

// nonce makes the i-th of a series of different nonces.
func nonce(i int) (n store.Nonce) {
	binary.BigEndian.PutUint64(n[8:], uint64(i))
	n[0] = 0xff
	return n
}

// delta is a head and a body that tell which one they are.
func delta(name string) store.Delta {
	return store.Delta{Head: []byte("head " + name), Body: []byte("body " + name)}
}

func (s use) append(key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) store.Appended {
	s.t.Helper()
	got, err := s.Append(s.t.Context(), key, n, d, nonce)
	if err != nil {
		s.t.Fatalf("Append(%q, %d): %v", key, n, err)
	}
	return got
}

func (s use) win(key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) {
	s.t.Helper()
	if got := s.append(key, n, d, nonce); got != store.Won {
		s.t.Fatalf("Append(%q, %d) = %v, want Won", key, n, got)
	}
}

func (s use) read(key store.LogKey, after uint32, parts store.Parts) []store.Entry {
	s.t.Helper()
	entries, err := s.Read(s.t.Context(), key, after, parts)
	if err != nil {
		s.t.Fatalf("Read(%q, after %d): %v", key, after, err)
	}
	return entries
}

func (s use) scanLogs(r store.Range, parts store.Parts) []store.Entry {
	s.t.Helper()
	return all(s.t, s.ScanLogs(s.t.Context(), r, parts))
}

func (s use) dropLogs(partition string) {
	s.t.Helper()
	if err := s.DropLogs(s.t.Context(), partition); err != nil {
		s.t.Fatalf("DropLogs(%q): %v", partition, err)
	}
}

func (s use) get(key store.Key) store.Item {
	s.t.Helper()
	item, err := s.Get(s.t.Context(), key)
	if err != nil {
		s.t.Fatalf("Get(%q): %v", key, err)
	}
	return item
}

func (s use) put(key store.Key, value string, w store.Write) store.Revision {
	s.t.Helper()
	rev, err := s.Put(s.t.Context(), key, []byte(value), w)
	if err != nil {
		s.t.Fatalf("Put(%q, %+v): %v", key, w, err)
	}
	if rev == 0 {
		s.t.Fatalf("Put(%q, %+v): revision 0 stands for no item", key, w)
	}
	return rev
}

func (s use) delete(key store.Key, w store.Write) {
	s.t.Helper()
	if err := s.Delete(s.t.Context(), key, w); err != nil {
		s.t.Fatalf("Delete(%q, %+v): %v", key, w, err)
	}
}

func (s use) scan(r store.Range) []store.Item {
	s.t.Helper()
	return all(s.t, s.Scan(s.t.Context(), r))
}

// absent fails the test if the item exists.
func (s use) absent(key store.Key) {
	s.t.Helper()
	if item, err := s.Get(s.t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		s.t.Fatalf("Get(%q) = %+v, %v, want ErrNotFound", key, item, err)
	}
}

func all[T any](t tester, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var got []T
	for v, err := range seq {
		if err != nil {
			t.Fatalf("after %d pairs: %v", len(got), err)
		}
		got = append(got, v)
	}
	return got
}

// lastError runs a scan to its end and fails the test if an error was not the last pair.
func lastError[T any](t tester, seq iter.Seq2[T, error]) error {
	t.Helper()
	var last error
	for _, err := range seq {
		if last != nil {
			t.Fatalf("a pair after the error %v", last)
		}
		last = err
	}
	return last
}

func wantError(t tester, call string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", call, got, want)
	}
}

// wantEntries compares what was read with what was written. Nil and empty are the same, except that with Heads a body must be nil.
func wantEntries(t tester, got, want []store.Entry, parts store.Parts) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d deltas %v, want %d %v", len(got), names(got), len(want), names(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Log != w.Log || g.N != w.N || g.Nonce != w.Nonce || !bytes.Equal(g.Head, w.Head) {
			t.Fatalf("delta %d is %+v, want %+v", i, g, w)
		}
		if parts == store.Heads && g.Body != nil {
			t.Fatalf("delta %d read with Heads has a body of %d bytes", i, len(g.Body))
		}
		if parts == store.Bodies && !bytes.Equal(g.Body, w.Body) {
			t.Fatalf("body %d has %d bytes, want %d", i, len(g.Body), len(w.Body))
		}
	}
}

func wantItem(t tester, got store.Item, key store.Key, value string, rev store.Revision) {
	t.Helper()
	if got.Key != key || string(got.Value) != value || got.Revision != rev {
		t.Fatalf("item %+v, want %q = %q at %d", got, key, value, rev)
	}
}

// name is how a delta is named in a failure: short, whatever it holds.
type name struct {
	log string
	n   uint32
}

func names(entries []store.Entry) []name {
	list := make([]name, len(entries))
	for i, e := range entries {
		list[i] = name{e.Log.Log, e.N}
	}
	return list
}

func sorts(items []store.Item) []string {
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = item.Key.Sort
	}
	return list
}

func cancelled(t tester) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
