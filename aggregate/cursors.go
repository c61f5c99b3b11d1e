package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// cursorsPartition holds how far every shard was counted.
const cursorsPartition = "V"

// cursor is how far a shard was counted, as it is stored.
type cursor struct {
	// Passed is a time of arrival, in Unix milliseconds: every record that came into the shard before it has its outcome.
	Passed int64 `json:"passed"`
	// Closed: the shard takes no more records, and all of them have their outcome.
	Closed bool `json:"closed,omitempty"`
	// Written is when this was written, by the writer's clock.
	Written int64 `json:"written"`
}

func (c cursor) ahead(o cursor) bool { return c.Passed > o.Passed || c.Closed && !o.Closed }

// Cursors keep how far the shards of a stream were counted, so that it is known which windows are complete. They are noted in memory, after a commit, and written at most
// once a second for a shard. Behind as they may be, they are never ahead: what they say was durable before.
type Cursors struct {
	store  itemStore
	stream string
	now    func() time.Time
	flusher

	mu     sync.Mutex // guards shards
	shards map[string]*shardCursor
}

type shardCursor struct {
	noted cursor
	known cursor         // as it was last seen in the store
	rev   store.Revision // of that; zero where it is not known
}

// NewCursors returns the cursors of the stream with that ARN.
func NewCursors(s store.Store, streamARN string, now func() time.Time) *Cursors {
	return &Cursors{
		store: s, stream: streamARN, now: now, flusher: newFlusher(),
		shards: make(map[string]*shardCursor),
	}
}

// Added notes that there is a shard, of which nothing may have been counted yet.
func (c *Cursors) Added(shard string) { c.note(shard, cursor{}) }

// Passed notes that every record that came into the shard before that time has its outcome.
func (c *Cursors) Passed(shard string, arrival time.Time) {
	c.note(shard, cursor{Passed: max(0, arrival.UnixMilli())})
}

// Drained notes that the shard is closed and counted to its end. Its children must have been added before: a reader that sees it
// closed sees them.
func (c *Cursors) Drained(shard string) { c.note(shard, cursor{Closed: true}) }

func (c *Cursors) note(shard string, n cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.shards[shard]
	if s == nil {
		s = &shardCursor{}
		c.shards[shard] = s
	}
	s.noted.Passed, s.noted.Closed = max(s.noted.Passed, n.Passed), s.noted.Closed || n.Closed
	if s.stale() {
		c.poke()
	}
}

// stale reports whether the store does not know what was noted.
func (s *shardCursor) stale() bool { return s.rev == 0 || s.noted.ahead(s.known) }

// cursorGap is the pause between two writes of a shard's cursor.
const cursorGap = time.Second

// Load returns how far a shard was counted, by whatever process: what came into it before that time has its outcome. The time is zero where nobody has told.
func (c *Cursors) Load(ctx context.Context, shard string) (passed time.Time, closed bool, _ error) {
	known, rev, err := readCursor(ctx, c.store, c.key(shard))
	if err != nil || rev == 0 {
		return time.Time{}, false, err
	}
	return time.UnixMilli(known.Passed), known.Closed, nil
}

func (c *Cursors) key(shard string) store.Key {
	return store.Key{Partition: cursorsPartition, Sort: c.stream + "#" + shard}
}

// Run writes what was noted until ctx ends, and once more then.
func (c *Cursors) Run(ctx context.Context, onError func(error)) {
	c.run(ctx, c.Flush, cursorGap, cursorGap, onError)
}

// Flush writes what was noted since the last time: new shards first and closed ones last.
func (c *Cursors) Flush(ctx context.Context) error {
	return c.alone(ctx, func() error {
		for _, closed := range []bool{false, true} {
			for shard, s := range c.due(closed) {
				if err := c.write(ctx, shard, s); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// due returns copies of what is to be written.
func (c *Cursors) due(closed bool) map[string]shardCursor {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]shardCursor)
	for shard, s := range c.shards {
		if s.stale() && s.noted.Closed == closed {
			all[shard] = *s
		}
	}
	return all
}

// write makes the cursor of a shard what was noted, unless another process has written that it is further.
func (c *Cursors) write(ctx context.Context, shard string, s shardCursor) error {
	key := c.key(shard)
	for {
		next := cursor{max(s.noted.Passed, s.known.Passed), s.noted.Closed || s.known.Closed, c.now().UnixMilli()}
		if s.rev == 0 || s.known == (cursor{}) || next.ahead(s.known) {
			value, err := json.Marshal(next)
			if err != nil {
				return fmt.Errorf("encode cursor of %s: %w", shard, err)
			}
			rev, err := c.store.Put(ctx, key, value, store.Write{Expect: s.rev, Relaxed: true})
			switch {
			case errors.Is(err, store.ErrConflict):
				if s.known, s.rev, err = readCursor(ctx, c.store, key); err != nil && !IsDamage(err) { // else it is written anew
					return err
				}
				continue
			case err != nil:
				return fmt.Errorf("write cursor of %s: %w", shard, err)
			}
			s.known, s.rev = next, rev
		}
		c.seen(shard, s)
		return nil
	}
}

func (c *Cursors) seen(shard string, s shardCursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.shards[shard]
	now.known, now.rev = s.known, s.rev
}

// readCursor returns a cursor; its revision is zero where there is none.
func readCursor(ctx context.Context, items itemStore, key store.Key) (c cursor, _ store.Revision, _ error) {
	it, err := items.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return c, 0, nil
	}
	if err != nil {
		return c, 0, fmt.Errorf("read cursor %s: %w", key.Sort, err)
	}
	if err := decodeCursor(it, &c); err != nil {
		return cursor{}, it.Revision, err
	}
	return c, it.Revision, nil
}

func decodeCursor(it store.Item, c *cursor) error { return decodeJSON("cursor", it, c) }
