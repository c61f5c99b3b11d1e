package sketch

import (
	"cmp"
	"encoding/binary"
	"slices"
)

const topKVersion = 1

// AppendBinary appends the encoding of the table.
func (t *TopK) AppendBinary(b []byte) []byte {
	t.settle()
	rows := slices.Clone(t.rows)
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	b = append(b, topKVersion)
	b = binary.AppendUvarint(b, uint64(t.size))
	b = binary.AppendUvarint(b, t.absent)
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, r := range rows {
		b = binary.AppendUvarint(b, uint64(len(r.Key)))
		b = append(b, r.Key...)
		for _, n := range [3]uint64{r.Events, r.Pageviews, r.Missed} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

// DecodeTopK reads what AppendBinary wrote.
func DecodeTopK(b []byte) (*TopK, error) {
	r := reader{b: b}
	r.version("table", topKVersion)
	size, absent := r.uvarint(), r.uvarint()
	n := r.count(4)
	if size < 1 || size > maxK || uint64(n) > size {
		r.fail()
		n = 0
	}
	t := &TopK{size: int(size), absent: absent, rows: make([]Row, n), index: make(map[string]int32, n)}
	for i := range t.rows {
		t.rows[i] = Row{r.string(), Counts{r.uvarint(), r.uvarint(), r.uvarint()}}
		t.index[t.rows[i].Key] = int32(i)
		if i > 0 && t.rows[i].Key <= t.rows[i-1].Key {
			r.fail()
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(r.b) != 0 {
		return nil, ErrCorrupt
	}
	return t, nil
}
