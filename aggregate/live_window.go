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
	site    Site
	windows map[int64]*liveWindow
	// taken is told of every head that a window has in it.
	taken func(window int64, h *head)
}

type liveWindow struct {
	known    map[int]uint32 // cell → number of the last delta read
	events   uint64
	views    uint64
	visitors *sketch.Distinct
}

// deltaRef names a delta.
type deltaRef struct {
	log Log
	n   uint32
}

// news is what was read of late.
type news struct {
	windows map[int64]struct{} // that changed
	deltas  []deltaRef         // that count events
}

func newLiveWindows(site Site, taken func(window int64, h *head)) *liveWindows {
	return &liveWindows{site: site, windows: make(map[int64]*liveWindow), taken: taken}
}

func (l *liveWindows) window(t int64) *liveWindow {
	w := l.windows[t]
	if w == nil {
		w = &liveWindow{known: make(map[int]uint32), visitors: sketch.NewDistinct(headDistinct * 4)}
		l.windows[t] = w
	}
	return w
}

// lastRead returns the number of the last delta that was read of a log, zero where there is none.
func (l *liveWindows) lastRead(window int64, cell int) uint32 {
	if w := l.windows[window]; w != nil {
		return w.known[cell]
	}
	return 0
}

// catchUp reads the deltas of a log that are not known yet.
func (l *liveWindows) catchUp(ctx context.Context, s logStore, log Log, found *news) error {
	entries, err := s.Read(ctx, log.key(), l.lastRead(log.Window, log.Cell), store.Heads)
	if err != nil {
		return fmt.Errorf("read log of %v: %w", log, err)
	}
	for _, e := range entries {
		if err := l.take(child{log.Window, log.Cell}, e, found); err != nil {
			return err
		}
	}
	return nil
}

// scan reads all logs of the site within the span.
func (l *liveWindows) scan(ctx context.Context, s store.Store, sp span, found *news) error {
	cells, err := cellsWithin(ctx, s, l.site.Gen, l.site.ID, sp.from, sp.to)
	if err != nil {
		return err
	}
	for _, hc := range cells {
		err := eachEntry(ctx, s, hc.log(l.site.Gen, l.site.ID), sp, store.Heads, func(k child, e store.Entry) error {
			return l.take(k, e, found)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds a delta, if it is the next one of its log.
func (l *liveWindows) take(k child, e store.Entry, found *news) error {
	w := l.window(k.start)
	if e.N != w.known[k.cell]+1 {
		return nil
	}
	h, err := decodeHead(e.Head)
	w.known[k.cell] = e.N
	if IsDamage(err) { // the books say that something is missing
		found.windows[k.start] = struct{}{}
		return nil
	}
	if err != nil {
		return err
	}
	w.events += h.events
	w.views += h.pageviews
	w.visitors.Merge(h.visitors)
	l.taken(k.start, h)
	found.windows[k.start] = struct{}{}
	if h.events > 0 {
		found.deltas = append(found.deltas, deltaRef{Log{l.site.Gen, l.site.ID, k.start, k.cell}, e.N})
	}
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

// forgetBefore forgets windows that have passed.
func (l *liveWindows) forgetBefore(t int64) {
	maps.DeleteFunc(l.windows, func(w int64, _ *liveWindow) bool { return w < t })
}
