package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// Checkpoints keeps how far each shard of a stream was consumed, in the store; package consumer/mapping says what a checkpoint is. They are
// hints to begin from: whatever they say, every event is counted once.
type Checkpoints struct {
	store     store.Store
	partition string
}

// NewCheckpoints returns the checkpoints of the stream with that ARN that was created at that time: one that was deleted and made again has
// the same shards, and other records.
func NewCheckpoints(s store.Store, streamARN string, created time.Time) *Checkpoints {
	return &Checkpoints{store: s, partition: fmt.Sprintf("P#%s#%d", streamARN, created.UnixMilli())}
}

// Load returns the checkpoint of a shard, if there is one.
func (c *Checkpoints) Load(ctx context.Context, shardID string) (string, bool, error) {
	it, err := c.store.Get(ctx, store.Key{Partition: c.partition, Sort: shardID})
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("load checkpoint of %s: %w", shardID, err)
	}
	return string(it.Value), true, nil
}

// Save replaces the checkpoint of a shard. A power cut may take it back; the records since then are delivered again.
func (c *Checkpoints) Save(ctx context.Context, shardID, checkpoint string) error {
	key := store.Key{Partition: c.partition, Sort: shardID}
	if _, err := c.store.Put(ctx, key, []byte(checkpoint), store.Write{Any: true, Relaxed: true}); err != nil {
		return fmt.Errorf("save checkpoint of %s: %w", shardID, err)
	}
	return nil
}
