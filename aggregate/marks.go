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

// A dirty mark says that the roll-up of a minute does not hold delta n of one of its logs. It is raised before that delta is appended, and
// it is cleared only by a roll-up whose vector holds n. Raised after the append, or without the number, it would lose updates
// when the writer dies between the two.

// markBuckets spreads the marks of different sites over partitions.
const markBuckets = 16

// markState is what a writer knows of its last mark for a log, to raise it again in one call.
type markState struct {
	n   uint32
	rev store.Revision
}

type mark struct {
	log Log
	n   uint32
	key store.Key
	rev store.Revision
}

func markBucket(site string) string {
	return "X#minute#" + strconv.FormatUint(xxh3.HashString(siteKey(site))%markBuckets, 10)
}

func markKey(log Log) store.Key {
	return store.Key{
		Partition: markBucket(log.Site),
		Sort:      fmt.Sprintf("%s#%d#%s#%d", siteKey(log.Site), log.Gen, timeKey(log.Window), log.Cell),
	}
}

// raiseMark makes sure that the mark of the log is at least n.
func raiseMark(ctx context.Context, items itemStore, log Log, n uint32, known *markState) error {
	key := markKey(log)
	for {
		value := binary.BigEndian.AppendUint32(nil, max(n, known.n))
		rev, err := items.Put(ctx, key, value, store.Write{Expect: known.rev, Relaxed: true})
		if err == nil {
			*known = markState{n: max(n, known.n), rev: rev}
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("raise dirty mark of %v: %w", log, err)
		}
		it, err := items.Get(ctx, key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			*known = markState{}
			continue
		case err != nil:
			return fmt.Errorf("read dirty mark of %v: %w", log, err)
		case len(it.Value) != 4:
			return fmt.Errorf("dirty mark of %v: %w", log, ErrCorrupt)
		}
		*known = markState{n: binary.BigEndian.Uint32(it.Value), rev: it.Revision}
		if known.n >= n {
			return nil
		}
	}
}

// clearMarks removes the marks that the vector covers. One that was raised meanwhile has another revision, and stays.
func clearMarks(ctx context.Context, items itemStore, marks []mark, v vector) error {
	for _, m := range marks {
		if v[windowCell{m.log.Window, m.log.Cell}] < m.n {
			continue
		}
		err := items.Delete(ctx, m.key, store.Write{Expect: m.rev, Relaxed: true})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("clear dirty mark of %v: %w", m.log, err)
		}
	}
	return nil
}

// siteMarks returns the marks of one site's windows in [from, to).
func siteMarks(ctx context.Context, items itemStore, gen uint32, site string, from, to int64) ([]mark, error) {
	prefix := fmt.Sprintf("%s#%d#", siteKey(site), gen)
	return readMarks(ctx, items, store.Range{
		Partition: markBucket(site), From: prefix + timeKey(from), To: prefix + timeKey(to),
	})
}

// allMarks returns the marks of every site.
func allMarks(ctx context.Context, items itemStore) ([]mark, error) {
	var all []mark
	for b := range markBuckets {
		marks, err := readMarks(ctx, items, store.Range{Partition: "X#minute#" + strconv.Itoa(b)})
		if err != nil {
			return nil, err
		}
		all = append(all, marks...)
	}
	return all, nil
}

func readMarks(ctx context.Context, items itemStore, r store.Range) ([]mark, error) {
	var marks []mark
	for it, err := range items.Scan(ctx, r) {
		if err != nil {
			return nil, fmt.Errorf("read dirty marks: %w", err)
		}
		m, err := parseMark(it)
		if err != nil {
			return nil, err
		}
		marks = append(marks, m)
	}
	return marks, nil
}

func parseMark(it store.Item) (mark, error) {
	parts := strings.Split(it.Key.Sort, "#")
	if len(parts) != 4 || len(it.Value) != 4 {
		return mark{}, fmt.Errorf("dirty mark %q: %w", it.Key.Sort, ErrCorrupt)
	}
	gen, err1 := strconv.ParseUint(parts[1], 10, 32)
	window, err2 := parseTimeKey(parts[2])
	cell, err3 := strconv.Atoi(parts[3])
	if err := errors.Join(err1, err2, err3); err != nil {
		return mark{}, fmt.Errorf("dirty mark %q: %w", it.Key.Sort, err)
	}
	return mark{
		log: Log{Gen: uint32(gen), Site: siteOfKey(parts[0]), Window: window, Cell: cell},
		n:   binary.BigEndian.Uint32(it.Value), key: it.Key, rev: it.Revision,
	}, nil
}
