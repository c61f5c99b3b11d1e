package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/streamgauge/streamgauge/store"
)

const (
	// settleMarginMS is how far behind the end of a minute the cursors must be: the clocks of the stream and of who reads its tip are not quite one, and what
	// is on its way to the disk was stamped before.
	settleMarginMS = 2_000
	// settleAgeMS is after what time a minute is settled whatever the cursors say: a shard may be stuck, or, on Lambda, have nothing to tell.
	settleAgeMS = 120_000
	// cursorLifeMS is after what time a cursor that nobody moves is removed: of a shard that is gone, or of a stream.
	cursorLifeMS = 2 * dayMS
)

// settlement is up to where minutes are complete.
type settlement struct {
	at int64 // end of the last one
	// passed is up to where every shard's cursor says so; what lies between that and at is settled by age.
	passed int64
	// fresh: no minute was ever rolled up before, so that there is none without a manifest that has something in it.
	fresh bool
}

// settlePoint finds out up to which time minutes are settled. It must be asked before anything is rolled up: what was counted before a cursor was written is then in
// the roll-ups, or has a mark that the round finds. No minute is settled that ends after rolled, up to where the round makes roll-ups.
//
// Of a shard whose cursor cannot be read it is not known how far it was counted: until that is written again, minutes are settled by age.
func settlePoint(ctx context.Context, items itemStore, now, rolled int64, tell teller) (settlement, error) {
	slowest, known := int64(math.MaxInt64), false
	err := eachCursor(ctx, items, func(it store.Item, c cursor, err error) error {
		if err != nil {
			tell("cursor "+it.Key.Sort, err)
		}
		if !c.Closed {
			slowest, known = min(slowest, c.Passed), true
		}
		return nil
	})
	if err != nil {
		return settlement{}, err
	}
	var s settlement
	if known {
		s.passed = floor(max(0, min(slowest-settleMarginMS, rolled)), minuteMS)
	}
	s.at = max(s.passed, floor(max(0, min(now-settleAgeMS, rolled)), minuteMS))
	_, rev, err := readTime(ctx, items, rollCursor(minutes))
	if err != nil && !IsDamage(err) {
		return s, fmt.Errorf("read roll-up cursor: %w", err)
	}
	s.fresh = rev == 0
	return s, nil
}

// dropCursors removes the cursors that nobody has moved for long, and those that cannot be read: who moves such a one writes it anew.
func dropCursors(ctx context.Context, items itemStore, now int64) error {
	return eachCursor(ctx, items, func(it store.Item, c cursor, err error) error {
		if err == nil && now-c.Written < cursorLifeMS {
			return nil
		}
		err = items.Delete(ctx, it.Key, store.Write{Expect: it.Revision, Relaxed: true})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("remove cursor %s: %w", it.Key.Sort, err)
		}
		return nil
	})
}

// eachCursor calls f for the cursors of all streams. One that cannot be read is zero, and the error says why.
func eachCursor(ctx context.Context, items itemStore, f func(store.Item, cursor, error) error) error {
	for it, err := range items.Scan(ctx, store.Range{Partition: cursorsPartition}) {
		if err != nil {
			return fmt.Errorf("read cursors: %w", err)
		}
		var c cursor
		damage := decodeCursor(it, &c)
		if damage != nil {
			c = cursor{}
		}
		if err := f(it, c, damage); err != nil {
			return err
		}
	}
	return nil
}

// watermark is the span whose minutes all have their final values, if they have any: a minute in it of which there is no manifest is one in which nothing came.
var watermarkKey = store.Key{Partition: "K", Sort: "settled"}

// watermark is as it was read.
type watermark struct {
	span
	rev store.Revision // zero where there is none
	// lost: it cannot be read. It is not known since when there are final values.
	lost bool
}

func readWatermark(ctx context.Context, items itemStore) (w watermark, _ error) {
	it, err := items.Get(ctx, watermarkKey)
	if errors.Is(err, store.ErrNotFound) {
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("read watermark: %w", err)
	}
	from, to, _ := strings.Cut(string(it.Value), "#")
	sp, err1, err2 := span{}, error(nil), error(nil)
	sp.from, err1 = parseTimeKey(from)
	sp.to, err2 = parseTimeKey(to)
	if errors.Join(err1, err2) != nil {
		return watermark{rev: it.Revision, lost: true}, nil
	}
	return watermark{span: sp, rev: it.Revision}, nil
}

// advance moves the end of the watermark up to the point, and never back. All minutes before that must have their manifests.
func (w watermark) advance(ctx context.Context, items itemStore, point settlement) (_ span, err error) {
	for {
		if w.to >= point.at {
			return w.span, nil
		}
		next := w.span
		if w.lost || w.rev == 0 && !point.fresh { // there may be minutes before that were rolled up, and have no manifest
			next.from = point.at
		}
		next.to = point.at
		_, err := items.Put(ctx, watermarkKey, []byte(timeKey(next.from)+"#"+timeKey(next.to)), store.Write{Expect: w.rev, Relaxed: true})
		if !errors.Is(err, store.ErrConflict) {
			return next, err
		}
		if w, err = readWatermark(ctx, items); err != nil {
			return span{}, err
		}
	}
}
