package metered

import (
	"context"
	"errors"
	"testing"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return New(storetest.NewMemory()) })
}

func TestCounts(t *testing.T) {
	verdict := storetest.Pass
	s := New(storetest.Faulty(storetest.NewMemory(), func(storetest.Op) storetest.Fault { return verdict }))
	ctx := t.Context()
	log, key := store.LogKey{Partition: "L", Log: "1"}, store.Key{Partition: "P", Sort: "1"}
	want := Counts{}
	check := func(what string, err error, more Counts) {
		t.Helper()
		want.Writes += more.Writes
		want.WrittenBytes += more.WrittenBytes
		want.Reads += more.Reads
		want.ReadBytes += more.ReadBytes
		want.Failures += more.Failures
		if got := s.Counts(); got != want {
			t.Errorf("after %s (%v): %+v, want %+v", what, err, got, want)
		}
	}
	_, err := s.Append(ctx, log, 1, store.Delta{Head: []byte("12"), Body: []byte("345")}, store.Nonce{1})
	check("an append", err, Counts{Writes: 1, WrittenBytes: 5})
	_, err = s.Put(ctx, key, []byte("1234567"), store.Write{})
	check("a put", err, Counts{Writes: 1, WrittenBytes: 7})
	_, err = s.Put(ctx, key, []byte("1"), store.Write{})
	check("a conflict", err, Counts{Writes: 1, WrittenBytes: 1})
	_, err = s.Read(ctx, log, 0, store.Bodies)
	check("a read", err, Counts{Reads: 1, ReadBytes: 5})
	_, err = s.Get(ctx, store.Key{Partition: "P", Sort: "0"})
	check("a miss", err, Counts{Reads: 1})
	for _, err = range s.Scan(ctx, store.Range{Partition: "P"}) {
	}
	check("a scan", err, Counts{Reads: 1, ReadBytes: 7})
	for _, err = range s.ScanLogs(ctx, store.Range{Partition: "L"}, store.Heads) {
	}
	check("a scan of heads", err, Counts{Reads: 1, ReadBytes: 2})
	check("a delete", s.Delete(ctx, key, store.Write{Any: true}), Counts{Writes: 1})
	check("a drop", s.DropLogs(ctx, "L"), Counts{Writes: 1})

	verdict = storetest.Fail
	_, err = s.Get(ctx, key)
	check("a failure", err, Counts{Reads: 1, Failures: 1})
	for _, err = range s.Scan(ctx, store.Range{Partition: "P"}) {
	}
	check("a scan that fails", err, Counts{Reads: 1, Failures: 1})
	gone, leave := context.WithCancel(ctx)
	leave()
	verdict = storetest.Pass
	if _, err = s.Get(gone, key); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	check("a caller that is gone", err, Counts{Reads: 1})
}
