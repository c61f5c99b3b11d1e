package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/streamgauge/streamgauge/store"
)

const revisionBytes = 8

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key store.Key) (store.Item, error) {
	item, err := s.get(ctx, key)
	if err == nil && item.Revision == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Item{}, fmt.Errorf("get %.100q: %w", key, err)
	}
	return item, nil
}

// get returns an item with revision 0 if there is none.
func (s *Store) get(ctx context.Context, key store.Key) (item store.Item, err error) {
	if err := store.CheckKey(key.Partition, key.Sort); err != nil {
		return item, err
	}
	if err := s.enter(ctx); err != nil {
		return item, err
	}
	defer s.callers.Done()
	item.Key = key
	err = s.view(itemKey(key), func(value []byte) error {
		rev, rest, err := splitItem(value)
		item.Revision, item.Value = rev, bytes.Clone(rest)
		return err
	})
	return item, err
}

// Put implements [store.Store].
func (s *Store) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	var rev store.Revision
	err := s.replace(ctx, key, func(t *turn, at []byte) (err error) {
		if err := t.meets(at, w); err != nil {
			return err
		}
		if err := s.guard.admit(len(at) + revisionBytes + len(value)); err != nil {
			return err
		}
		if rev, err = s.nextRevision(); err != nil {
			return err
		}
		return t.commit(ctx, s.itemBatch(at, rev, value), durability(w))
	})
	if err != nil {
		return 0, fmt.Errorf("put %.100q: %w", key, err)
	}
	return rev, nil
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, key store.Key, w store.Write) error {
	err := s.replace(ctx, key, func(t *turn, at []byte) error {
		if !w.Any && w.Expect == 0 {
			return store.ErrConflict
		}
		if err := t.meets(at, w); err != nil {
			return err
		}
		if err := s.guard.admitDelete(len(at)); err != nil {
			return err
		}
		// Written also if there is nothing: that may be so because of a relaxed deletion, which a power cut could take back.
		b := s.db.NewBatch()
		_ = b.Delete(at, nil) // as in itemBatch
		return t.commit(ctx, b, durability(w))
	})
	if err != nil {
		return fmt.Errorf("delete %.100q: %w", key, err)
	}
	return nil
}

// replace runs a write of an item in the turn of its key.
func (s *Store) replace(ctx context.Context, key store.Key, write func(t *turn, at []byte) error) error {
	if err := store.CheckKey(key.Partition, key.Sort); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.callers.Done()
	at := itemKey(key)
	turn, err := s.takeTurn(ctx, at)
	if err != nil {
		return err
	}
	defer turn.end()
	return write(turn, at)
}

// meets answers ErrConflict if the item at a key does not meet the condition of w.
func (t *turn) meets(at []byte, w store.Write) error {
	if w.Any {
		return nil
	}
	var now store.Revision
	err := t.s.view(at, func(value []byte) (err error) {
		now, _, err = splitItem(value)
		return err
	})
	if err == nil && now != w.Expect {
		err = store.ErrConflict
	}
	return err
}

func durability(w store.Write) *pebble.WriteOptions {
	if w.Relaxed {
		return pebble.NoSync
	}
	return pebble.Sync
}

func (s *Store) itemBatch(at []byte, rev store.Revision, value []byte) *pebble.Batch {
	b := s.db.NewBatchWithSize(len(at) + revisionBytes + len(value) + 64)
	op := b.SetDeferred(len(at), revisionBytes+len(value))
	copy(op.Key, at)
	binary.BigEndian.PutUint64(op.Value, uint64(rev))
	copy(op.Value[revisionBytes:], value)
	_ = op.Finish() // fails only for an indexed batch, which this is not
	return b
}

func splitItem(value []byte) (store.Revision, []byte, error) {
	if len(value) < revisionBytes {
		return 0, nil, fmt.Errorf("damaged: an item of %d bytes", len(value))
	}
	return store.Revision(binary.BigEndian.Uint64(value)), value[revisionBytes:], nil
}

// Scan implements [store.Store]. It sees the store as it was when the loop began, and keeps that state's memory and files until the loop ends.
func (s *Store) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		err := r.Check()
		if err == nil {
			err = s.eachItem(ctx, r, func(item store.Item) bool { return yield(item, nil) })
		}
		if err != nil {
			yield(store.Item{}, fmt.Errorf("scan %.100q: %w", r.Partition, err))
		}
	}
}

// eachItem calls see with the items in a range, until it returns false.
func (s *Store) eachItem(ctx context.Context, r store.Range, see func(store.Item) bool) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.callers.Done()
	it, err := s.walk(ctx, rangeSpan(spaceItems, r), r.Reverse)
	if err != nil {
		return err
	}
	defer it.close()
	prefix := 1 + len(r.Partition) + 1
	for it.next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		rev, rest, err := splitItem(value)
		if err != nil {
			return err
		}
		item := store.Item{Key: store.Key{Partition: r.Partition, Sort: string(it.Key()[prefix:])}, Value: bytes.Clone(rest), Revision: rev}
		if !see(item) {
			return nil
		}
	}
	return it.err()
}
