package dynamo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/store"
)

// begin checks what every call on an item begins with.
func begin(ctx context.Context, key store.Key) error {
	if err := store.CheckKey(key.Partition, key.Sort); err != nil {
		return err
	}
	return ctx.Err()
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key store.Key) (store.Item, error) {
	err := begin(ctx, key)
	var item store.Item
	if err == nil {
		item, err = s.get(ctx, key)
	}
	if err != nil {
		return store.Item{}, fmt.Errorf("get %.100q: %w", key, err)
	}
	return item, nil
}

func (s *Store) get(ctx context.Context, key store.Key) (store.Item, error) {
	for last := store.Revision(0); ; {
		found, err := s.getItem(ctx, key.Partition, itemKey(key), "")
		if err != nil {
			return store.Item{}, err
		}
		if len(found) == 0 {
			return store.Item{}, store.ErrNotFound
		}
		item, err := s.itemOf(ctx, key, found)
		// Chunks of a value that was replaced meanwhile go. Those of the value that is there now are there.
		if !errors.Is(err, errGone) || item.Revision == last {
			return item, err
		}
		last = item.Revision
	}
}

// itemOf reads an item with its chunks. With errGone it has its revision.
func (s *Store) itemOf(ctx context.Context, key store.Key, found attributes) (store.Item, error) {
	rev, err := revisionOf(found)
	if err != nil {
		return store.Item{}, err
	}
	item := store.Item{Key: key, Value: bytesOf(found, attrValue), Revision: rev}
	ref, err := referenceOf(found)
	if err != nil {
		return item, err
	}
	if ref.chunks > 0 {
		values, err := s.values(ctx, key.Partition, []reference{ref})
		if err != nil {
			return item, err
		}
		if item.Value = values[0]; item.Value == nil {
			return item, errGone
		}
	}
	item.Value = framesOf(found).unpack(valueFrame, item.Value)
	return item, nil
}

// Put implements [store.Store]. A write whatever the revision is costs a read: a blind one that is late on its way would undo what came after it.
func (s *Store) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	err := begin(ctx, key)
	var rev store.Revision
	if err == nil {
		rev, err = revised(ctx, s, key, w, func(expect store.Revision) (store.Revision, error) {
			return s.replace(ctx, key, value, expect)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("put %.100q: %w", key, err)
	}
	return rev, nil
}

// replace writes an item over the one with a revision.
func (s *Store) replace(ctx context.Context, key store.Key, value []byte, expect store.Revision) (store.Revision, error) {
	at, rev, packed := itemKey(key), drawn(), frames(0)
	value = packed.pack(valueFrame, value)
	fields, mine := attributes{attrValue: blob(value)}, reference{}
	if len(value) > chunkBytes {
		mine = reference{tokenOf(rev, at, value), chunksOf(value)}
		if err := s.putChunks(ctx, key.Partition, mine.token, value); err != nil {
			return 0, err
		}
		fields = mine.fields()
	}
	packed.note(fields)
	fields[attrRevision] = blob(rev)
	if expect != 0 {
		fields[attrReplaced] = blob(bytesOfRevision(expect))
	}
	old, doubt, err := s.putItem(ctx, key.Partition, s.with(key.Partition, at, fields), expecting(expect))
	answer := store.Revision(binary.BigEndian.Uint64(rev))
	there, failed := conditionFailed(err)
	switch {
	case err == nil:
		s.forget(ctx, key.Partition, old)
		return answer, nil
	case !failed:
		return 0, err
	case doubt:
		return answer, s.settle(ctx, key, there, expect, answer)
	}
	// Nothing names the chunks, and nothing will.
	_ = s.removeChunks(ctx, key.Partition, mine) // what stays is never found, and costs its room
	return 0, store.ErrConflict
}

// forget removes the chunks of an item that was replaced or deleted.
func (s *Store) forget(ctx context.Context, partition string, old attributes) {
	if r, err := referenceOf(old); err == nil && r.chunks > 0 {
		_ = s.removeChunks(ctx, partition, r) // as in replace
	}
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, key store.Key, w store.Write) error {
	err := begin(ctx, key)
	if err == nil && !w.Any && w.Expect == 0 {
		err = store.ErrConflict
	}
	if err == nil {
		_, err = revised(ctx, s, key, w, func(expect store.Revision) (store.Revision, error) {
			return 0, s.remove(ctx, key, expect)
		})
	}
	if err != nil {
		return fmt.Errorf("delete %.100q: %w", key, err)
	}
	return nil
}

// remove deletes the item with a revision; with revision zero there is nothing to do.
func (s *Store) remove(ctx context.Context, key store.Key, expect store.Revision) error {
	if expect == 0 {
		return nil
	}
	old, doubt, err := s.deleteItem(ctx, key.Partition, itemKey(key), expecting(expect))
	_, failed := conditionFailed(err)
	switch {
	case err == nil:
		s.forget(ctx, key.Partition, old)
		return nil
	case !failed:
		return err
	case !doubt:
		return store.ErrConflict
	}
	there, err := s.revisions(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("read back: %w", err)
	case len(there) == 0:
		return nil
	case replacedBy(there) == expect:
		return store.ErrConflict // it was replaced, and so not deleted
	}
	return errDoubt
}
