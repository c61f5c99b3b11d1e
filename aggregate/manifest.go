package aggregate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

// manifest is a final value of a minute of a site. It is created once for each revision and never changes: the value is the fold of exactly the deltas that the
// vector names, which do not change either. What arrives later makes the next revision.
type manifest struct {
	minute   int64
	revision uint32
	n        uint32 // number of the minute's roll-up that it was made from
	vector   vector
	byAge    bool  // the minute was settled by its age: there may be events that had arrived and were not counted
	made     int64 // Unix milliseconds
	// damage is why nothing is known of it but what its key says.
	damage error

	ledger    Ledger
	events    uint64
	pageviews uint64
	visitors  uint64
	estimated bool              // visitors is
	names     map[string]uint64 // events by name: the top ones
	cut       bool              // names are missing
}

// manifestNames is of how many names of events a manifest keeps the numbers.
const manifestNames = 100

func manifestPartition(gen uint32, site string) string {
	return fmt.Sprintf("F#%d#%s", gen, siteKey(site))
}

func manifestKey(gen uint32, site string, minute int64, revision uint32) store.Key {
	return store.Key{Partition: manifestPartition(gen, site), Sort: fmt.Sprintf("%s#%08x", timeKey(minute), revision)}
}

// encode writes 1 an entry of the vector (1 start, 2 cell, 3 number), repeated; 2 the ledger; 3 the number of the roll-up; 4 when it was made; 5 whether it was
// settled by age; 6 events; 7 pageviews; 8 visitors; 9 whether these are estimated; 10 a row of names, repeated; 11 whether some are missing.
func (m *manifest) encode() []byte {
	b := []byte{wireVersion}
	b = m.vector.appendTo(b, 1)
	b = appendLedger(b, 2, m.ledger)
	b = appendUint(b, 3, uint64(m.n))
	b = appendUint(b, 4, uint64(m.made))
	b = appendFlag(b, 5, m.byAge)
	b = appendUint(b, 6, m.events)
	b = appendUint(b, 7, m.pageviews)
	b = appendUint(b, 8, m.visitors)
	b = appendFlag(b, 9, m.estimated)
	b = appendRows(b, 10, m.names)
	return appendFlag(b, 11, m.cut)
}

func appendFlag(b []byte, num protowire.Number, set bool) []byte {
	if !set {
		return b
	}
	return appendUint(b, num, 1)
}

func decodeManifest(b []byte) (*manifest, error) {
	b, err := versioned("manifest", b)
	if err != nil {
		return nil, err
	}
	m := &manifest{vector: make(vector), names: make(map[string]uint64)}
	numbers := map[protowire.Number]*uint64{6: &m.events, 7: &m.pageviews, 8: &m.visitors}
	flags := map[protowire.Number]*bool{5: &m.byAge, 9: &m.estimated, 11: &m.cut}
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch {
		case num == 1:
			err = m.vector.read(bytes)
		case num == 2:
			m.ledger, err = readLedger(bytes)
		case num == 3:
			m.n = uint32(v)
		case num == 4:
			m.made = int64(v)
		case num == 10:
			err = readRow(bytes, m.names)
		case numbers[num] != nil:
			*numbers[num] = v
		case flags[num] != nil:
			*flags[num] = v != 0
		}
		return err
	})
	if err == nil && m.n == 0 {
		err = ErrCorrupt
	}
	return m, err
}

// manifests returns the last revisions of the minutes that begin in the span, also where these cannot be read, and tells of it.
func manifests(ctx context.Context, items itemStore, gen uint32, site string, sp span, tell teller) (map[int64]*manifest, error) {
	all := make(map[int64]*manifest)
	rng := store.Range{Partition: manifestPartition(gen, site), From: timeKey(max(0, sp.from)), To: timeKey(max(0, sp.to))}
	for it, err := range items.Scan(ctx, rng) {
		if err != nil {
			return nil, fmt.Errorf("read manifests of site %s: %w", site, err)
		}
		m, err := readManifest(it)
		if err != nil {
			tell("manifest "+it.Key.Partition+it.Key.Sort, err)
			continue
		}
		all[m.minute] = m // revisions come in order
	}
	for minute, m := range all {
		if m.damage != nil {
			tell(fmt.Sprint("final value ", gen, site, minute), fmt.Errorf("site %q: a final value cannot be read, and is made again: %w", site, m.damage))
		}
	}
	return all, nil
}

// readManifest returns what an item says; where its value cannot be read, what the key says.
func readManifest(it store.Item) (*manifest, error) {
	minute, revision, _ := strings.Cut(it.Key.Sort, "#")
	at, err1 := parseTimeKey(minute)
	n, err2 := strconv.ParseUint(revision, 16, 32)
	if errors.Join(err1, err2) != nil {
		return nil, fmt.Errorf("manifest %q of %s: %w", it.Key.Sort, it.Key.Partition, ErrCorrupt)
	}
	m, err := decodeManifest(it.Value)
	if err != nil {
		m = &manifest{damage: fmt.Errorf("manifest %s of %s: %w", it.Key.Sort, it.Key.Partition, err)}
	}
	m.minute, m.revision = at, uint32(n)
	return m, nil
}

// measure makes a manifest of the roll-up of a minute and what is in it.
func measure(site Site, r *rollup, sum *Summary) (*manifest, error) {
	m := &manifest{minute: r.span.from, n: r.n, vector: r.vector, ledger: r.ledger}
	totals, err := evalAlone(site, sum, query.Query{
		From: r.span.from, To: r.span.to, Metrics: []query.Metric{query.Visitors, query.Pageviews, query.Events},
	})
	if err != nil {
		return nil, err
	}
	for _, row := range totals.Rows {
		m.visitors, m.pageviews, m.events = count(row.Values[0]), count(row.Values[1]), count(row.Values[2])
		m.estimated = row.Values[0].Err > 0
	}
	names, err := evalAlone(site, sum, query.Query{
		From: r.span.from, To: r.span.to, Metrics: []query.Metric{query.Events}, Dimensions: []query.Dimension{query.EventName}, Limit: manifestNames,
	})
	if err != nil {
		return nil, err
	}
	m.names = make(map[string]uint64)
	for _, row := range names.Rows {
		if n := count(row.Values[0]); n > 0 {
			m.names[row.Keys[0].Text] = n
		}
	}
	m.cut = names.Total > len(names.Rows) || !names.Exact
	return m, nil
}

func count(v query.Value) uint64 { return uint64(max(0, v.X) + 0.5) }

// evalAlone answers a query from one summary: one about hits, that nothing beside it matters for.
func evalAlone(site Site, sum *Summary, q query.Query) (query.Result, error) {
	needs, _ := q.Needs(site.Rules())
	var all stretch
	all.parts.add(sum)
	sample, err := sketch.Project(needs, all.parts.samples)
	if err != nil {
		return query.Result{}, fmt.Errorf("read sample of site %s: %w", site.ID, err)
	}
	return all.eval(&q, site.Rules(), sample)
}
