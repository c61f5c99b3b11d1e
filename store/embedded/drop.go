package embedded

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/streamgauge/streamgauge/store"
)

// DropLogs implements [store.Store]. All deltas go at once, in one batch of two range deletions, whatever their number; their room on the disk comes
// back with the next compactions. Loops that began before go on over the state that they began with.
func (s *Store) DropLogs(ctx context.Context, partition string) error {
	if err := s.dropLogs(ctx, partition); err != nil {
		return fmt.Errorf("drop logs %.100q: %w", partition, err)
	}
	return nil
}

func (s *Store) dropLogs(ctx context.Context, partition string) error {
	if err := store.CheckKey(partition); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.callers.Done()
	heads := partitionPrefix(spaceHeads, partition, 0)
	// Appends hold the stripes of their own keys, so this turn excludes none of them: nobody appends here any more. It is what a commit needs.
	turn, err := s.takeTurn(ctx, heads)
	if err != nil {
		return err
	}
	defer turn.end()
	if err := s.guard.admitDelete(4 * len(heads)); err != nil {
		return err
	}
	b := s.db.NewBatch()
	within := span{lower: heads, upper: after(heads)}
	for _, space := range []byte{spaceHeads, spaceBodies} {
		in := within.in(space)
		_ = b.DeleteRange(in.lower, in.upper, nil) // fails only for an indexed batch, which this is not
	}
	return turn.commit(ctx, b, pebble.NoSync)
}
