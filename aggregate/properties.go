package aggregate

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// Properties returns the keys of the properties that counted events of a span have, which is widened to whole windows: those of the most events first. It reads no
// column. complete is false where keys may be missing: of events that are in no sample any more, a summary may have had no room for a property.
func (r *Reader) Properties(ctx context.Context, site Site, from, to int64) (keys []string, complete bool, _ Reading, err error) {
	from, to = r.widen(site, from, to)
	s, err := r.stretchOf(ctx, site, span{from, to}, days)
	if err != nil {
		return nil, false, Reading{}, err
	}
	events := make(map[string]uint64)
	complete = s.unreadable == 0
	for _, part := range s.forCounts() {
		for key, n := range part.Sample.Props {
			events[key] += uint64(n)
		}
		for p, c := range part.Rest.Props {
			events[p.Key] += c.Events
		}
		complete = complete && part.Rest.PropsAbsent() == 0
	}
	keys = slices.SortedFunc(maps.Keys(events), func(a, b string) int { return cmp.Or(cmp.Compare(events[b], events[a]), cmp.Compare(a, b)) })
	return keys, complete, s.reading(), nil
}
