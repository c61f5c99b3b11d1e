package embedded

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/streamgauge/streamgauge/store"
)

const nonceBytes = len(store.Nonce{})

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	answer, err := s.append(ctx, key, n, d, nonce)
	if err != nil {
		return 0, fmt.Errorf("append %.100q %d: %w", key, n, err)
	}
	return answer, nil
}

func (s *Store) append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	if err := store.CheckKey(key.Partition, key.Log); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("%w: deltas are numbered from 1", store.ErrKey)
	}
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.callers.Done()
	head := deltaKey(spaceHeads, key, n)
	turn, err := s.takeTurn(ctx, head)
	if err != nil {
		return 0, err
	}
	defer turn.end()
	// Whoever finds a delta here finds it on disk: its writer kept the stripe until then.
	if answer, err := s.appended(head, nonce); answer != 0 || err != nil {
		return answer, err
	}
	if err := s.guard.admit(2*len(head) + nonceBytes + len(d.Head) + len(d.Body)); err != nil {
		return 0, err
	}
	if err := turn.commit(ctx, s.deltaBatch(head, deltaKey(spaceBodies, key, n), d, nonce), pebble.Sync); err != nil {
		return 0, err
	}
	return store.Won, nil
}

// appended is the answer if the number exists already, and 0 if it does not.
func (s *Store) appended(head []byte, nonce store.Nonce) (answer store.Appended, err error) {
	err = s.view(head, func(value []byte) error {
		written, _, err := splitHead(value)
		if answer = store.Exists; written == nonce {
			answer = store.Won
		}
		return err
	})
	return answer, err
}

// deltaBatch is one batch: a head is never there without its body.
func (s *Store) deltaBatch(head, body []byte, d store.Delta, nonce store.Nonce) *pebble.Batch {
	b := s.db.NewBatchWithSize(2*len(head) + nonceBytes + len(d.Head) + len(d.Body) + 64)
	op := b.SetDeferred(len(head), nonceBytes+len(d.Head))
	copy(op.Key, head)
	copy(op.Value[copy(op.Value, nonce[:]):], d.Head)
	// Batches fail only where they are indexed, which this one is not.
	_ = op.Finish()
	_ = b.Set(body, d.Body, nil)
	return b
}

func splitHead(value []byte) (nonce store.Nonce, head []byte, err error) {
	if len(value) < nonceBytes {
		return nonce, nil, fmt.Errorf("damaged: a head of %d bytes", len(value))
	}
	return store.Nonce(value), value[nonceBytes:], nil
}

// Read implements [store.Store].
func (s *Store) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	err := store.CheckKey(key.Partition, key.Log)
	var entries []store.Entry
	if err == nil {
		within := logSpan(spaceHeads, key, after)
		err = s.eachDelta(ctx, key.Partition, within, false, parts, func(e store.Entry) bool {
			entries = append(entries, e)
			return true
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read %.100q after %d: %w", key, after, err)
	}
	return entries, nil
}

// ScanLogs implements [store.Store]. It sees the store as it was when the loop began, and keeps that state's memory and files until the loop ends.
func (s *Store) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		err := r.Check()
		if err == nil {
			within := rangeSpan(spaceHeads, r)
			err = s.eachDelta(ctx, r.Partition, within, r.Reverse, parts, func(e store.Entry) bool { return yield(e, nil) })
		}
		if err != nil {
			yield(store.Entry{}, fmt.Errorf("scan logs %.100q: %w", r.Partition, err))
		}
	}
}

// eachDelta calls see with the deltas whose heads lie in a span of one partition, until it returns false.
func (s *Store) eachDelta(ctx context.Context, partition string, heads span, reverse bool, parts store.Parts, see func(store.Entry) bool) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.callers.Done()
	it, err := s.walk(ctx, heads, reverse)
	if err != nil {
		return err
	}
	defer it.close()
	var bodies *walk
	if parts == store.Bodies {
		// A clone sees the same state: it has exactly one body for each head, in the same order.
		if bodies, err = it.twin(heads.in(spaceBodies)); err != nil {
			return err
		}
		defer bodies.close()
	}
	e := store.Entry{Log: store.LogKey{Partition: partition}}
	for it.next() {
		if err := readDelta(&e, it, bodies); err != nil {
			return err
		}
		if !see(e) {
			return nil
		}
	}
	return it.err()
}

// readDelta reads the delta that it stands on, and steps bodies to its body. Consecutive entries share the string of their log.
func readDelta(e *store.Entry, it, bodies *walk) error {
	log, n, ok := splitDelta(it.Key(), e.Log.Partition)
	if !ok {
		return fmt.Errorf("damaged: a delta under %.100q", it.Key())
	}
	if e.N = n; string(log) != e.Log.Log {
		e.Log.Log = string(log)
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return err
	}
	var head []byte
	if e.Nonce, head, err = splitHead(value); err != nil {
		return err
	}
	e.Head = bytes.Clone(head)
	if bodies != nil {
		e.Body, err = bodies.bodyOf(it.Key())
	}
	return err
}
