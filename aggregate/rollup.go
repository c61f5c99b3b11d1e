package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/store"
)

// child names what a roll-up is made from: a log of a window, which has a cell, or a roll-up of the level below.
type child struct {
	start int64
	cell  int
}

func (c child) compare(o child) int {
	return cmp.Or(cmp.Compare(c.start, o.start), cmp.Compare(c.cell, o.cell))
}

// vector says which number of each child a fold holds: of a log its last delta, of a roll-up its number.
type vector map[child]uint32

// covers reports whether v holds every number that o holds.
func (v vector) covers(o vector) bool {
	for c, n := range o {
		if v[c] < n {
			return false
		}
	}
	return true
}

// rollup is the fold of a period. It is kept in two items: the head, which is replaced by compare-and-swap, names the item of the body, which is written before it
// and never changes. So a reader of the books reads no body, and nobody sees half of a replacement.
type rollup struct {
	span   span
	n      uint32 // 1 for the first, and one more at each replacement
	vector vector
	ledger Ledger
	deltas uint64 // how many deltas it is the fold of
	body   string // sort key of the item
	thin   bool   // its sample was given up, after a long time
}

// bodyPartition is where the bodies of the roll-ups of a partition are kept.
func bodyPartition(partition string) string { return "B" + partition }

// newBodyKey returns a key that no other body has: of two rollers at the same period, the one that loses must not have written into the other's.
func (r *Roller) newBodyKey(start int64) string {
	return timeKey(start) + "#" + fmt.Sprintf("%016x", r.NewToken())
}

// encode writes the head: 1 an entry of the vector (1 start, 2 cell, 3 number), repeated; 2 the ledger; 3 the number; 4 deltas; 5 the key of the body; 6 the end
// of the period; 7 whether it is thin.
func (r *rollup) encode() []byte {
	b := []byte{wireVersion}
	b = r.vector.appendTo(b, 1)
	b = appendLedger(b, 2, r.ledger)
	b = appendUint(b, 3, uint64(r.n))
	b = appendUint(b, 4, r.deltas)
	b = appendBytes(b, 5, []byte(r.body))
	b = appendUint(b, 6, uint64(r.span.to))
	return appendFlag(b, 7, r.thin)
}

func decodeRollup(start int64, b []byte) (*rollup, error) {
	b, err := versioned("roll-up", b)
	if err != nil {
		return nil, err
	}
	r := &rollup{span: span{from: start}, vector: make(vector)}
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch num {
		case 1:
			err = r.vector.read(bytes)
		case 2:
			r.ledger, err = readLedger(bytes)
		case 3:
			r.n = uint32(v)
		case 4:
			r.deltas = v
		case 5:
			r.body = string(bytes)
		case 6:
			r.span.to = int64(v)
		case 7:
			r.thin = v != 0
		}
		return err
	})
	if err == nil && (r.n == 0 || r.body == "" || r.span.to <= start) {
		err = ErrCorrupt
	}
	return r, err
}

// appendTo writes each entry as a message: 1 start, 2 cell, 3 number.
func (v vector) appendTo(b []byte, num protowire.Number) []byte {
	for _, c := range slices.SortedFunc(maps.Keys(v), child.compare) {
		entry := appendUint(nil, 1, uint64(c.start))
		entry = appendUint(entry, 2, uint64(c.cell))
		b = appendBytes(b, num, appendUint(entry, 3, uint64(v[c])))
	}
	return b
}

func (v vector) read(b []byte) error {
	var c child
	var n uint32
	err := fields(b, func(num protowire.Number, x uint64, _ []byte) error {
		switch num {
		case 1:
			c.start = int64(x)
		case 2:
			c.cell = int(x)
		case 3:
			n = uint32(x)
		}
		return nil
	})
	v[c] = n
	return err
}

// readBody returns the summary of a roll-up. Where it was replaced since its head was read, it is that of the newer one, which then r is too.
func (r *rollup) readBody(ctx context.Context, items itemStore, partition string) (*Summary, error) {
	for {
		it, err := items.Get(ctx, store.Key{Partition: bodyPartition(partition), Sort: r.body})
		if err == nil {
			return r.decodeBody(it.Value)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("read roll-up: %w", err)
		}
		gone := r.body
		it, err = items.Get(ctx, store.Key{Partition: partition, Sort: timeKey(r.span.from)})
		if err != nil {
			return nil, fmt.Errorf("read roll-up: %w", err)
		}
		newer, err := decodeRollup(r.span.from, it.Value)
		if err != nil {
			return nil, err
		}
		if newer.body == gone {
			return nil, fmt.Errorf("body of roll-up %s %s: %w", partition, gone, ErrCorrupt)
		}
		*r = *newer
	}
}

func (r *rollup) decodeBody(b []byte) (*Summary, error) {
	b, err := versioned("roll-up body", b)
	if err != nil {
		return nil, err
	}
	sum, err := readSummary(b)
	if err != nil {
		return nil, fmt.Errorf("roll-up at %d: %w", r.span.from, err)
	}
	sum.Ledger = r.ledger
	return sum, nil
}

// eachRollup calls f for the heads of the level's roll-ups that begin in the span, in order of time. It ends at one that cannot be read.
func eachRollup(ctx context.Context, items itemStore, lv level, site Site, sp span, f func(partition string, r *rollup, rev store.Revision) error) error {
	return everyRollup(ctx, items, lv, site, sp, func(partition string, r *rollup, rev store.Revision, err error) error {
		if err != nil {
			return err
		}
		return f(partition, r, rev)
	})
}

// everyRollup does it also for heads that cannot be read, of which nothing is known but their spans, and says why.
func everyRollup(ctx context.Context, items itemStore, lv level, site Site, sp span, f func(partition string, r *rollup, rev store.Revision, err error) error) error {
	for at := sp.from; at < sp.to; at = lv.chunk(at).to {
		partition := lv.partition(site, at)
		for it, err := range items.Scan(ctx, store.Range{Partition: partition, From: timeKey(sp.from), To: timeKey(sp.to)}) {
			if err != nil {
				return fmt.Errorf("read roll-ups of site %s: %w", site.ID, err)
			}
			start, err := parseTimeKey(it.Key.Sort)
			if err != nil {
				return err
			}
			r, err := decodeRollup(start, it.Value)
			if err != nil {
				r, err = &rollup{span: lv.period(site.Zone(), start)}, fmt.Errorf("the %s of site %q at %d: %w", lv, site.ID, start, err)
			}
			if err := f(partition, r, it.Revision, err); err != nil {
				return err
			}
		}
	}
	return nil
}
