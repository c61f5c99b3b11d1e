package dynamo

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

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
