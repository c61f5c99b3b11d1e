package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/streamgauge/streamgauge/store"
)

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
