package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/store"
)

// The outbox holds what somebody has to be told of and was not yet, as references: what is told is read when it is sent. A notice is put there before what it refers to
// is created, so that whatever dies between the two, nothing is created that nobody hears of; one whose reference stays without an object is dropped after a day.

const outboxPartition = "O"

// noticeKind says what a notice is about.
type noticeKind string

const (
	aboutFinal noticeKind = "final"
	aboutAlert noticeKind = "alert"
)

// notice says that a target has to be told of something.
type notice struct {
	Kind     noticeKind `json:"kind"`
	Site     string     `json:"site"`
	Object   string     `json:"object"` // sort key of the manifest, or of the event
	Gen      uint32     `json:"gen,omitempty"`
	Phase    string     `json:"phase,omitempty"` // of an event: firing or resolved
	Target   string     `json:"target"`
	Made     int64      `json:"made"`
	Attempts int        `json:"attempts,omitempty"` // that failed
	Next     int64      `json:"next,omitempty"`     // when it may be sent again
}

func (n notice) key() store.Key {
	return store.Key{
		Partition: outboxPartition,
		Sort:      fmt.Sprintf("%s#%s#%d#%s#%s#%016x", n.Kind, n.Site, n.Gen, n.Object, n.Phase, xxh3.HashString(n.Target)),
	}
}

// enqueue puts a notice into the outbox for each target. One that is there already stays as it is.
func enqueue(ctx context.Context, items itemStore, n notice, targets []string) error {
	for _, t := range targets {
		n.Target = t
		value, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("encode notice: %w", err)
		}
		_, err = items.Put(ctx, n.key(), value, store.Write{Relaxed: true})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("put a notice into the outbox: %w", err)
		}
	}
	return nil
}

// waiting is a notice as it lies in the outbox.
type waiting struct {
	notice
	at     store.Key
	rev    store.Revision
	damage error // why it cannot be read
}

// outbox returns the notices that may be sent at a time, and apart from them those that cannot be read.
func outbox(ctx context.Context, items itemStore, now int64) (due, bad []waiting, _ error) {
	for it, err := range items.Scan(ctx, store.Range{Partition: outboxPartition}) {
		if err != nil {
			return nil, nil, fmt.Errorf("read the outbox: %w", err)
		}
		w := waiting{at: it.Key, rev: it.Revision}
		if w.damage = decodeJSON("notice", it, &w.notice); w.damage != nil {
			bad = append(bad, w)
			continue
		}
		if w.Next <= now {
			due = append(due, w)
		}
	}
	return due, bad, nil
}

// done takes a notice out of the outbox, durably: what was sent is sent again only by who dies before this.
func (w waiting) done(ctx context.Context, items itemStore) error {
	if err := items.Delete(ctx, w.at, store.Write{Any: true}); err != nil {
		return fmt.Errorf("remove notice %s: %w", w.at.Sort, err)
	}
	return nil
}

// postpone notes that a notice could not be sent, and when it is tried again.
func (w waiting) postpone(ctx context.Context, items itemStore, next time.Time) error {
	w.Attempts++
	w.Next = next.UnixMilli()
	value, err := json.Marshal(w.notice)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	_, err = items.Put(ctx, w.at, value, store.Write{Expect: w.rev, Relaxed: true})
	if err != nil && !errors.Is(err, store.ErrConflict) { // another process tried as well
		return fmt.Errorf("put notice %s back: %w", w.at.Sort, err)
	}
	return nil
}
