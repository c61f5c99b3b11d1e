package aggregate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/store"
)

// The index of a shard says which copies of it are in quarantine: by sequence number and index in the record, so that those of a batch are one
// short range. An entry is written before its copy is kept: whoever finds one without a copy knows that nobody has looked yet whether that copy is
// booked elsewhere, and that he who comes to keep it will.

func indexPartition(p Position) string { return "I#" + p.Stream + "#" + p.Shard }

// indexSort orders positions as the shard does. Sequence numbers are decimal, of up to 64 digits.
func indexSort(p Position) string {
	const width = 64
	zeros := strings.Repeat("0", max(0, width-len(p.SequenceNumber)))
	return fmt.Sprintf("%s%s#%08d", zeros, p.SequenceNumber, p.Index)
}

// enter puts a copy that is about to be kept into the index.
func (q *Quarantine) enter(ctx context.Context, c QuarantinedCopy) error {
	key := store.Key{Partition: indexPartition(c.Position), Sort: indexSort(c.Position)}
	_, err := q.store.Put(ctx, key, []byte(c.Key()+" "+c.SequenceNumber), store.Write{Relaxed: true})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("enter copy into the index of quarantine: %w", err)
	}
	return nil
}

// Among returns which of the positions are those of copies that are kept, or about to be, with their keys. Nearly always there are none, and that costs one read for each
// shard.
func (q *Quarantine) Among(ctx context.Context, positions iter.Seq[Position]) (map[Position]string, error) {
	type span struct{ from, to Position }
	spans := make(map[string]span)
	for p := range positions {
		partition := indexPartition(p)
		s, ok := spans[partition]
		if !ok {
			s = span{p, p}
		}
		spans[partition] = span{minPosition(s.from, p), maxPosition(s.to, p)}
	}
	var kept map[Position]string
	for partition, s := range spans {
		r := store.Range{Partition: partition, From: indexSort(s.from), To: indexSort(s.to) + "\x01"} // no key has such a byte
		for it, err := range q.store.Scan(ctx, r) {
			if err != nil {
				return nil, fmt.Errorf("read index of quarantine: %w", err)
			}
			p, key, err := parseIndexEntry(s.from, it)
			if err != nil { // which copy it is of is not known: should it be booked elsewhere, it stays booked here, too
				continue
			}
			if kept == nil {
				kept = make(map[Position]string)
			}
			kept[p] = key
		}
	}
	return kept, nil
}

func minPosition(a, b Position) Position {
	if comparePositions(a, b) <= 0 {
		return a
	}
	return b
}

func maxPosition(a, b Position) Position {
	if comparePositions(a, b) >= 0 {
		return a
	}
	return b
}

// comparePositions compares positions of one shard.
func comparePositions(a, b Position) int {
	return cmp.Or(
		cmp.Compare(len(a.SequenceNumber), len(b.SequenceNumber)), cmp.Compare(a.SequenceNumber, b.SequenceNumber), cmp.Compare(a.Index, b.Index),
	)
}

// parseIndexEntry reads an entry of a shard: the position, and the key of the copy. The sequence number stands in the value as it is written, too.
func parseIndexEntry(shard Position, it store.Item) (_ Position, key string, _ error) {
	_, index, _ := strings.Cut(it.Key.Sort, "#")
	n, err := strconv.Atoi(index)
	key, sequence, ok := strings.Cut(string(it.Value), " ")
	if err != nil || !ok {
		return shard, "", fmt.Errorf("index of quarantine %q: %w", it.Key.Sort, ErrCorrupt)
	}
	shard.SequenceNumber, shard.Index = sequence, n
	return shard, key, nil
}

// Move notes that a kept copy has another outcome now. What was noted first stays.
func (q *Quarantine) Move(ctx context.Context, key string, outcome Outcome) error {
	for {
		it, err := q.store.Get(ctx, store.Key{Partition: quarantinePartition, Sort: key})
		if err != nil {
			return fmt.Errorf("read quarantined copy %s: %w", key, err)
		}
		c, err := decodeQuarantined(it)
		if err != nil || c.Moved != 0 {
			return err
		}
		c.Moved = outcome
		value, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode quarantined copy: %w", err)
		}
		_, err = q.store.Put(ctx, it.Key, value, store.Write{Expect: it.Revision, Relaxed: true})
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("note that copy %s has left quarantine: %w", key, err)
		}
	}
}

// RefusedError says why a copy in quarantine cannot be brought back now.
type RefusedError struct {
	Reason  string // a code
	Message string // for people
}

func (e *RefusedError) Error() string { return e.Reason + ": " + e.Message }
