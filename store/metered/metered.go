package metered

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/streamgauge/streamgauge/store"
)

// Store counts what goes through it.
type Store struct {
	in store.Store

	writes, writtenBytes, reads, readBytes, failures atomic.Uint64
}

// Counts are sums since the store was wrapped.
type Counts struct {
	Writes, WrittenBytes uint64 // those that failed are among them: nobody knows what became of them
	Reads, ReadBytes     uint64
	Failures             uint64 // calls that the store did not answer; a conflict and a missing item are answers
}

// New wraps a store.
func New(s store.Store) *Store { return &Store{in: s} }

// Counts returns the sums so far.
func (s *Store) Counts() Counts {
	return Counts{
		Writes: s.writes.Load(), WrittenBytes: s.writtenBytes.Load(), Reads: s.reads.Load(), ReadBytes: s.readBytes.Load(),
		Failures: s.failures.Load(),
	}
}

func (s *Store) wrote(bytes int, err error) {
	s.writes.Add(1)
	s.writtenBytes.Add(uint64(bytes))
	s.failed(err)
}

func (s *Store) read(bytes int, err error) {
	s.reads.Add(1)
	s.readBytes.Add(uint64(bytes))
	s.failed(err)
}

// failed counts an error that is no answer. That the caller went away is none of the store's failures.
func (s *Store) failed(err error) {
	switch {
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrKey), errors.Is(err, context.Canceled):
	default:
		s.failures.Add(1)
	}
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	appended, err := s.in.Append(ctx, key, n, d, nonce)
	s.wrote(len(d.Head)+len(d.Body), err)
	return appended, err
}

// Read implements store.Store.
func (s *Store) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	entries, err := s.in.Read(ctx, key, after, parts)
	bytes := 0
	for i := range entries {
		bytes += len(entries[i].Head) + len(entries[i].Body)
	}
	s.read(bytes, err)
	return entries, err
}

// ScanLogs implements store.Store.
func (s *Store) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return scan(s, s.in.ScanLogs(ctx, r, parts), func(e store.Entry) int { return len(e.Head) + len(e.Body) })
}

// DropLogs implements store.Store.
func (s *Store) DropLogs(ctx context.Context, partition string) error {
	err := s.in.DropLogs(ctx, partition)
	s.wrote(0, err)
	return err
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key store.Key) (store.Item, error) {
	it, err := s.in.Get(ctx, key)
	s.read(len(it.Value), err)
	return it, err
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	rev, err := s.in.Put(ctx, key, value, w)
	s.wrote(len(value), err)
	return rev, err
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key store.Key, w store.Write) error {
	err := s.in.Delete(ctx, key, w)
	s.wrote(0, err)
	return err
}

// Scan implements store.Store.
func (s *Store) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return scan(s, s.in.Scan(ctx, r), func(it store.Item) int { return len(it.Value) })
}

// scan counts each run of a scan, at its end.
func scan[T any](s *Store, in iter.Seq2[T, error], size func(T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		bytes := 0
		var failure error
		defer func() { s.read(bytes, failure) }()
		for v, err := range in {
			failure = err
			bytes += size(v)
			if !yield(v, err) {
				return
			}
		}
	}
}
