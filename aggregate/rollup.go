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

// windowCell names a log within a site and generation.
type windowCell struct {
	window int64
	cell   int
}

// vector says how many deltas of each log a fold holds.
type vector map[windowCell]uint32

// rollup is the fold of all logs of a minute, with the vector that it was made from.
type rollup struct {
	minute int64
	vector vector
	sum    *Summary
}

func rollupPartition(gen uint32, site string, at int64) string {
	return fmt.Sprintf("R#%d#%s#minute#%s", gen, siteKey(site), timeKey(floor(at, dayMS)))
}

func rollupKey(gen uint32, site string, minute int64) store.Key {
	return store.Key{Partition: rollupPartition(gen, site, minute), Sort: timeKey(minute)}
}

// encode writes the roll-up: 1 an entry of the vector (1 window, 2 cell, 3 number of deltas), repeated; 2 the summary.
func (r *rollup) encode() []byte {
	b := []byte{wireVersion}
	for _, k := range slices.SortedFunc(maps.Keys(r.vector), windowCell.compare) {
		entry := appendUint(nil, 1, uint64(k.window))
		entry = appendUint(entry, 2, uint64(k.cell))
		b = appendBytes(b, 1, appendUint(entry, 3, uint64(r.vector[k])))
	}
	return appendBytes(b, 2, encodeSummary(r.sum))
}

func (k windowCell) compare(o windowCell) int {
	return cmp.Or(cmp.Compare(k.window, o.window), cmp.Compare(k.cell, o.cell))
}

func decodeRollup(minute int64, b []byte) (*rollup, error) {
	b, err := versioned("roll-up", b)
	if err != nil {
		return nil, err
	}
	r := &rollup{minute: minute, vector: make(vector)}
	err = fields(b, func(num protowire.Number, _ uint64, bytes []byte) (err error) {
		switch num {
		case 1:
			err = r.vector.read(bytes)
		case 2:
			r.sum, err = readSummary(bytes)
		}
		return err
	})
	if err == nil && r.sum == nil {
		err = ErrCorrupt
	}
	return r, err
}

func (v vector) read(b []byte) error {
	var k windowCell
	var n uint32
	err := fields(b, func(num protowire.Number, x uint64, _ []byte) error {
		switch num {
		case 1:
			k.window = int64(x)
		case 2:
			k.cell = int(x)
		case 3:
			n = uint32(x)
		}
		return nil
	})
	v[k] = n
	return err
}

// foldMinute makes the roll-up of a minute from its logs. It is nil where there are none.
func foldMinute(ctx context.Context, s store.Store, gen uint32, site string, minute int64) (*rollup, error) {
	r := &rollup{minute: minute, vector: make(vector), sum: NewSummary()}
	span := span{minute, minute + minuteMS}
	cells, err := cellsWithin(ctx, s, gen, site, span.from, span.to)
	if err != nil {
		return nil, err
	}
	for _, hc := range cells {
		if err := eachDelta(ctx, s, hc.log(gen, site), span, func(k windowCell, n uint32, d *delta) {
			r.vector[k] = n
			r.sum.Merge(d.sum)
		}); err != nil {
			return nil, err
		}
	}
	if len(r.vector) == 0 {
		return nil, nil
	}
	return r, nil
}

// rollUp recomputes the roll-up of a minute and replaces it, then clears the marks that it covers. Interrupted anywhere, it leaves the old
// roll-up or the new one, and no mark less than it should.
func rollUp(ctx context.Context, s store.Store, gen uint32, site string, minute int64) error {
	for {
		err := tryRollUp(ctx, s, gen, site, minute)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func tryRollUp(ctx context.Context, s store.Store, gen uint32, site string, minute int64) error {
	// The marks are read first: what is raised after this is not covered, and stays.
	marks, err := siteMarks(ctx, s, gen, site, minute, minute+minuteMS)
	if err != nil {
		return err
	}
	key := rollupKey(gen, site, minute)
	old, err := s.Get(ctx, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read roll-up: %w", err)
	}
	r, err := foldMinute(ctx, s, gen, site, minute)
	if err != nil || r == nil {
		return err
	}
	if _, err := s.Put(ctx, key, r.encode(), store.Write{Expect: old.Revision, Relaxed: true}); err != nil {
		return fmt.Errorf("replace roll-up of minute %d of site %s: %w", minute, site, err)
	}
	return clearMarks(ctx, s, marks, r.vector)
}
