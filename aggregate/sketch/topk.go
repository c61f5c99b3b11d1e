package sketch

import (
	"cmp"
	"slices"
)

// TopK counts by key: exactly while there are no more different keys than its size, and from there on the most frequent ones. It
// is Space-Saving (A. Metwally et al., "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005) in the form of Misra and Gries that it is isomorphic
// to, which merges (P. Agarwal et al., "Mergeable Summaries", PODS 2012): of N events at most Absent <= N/(size+1) are missing from a row, or belong
// to a key without one, also after merging, and no row says too much.
//
// While it is exact, neither the order nor the nesting of additions and merges shows in it.
type TopK struct {
	size   int
	rows   []Row
	index  map[string]int32
	absent uint64
}

// Row is a key of a TopK and how often it was counted.
type Row struct {
	Key string
	Counts
}

// Counts are events, and those of them that are pageviews.
type Counts struct {
	Events, Pageviews uint64
	// Missed is how many events, and pageviews, there may be beside these.
	Missed uint64
}

// NewTopK returns a table that keeps the given number of rows.
func NewTopK(size int) *TopK { return &TopK{size: size} }

// Add counts events of a key, so many of them pageviews.
func (t *TopK) Add(key string, events, pageviews uint64) {
	r := t.row(key, t.absent)
	r.Events += events
	r.Pageviews += pageviews
	if len(t.rows) >= 2*t.size+64 {
		t.settle()
	}
}

// row returns the row of a key; a new one has missed so many events.
func (t *TopK) row(key string, missed uint64) *Row {
	i, known := t.index[key]
	if !known {
		if t.index == nil {
			t.index = make(map[string]int32)
		}
		i = int32(len(t.rows))
		t.index[key] = i
		t.rows = append(t.rows, Row{key, Counts{Missed: missed}})
	}
	return &t.rows[i]
}

// Merge adds everything that o counted, which must be of the same size. o is not changed.
func (t *TopK) Merge(o *TopK) {
	for i := range t.rows {
		if _, both := o.index[t.rows[i].Key]; !both {
			t.rows[i].Missed += o.absent
		}
	}
	for _, from := range o.rows {
		r := t.row(from.Key, t.absent)
		r.Events += from.Events
		r.Pageviews += from.Pageviews
		r.Missed += from.Missed
	}
	t.absent += o.absent
	t.settle()
}

// most is how many events a row can stand for.
func (r *Row) most() uint64 { return r.Events + r.Missed }

// settle cuts to the rows that can stand for most.
func (t *TopK) settle() {
	if len(t.rows) <= t.size {
		return
	}
	slices.SortFunc(t.rows, func(a, b Row) int { return cmp.Or(cmp.Compare(b.most(), a.most()), cmp.Compare(a.Key, b.Key)) })
	t.absent = max(t.absent, t.rows[t.size].most())
	clear(t.rows[t.size:])
	t.rows = t.rows[:t.size]
	clear(t.index)
	for i, r := range t.rows {
		t.index[r.Key] = int32(i)
	}
}

// Exact reports whether the table has a row for every key, and nothing is missing.
func (t *TopK) Exact() bool { return t.absent == 0 && len(t.rows) <= t.size }

// Absent returns how many events a key can have that has no row.
func (t *TopK) Absent() uint64 {
	t.settle()
	return t.absent
}

// Rows returns the rows, those with the most events first, and among equals in order of their keys.
func (t *TopK) Rows() []Row {
	t.settle()
	rows := slices.Clone(t.rows)
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Key, b.Key)) })
	return rows
}

// Get returns the counts of a key.
func (t *TopK) Get(key string) Counts {
	t.settle()
	if i, known := t.index[key]; known {
		return t.rows[i].Counts
	}
	return Counts{Missed: t.absent}
}
