package embedded

import (
	"context"
	"errors"
	"hash/maphash"

	"github.com/cockroachdb/pebble/v2"
)

// stripe is a lock that can be waited for with a context. Keys share it by their hash.
type stripe chan struct{}

// errNoRoom: a write waits in pebble for room on the disk. It is not store.ErrFull, because it will be applied when there is room.
var errNoRoom = errors.New("the disk is full, and the write may or may not be applied")

// turn is the right to look at a key and write it. It is given up by end, or by the write when that is done: a caller that leaves
// while its write is still under way must not let another look at the key before it can see the write.
type turn struct {
	s      *Store
	stripe stripe
	handed bool
}

func (s *Store) takeTurn(ctx context.Context, key []byte) (*turn, error) {
	t := &turn{s: s, stripe: s.stripes[maphash.Bytes(s.seed, key)%uint64(len(s.stripes))]}
	select {
	case t.stripe <- struct{}{}:
		return t, nil
	default:
	}
	select {
	case t.stripe <- struct{}{}:
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.guard.nextFull():
		return nil, errNoRoom
	case <-s.fence.failed:
		return nil, s.fence.failure()
	}
}

// end gives the turn up, unless a write has it.
func (t *turn) end() {
	if !t.handed {
		<-t.stripe
	}
}

// commit writes a batch, and waits until it is on disk if w is pebble.Sync. Pebble takes no context and may wait for minutes, in a
// write stall, or for ever, at the fence: so it works in a goroutine of its own, and the caller leaves when its context ends, the disk is
// full, or the store failed. Then the write may or may not be applied, as after every error.
//
// One log gives the order that Relaxed promises. Pebble writes batches to it one after another, in the order in which they become visible;
// a sync covers everything before it in the file; a full log is closed, with a sync, before the next one is created (DB.rotateWAL);
// memtables are flushed oldest first; and replay stops at the first record that is torn. So what is recovered is a prefix of what was
// written, never less than what was synced.
func (t *turn) commit(ctx context.Context, b *pebble.Batch, w *pebble.WriteOptions) error {
	t.handed = true
	applied, full := make(chan error, 1), t.s.guard.nextFull()
	t.s.commits.Go(func() {
		err := t.s.db.Apply(b, w)
		<-t.stripe
		_ = b.Close() // gives memory back; there is nothing to fail
		applied <- err
	})
	select {
	case err := <-applied:
		if err == nil {
			err = t.s.fence.failure() // Apply returns nil when its own failure was fatal and Fatalf returned
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-full:
		return errNoRoom
	case <-t.s.fence.failed:
		return t.s.fence.failure()
	}
}
