package dynamo

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/streamgauge/streamgauge/store"
)

// errDoubt: the answer to a write was lost, and another's write came before it could be looked at. Like every error that package store does not
// name it leaves open whether the write was applied. (ErrConflict would say that it was not.)
var errDoubt = errors.New("the answer was lost and the item was written again: the write may or may not have been applied")

// drawn makes a revision: random, so that none comes twice, also not after a deletion.
func drawn() []byte {
	b := make([]byte, 8)
	for {
		_, _ = crand.Read(b) // never fails, crypto/rand says
		if binary.BigEndian.Uint64(b) != 0 {
			return b
		}
	}
}

// revisionOf returns the revision of an item, zero if there is none.
func revisionOf(item attributes) (store.Revision, error) {
	b := bytesOf(item, attrRevision)
	switch {
	case len(item) == 0:
		return 0, nil
	case len(b) != 8:
		return 0, errors.New("damaged: an item without a revision")
	}
	return store.Revision(binary.BigEndian.Uint64(b)), nil
}

// replacedBy returns the revision that an item replaced, zero if it was created.
func replacedBy(item attributes) store.Revision {
	if b := bytesOf(item, attrReplaced); len(b) == 8 {
		return store.Revision(binary.BigEndian.Uint64(b))
	}
	return 0
}

func bytesOfRevision(rev store.Revision) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(rev))
}

func expecting(rev store.Revision) condition {
	if rev == 0 {
		return absent
	}
	return revisionIs(bytesOfRevision(rev))
}

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

// revised calls write with the revision that w expects, or, for Any, with the one that is there until that holds.
func revised(ctx context.Context, s *Store, key store.Key, w store.Write, write func(expect store.Revision) (store.Revision, error)) (store.Revision, error) {
	if !w.Any {
		return write(w.Expect)
	}
	for {
		there, err := s.revisions(ctx, key)
		if err != nil {
			return 0, err
		}
		now, err := revisionOf(there)
		if err != nil {
			return 0, err
		}
		rev, err := write(now)
		if !errors.Is(err, store.ErrConflict) {
			return rev, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// revisions reads the revision that an item has now and the one that it replaced.
func (s *Store) revisions(ctx context.Context, key store.Key) (attributes, error) {
	return s.getItem(ctx, key.Partition, itemKey(key), attrRevision+","+attrReplaced)
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

// settle says what became of a write over the revision expect that was made more than once, by what is there now: what the service says that the last attempt
// met, if it said so.
func (s *Store) settle(ctx context.Context, key store.Key, there attributes, expect, mine store.Revision) error {
	if there == nil {
		var err error
		if there, err = s.revisions(ctx, key); err != nil {
			return fmt.Errorf("read back: %w", err)
		}
	}
	now, err := revisionOf(there)
	if err != nil {
		return err
	}
	replaced := replacedBy(there)
	switch {
	case now == mine || replaced == mine:
		return nil
	case now != 0 && replaced == expect:
		return store.ErrConflict // another replaced it, so this one did not; or it did, and was deleted since
	}
	return errDoubt
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

// Scan implements [store.Store]. It is no snapshot: each page is read when the loop comes to it.
func (s *Store) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		err := r.Check()
		if err == nil {
			err = ctx.Err()
		}
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
	for page, err := range s.pages(ctx, rangeSpan(spaceItems, r), "") {
		if err != nil {
			return err
		}
		for _, found := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			key := store.Key{Partition: r.Partition, Sort: string(bytesOf(found, attrSort)[1:])}
			if r.To != "" && key.Sort >= r.To {
				continue
			}
			item, err := s.scanned(ctx, key, found)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if !see(item) {
				return nil
			}
		}
	}
	return nil
}

// scanned is itemOf for an item that may have been replaced or deleted since its page was read.
func (s *Store) scanned(ctx context.Context, key store.Key, found attributes) (store.Item, error) {
	item, err := s.itemOf(ctx, key, found)
	if errors.Is(err, errGone) {
		return s.get(ctx, key)
	}
	return item, err
}
