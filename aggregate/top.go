package aggregate

import (
	"cmp"
	"slices"
)

// Row is a row of a table of counts.
type Row struct {
	Name  string
	Count uint64
}

// Top returns the n largest rows, the largest first; rows of the same count in order of their names.
func Top(rows map[string]uint64, n int) []Row {
	all := make([]Row, 0, len(rows))
	for name, count := range rows {
		all = append(all, Row{name, count})
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return all[:min(n, len(all))]
}
