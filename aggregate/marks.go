package aggregate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/store"
)

// A dirty mark says that a roll-up does not hold number n of one of its children: delta n of a log, or roll-up n of a minute or a quarter. It is raised before that
// delta is appended or that roll-up is replaced, and it is cleared only by a roll-up whose vector holds n. Raised afterwards, or
// without the number, it would lose updates when the writer dies between the two.

// markBuckets spreads the marks of different sites over partitions.
const markBuckets = 16

// markState is what a writer knows of its last mark for a log, to raise it again in one call.
type markState struct {
	n   uint32
	rev store.Revision
}

// mark says which child a roll-up of the level lacks.
type mark struct {
	level level
	site  string
	gen   uint32
	child child
	n     uint32
	key   store.Key
	rev   store.Revision
}

func markPartition(lv level, bucket int) string {
	return "X#" + lv.String() + "#" + strconv.Itoa(bucket)
}

func markBucket(lv level, site string) string {
	return markPartition(lv, int(xxh3.HashString(siteKey(site))%markBuckets))
}

func markKey(lv level, gen uint32, site string, c child) store.Key {
	return store.Key{
		Partition: markBucket(lv, site),
		Sort:      fmt.Sprintf("%s#%d#%s#%d", siteKey(site), gen, timeKey(c.start), c.cell),
	}
}

// raiseMark makes sure that the mark for the child of roll-ups of the level is at least n.
func raiseMark(ctx context.Context, items itemStore, key store.Key, n uint32, known *markState) error {
	for {
		value := binary.BigEndian.AppendUint32(nil, max(n, known.n))
		rev, err := items.Put(ctx, key, value, store.Write{Expect: known.rev, Relaxed: true})
		if err == nil {
			*known = markState{n: max(n, known.n), rev: rev}
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("raise dirty mark %s: %w", key.Sort, err)
		}
		it, err := items.Get(ctx, key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			*known = markState{}
			continue
		case err != nil:
			return fmt.Errorf("read dirty mark %s: %w", key.Sort, err)
		}
		*known = markState{n: markNumber(it.Value), rev: it.Revision}
		if known.n >= n && len(it.Value) == 4 {
			return nil
		}
	}
}

// markNumber returns the number that a mark says. Of one that cannot be read it is not known; a roll-up that is made after that was seen holds all that was there then, and
// clears it.
func markNumber(value []byte) uint32 {
	if len(value) != 4 {
		return 1
	}
	return binary.BigEndian.Uint32(value)
}

// clearMarks removes marks. One that was raised meanwhile has another revision, and stays.
func clearMarks(ctx context.Context, items itemStore, marks []mark) error {
	for _, m := range marks {
		err := items.Delete(ctx, m.key, store.Write{Expect: m.rev, Relaxed: true})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("clear dirty mark %s: %w", m.key.Sort, err)
		}
	}
	return nil
}

// siteMarks returns the marks of a level for children of one site that begin in the span.
func siteMarks(ctx context.Context, items itemStore, lv level, gen uint32, site string, sp span) ([]mark, error) {
	prefix := fmt.Sprintf("%s#%d#", siteKey(site), gen)
	return readMarks(ctx, items, lv, ignored, store.Range{
		Partition: markBucket(lv, site), From: prefix + timeKey(sp.from), To: prefix + timeKey(sp.to),
	})
}

// allMarks returns the marks of a level of every site.
func allMarks(ctx context.Context, items itemStore, lv level, tell teller) ([]mark, error) {
	var all []mark
	for b := range markBuckets {
		marks, err := readMarks(ctx, items, lv, tell, store.Range{Partition: markPartition(lv, b)})
		if err != nil {
			return nil, err
		}
		all = append(all, marks...)
	}
	return all, nil
}

func readMarks(ctx context.Context, items itemStore, lv level, tell teller, r store.Range) ([]mark, error) {
	var marks []mark
	for it, err := range items.Scan(ctx, r) {
		if err != nil {
			return nil, fmt.Errorf("read dirty marks: %w", err)
		}
		m, err := parseMark(lv, it)
		if err != nil { // nobody can say of what it is
			tell("mark "+it.Key.Sort, err)
			continue
		}
		marks = append(marks, m)
	}
	return marks, nil
}

func parseMark(lv level, it store.Item) (mark, error) {
	parts := strings.Split(it.Key.Sort, "#")
	if len(parts) != 4 {
		return mark{}, fmt.Errorf("dirty mark %q: %w", it.Key.Sort, ErrCorrupt)
	}
	gen, err1 := strconv.ParseUint(parts[1], 10, 32)
	start, err2 := parseTimeKey(parts[2])
	cell, err3 := strconv.Atoi(parts[3])
	if err := errors.Join(err1, err2, err3); err != nil {
		return mark{}, fmt.Errorf("dirty mark %q: %w: %w", it.Key.Sort, ErrCorrupt, err)
	}
	return mark{
		level: lv, site: siteOfKey(parts[0]), gen: uint32(gen), child: child{start, cell},
		n: markNumber(it.Value), key: it.Key, rev: it.Revision,
	}, nil
}

// touchMarks gives the marks of a generation's logs new revisions: whoever read one before does not clear it any more.
func touchMarks(ctx context.Context, items itemStore, gen uint32, site string, from int64) error {
	marks, err := siteMarks(ctx, items, minutes, gen, site, span{from, forEver})
	if err != nil {
		return err
	}
	for _, m := range marks {
		_, err := items.Put(ctx, m.key, binary.BigEndian.AppendUint32(nil, m.n), store.Write{Expect: m.rev})
		if err != nil && !errors.Is(err, store.ErrConflict) { // raised again, or cleared: either was after the site was written, or before it is rolled up
			return fmt.Errorf("touch dirty mark %s: %w", m.key.Sort, err)
		}
	}
	return nil
}
