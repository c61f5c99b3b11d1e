package aggregate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// liveWindows are the windows of a live view, each the fold of the heads that were read of its logs.
type liveWindows struct {
	windows map[int64]*liveWindow
}

type liveWindow struct {
	known    map[int]uint32 // cell → number of the last delta read
	events   uint64
	views    uint64
	pages    map[string]uint64
	visitors *sketch.Distinct
	cut      bool
}

func newLiveWindows() *liveWindows { return &liveWindows{windows: make(map[int64]*liveWindow)} }

func (l *liveWindows) window(t int64) *liveWindow {
	w := l.windows[t]
	if w == nil {
		w = &liveWindow{known: make(map[int]uint32), pages: make(map[string]uint64), visitors: sketch.NewDistinct(headDistinct * 4)}
		l.windows[t] = w
	}
	return w
}

// catchUp reads the deltas of a log that are not known yet.
func (l *liveWindows) catchUp(ctx context.Context, s logStore, log Log, changed map[int64]struct{}) error {
	entries, err := s.Read(ctx, log.key(), l.window(log.Window).known[log.Cell], store.Heads)
	if err != nil {
		return fmt.Errorf("read log of %v: %w", log, err)
	}
	for _, e := range entries {
		if err := l.take(child{log.Window, log.Cell}, e, changed); err != nil {
			return err
		}
	}
	return nil
}

// scan reads all logs of a site within the span.
func (l *liveWindows) scan(ctx context.Context, s store.Store, site Site, sp span, changed map[int64]struct{}) error {
	cells, err := cellsWithin(ctx, s, site.Gen, site.ID, sp.from, sp.to)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		err := eachEntry(ctx, s, hc.log(site.Gen, site.ID), sp, store.Heads, func(k child, e store.Entry) error {
			return l.take(k, e, changed)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds a delta, if it is the next one of its log.
func (l *liveWindows) take(k child, e store.Entry, changed map[int64]struct{}) error {
	w := l.window(k.start)
	if e.N != w.known[k.cell]+1 {
		return nil
	}
	h, err := decodeHead(e.Head)
	if err != nil {
		return err
	}
	w.known[k.cell] = e.N
	w.events += h.events
	w.views += h.pageviews
	for page, n := range h.tables[headPages] {
		w.pages[page] += n
	}
	w.visitors.Merge(h.visitors)
	w.cut = w.cut || h.cut
	changed[k.start] = struct{}{}
	return nil
}

func (l *liveWindows) starts() []int64 { return slices.Sorted(maps.Keys(l.windows)) }

func (l *liveWindows) at(t int64) (LiveWindow, bool) {
	w, ok := l.windows[t]
	if !ok {
		return LiveWindow{}, false
	}
	return LiveWindow{T: t, Events: w.events, Pageviews: w.views, Visitors: w.visitors.Count()}, true
}

// current returns how many visitors were seen in the last five minutes, and whether that is exact.
func (l *liveWindows) current(now int64) (uint64, bool) {
	all := sketch.NewDistinct(headDistinct * 4)
	for t, w := range l.windows {
		if t+event.WindowMS > now-currentSpanMS {
			all.Merge(w.visitors)
		}
	}
	return all.Count(), all.Exact()
}

// top returns the most viewed pages, and whether their counts are exact.
func (l *liveWindows) top(now int64) ([]LivePage, bool) {
	sum := make(map[string]uint64)
	exact := true
	for t, w := range l.windows {
		if t+event.WindowMS <= now-liveSpanMS {
			continue
		}
		exact = exact && !w.cut
		for page, n := range w.pages {
			sum[page] += n
		}
	}
	pages := []LivePage{}
	for _, r := range Top(sum, livePages) {
		pages = append(pages, LivePage{r.Name, r.Count})
	}
	return pages, exact
}

func (l *liveWindows) forgetBefore(t int64) {
	maps.DeleteFunc(l.windows, func(w int64, _ *liveWindow) bool { return w < t })
}
