package dynamo

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/store"
)

// dropAtOnce is how many logs are dropped at a time.
const dropAtOnce = 8

// DropLogs implements [store.Store]. Each log goes from its end to its beginning, a delta at a time and its body after it, so that what is left is always a
// beginning. Where deltas expire there is little left to do, and a deletion costs what a write does: the table's own expiry is free.
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
	if err := ctx.Err(); err != nil {
		return err
	}
	logs, err := s.deltasByLog(ctx, partition)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dropAtOnce)
	for _, deltas := range logs {
		g.Go(func() error { return s.dropLog(ctx, deltas) })
	}
	return g.Wait()
}

// stored is a delta and where its body is.
type stored struct {
	key store.LogKey
	n   uint32
	ref reference
}

// deltasByLog lists the deltas of a partition, those of each log backwards.
func (s *Store) deltasByLog(ctx context.Context, partition string) (logs [][]stored, err error) {
	all := rangeSpan(spaceHeads, store.Range{Partition: partition, Reverse: true})
	for page, err := range s.pages(ctx, all, attrSort+","+attrNonce+","+attrToken+","+attrChunks) {
		if err != nil {
			return nil, err
		}
		for _, item := range page {
			e, r, err := deltaOf(partition, item)
			if err != nil {
				return nil, err
			}
			if last := len(logs) - 1; last >= 0 && logs[last][0].key == e.Log {
				logs[last] = append(logs[last], stored{e.Log, e.N, r})
			} else {
				logs = append(logs, []stored{{e.Log, e.N, r}})
			}
		}
	}
	return logs, nil
}

func (s *Store) dropLog(ctx context.Context, deltas []stored) error {
	for _, d := range deltas {
		if _, _, err := s.deleteItem(ctx, d.key.Partition, deltaKey(d.key, d.n), condition{}); err != nil {
			return err
		}
		if err := s.removeChunks(ctx, d.key.Partition, d.ref); err != nil {
			return err
		}
	}
	return nil
}
