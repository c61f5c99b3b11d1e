package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// QuarantinedCopy is a copy that could not be counted, kept with its bytes and the reason.
type QuarantinedCopy struct {
	Site     string `json:"site,omitempty"` // empty where no site is known for it
	Gen      uint32 `json:"gen,omitempty"`
	Reason   string `json:"reason"`            // a code
	Message  string `json:"message,omitempty"` // for people
	Position `json:"position"`
	Arrival  int64 `json:"arrival"` // on the stream, Unix milliseconds
	Kept     int64 `json:"kept"`    // when it was first put aside, Unix milliseconds
	// PartitionKey is that of its record.
	PartitionKey string `json:"partition_key,omitempty"`
	// Moved is the outcome that the copy has instead, since it was brought back; zero while it is quarantined.
	Moved Outcome `json:"moved,omitempty"`
	Data  []byte  `json:"data"`
}

// Quarantine keeps copies that could not be counted. A copy is kept under a key made of its position, so that twice is once. Beside it
// stands an entry in the index of its shard, by which it is found by position.
type Quarantine struct {
	store itemStore
	now   func() time.Time
}

// NewQuarantine returns the quarantine in s.
func NewQuarantine(s store.Store, now func() time.Time) *Quarantine {
	return &Quarantine{store: s, now: now}
}

// Keep puts a copy aside. Where it was put aside before, it answers what was kept then: the time, the site and the reason of a copy
// so are the same at every delivery. What was kept then and cannot be read is replaced: the copy may then be booked twice, but is there, and stops no shard. When Keep
// returns, Among finds the copy.
func (q *Quarantine) Keep(ctx context.Context, c QuarantinedCopy) (QuarantinedCopy, error) {
	c.Kept = q.now().UnixMilli()
	value, err := json.Marshal(c)
	if err != nil {
		return c, fmt.Errorf("encode quarantined copy: %w", err)
	}
	if err := q.enter(ctx, c); err != nil {
		return c, err
	}
	key := quarantineKey(c)
	_, err = q.store.Put(ctx, key, value, store.Write{Relaxed: true})
	if errors.Is(err, store.ErrConflict) {
		return q.keptBefore(ctx, key, c, value)
	}
	if err != nil {
		return c, fmt.Errorf("keep copy in quarantine: %w", err)
	}
	return c, nil
}

// keptBefore returns what is kept under the key of a copy, and replaces it where it cannot be read.
func (q *Quarantine) keptBefore(ctx context.Context, key store.Key, c QuarantinedCopy, value []byte) (QuarantinedCopy, error) {
	it, err := q.store.Get(ctx, key)
	if err != nil {
		return c, fmt.Errorf("read quarantined copy %s: %w", key.Sort, err)
	}
	kept, err := decodeQuarantined(it)
	if err == nil {
		return kept, nil
	}
	if _, err := q.store.Put(ctx, key, value, store.Write{Expect: it.Revision, Relaxed: true}); err != nil {
		return c, fmt.Errorf("keep copy in quarantine: %w", err)
	}
	return c, nil
}

const quarantinePartition = "Q"

// quarantineKey orders copies by arrival.
func quarantineKey(c QuarantinedCopy) store.Key {
	return store.Key{Partition: quarantinePartition, Sort: fmt.Sprintf("%s-%016x", timeKey(c.Arrival), c.tag())}
}

func (q *Quarantine) read(ctx context.Context, key store.Key) (QuarantinedCopy, error) {
	it, err := q.store.Get(ctx, key)
	if err != nil {
		return QuarantinedCopy{}, fmt.Errorf("read quarantined copy %s: %w", key.Sort, err)
	}
	return decodeQuarantined(it)
}

func decodeQuarantined(it store.Item) (QuarantinedCopy, error) {
	var c QuarantinedCopy
	err := decodeJSON("quarantined copy", it, &c)
	return c, err
}

// Key returns the name under which Show finds the copy.
func (c QuarantinedCopy) Key() string { return quarantineKey(c).Sort }

// ErrNotKept: no copy is kept under that key.
var ErrNotKept = errors.New("no such copy in quarantine")

// Show returns a kept copy by its key.
func (q *Quarantine) Show(ctx context.Context, key string) (QuarantinedCopy, error) {
	if key == "" || strings.ContainsRune(key, 0) || len(key) > 64 {
		return QuarantinedCopy{}, ErrNotKept
	}
	c, err := q.read(ctx, store.Key{Partition: quarantinePartition, Sort: key})
	if errors.Is(err, store.ErrNotFound) {
		return c, ErrNotKept
	}
	return c, err
}

// List returns kept copies that were not brought back, those that arrived last first: of one site, or of all and of none if site is empty. It begins after the
// copy of that key, and answers the key to go on after, which is empty at the end. What cannot be read is left out.
func (q *Quarantine) List(ctx context.Context, site, after string, limit int) (list []QuarantinedCopy, next string, err error) {
	r := store.Range{Partition: quarantinePartition, To: after, Reverse: true}
	for it, err := range q.store.Scan(ctx, r) {
		if err != nil {
			return nil, "", fmt.Errorf("list quarantine: %w", err)
		}
		c, err := decodeQuarantined(it)
		if err != nil || c.Moved != 0 || site != "" && c.Site != site {
			continue
		}
		if len(list) == limit {
			return list, list[limit-1].Key(), nil
		}
		list = append(list, c)
	}
	return list, "", nil
}
