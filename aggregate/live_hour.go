package aggregate

import (
	"context"
	"maps"
	"slices"
	"time"
)

// HourView is the last hour of a site, for who wants to see it as it went by. Times are in Unix milliseconds.
type HourView struct {
	Site    string       `json:"site"`
	From    int64        `json:"from"`
	To      int64        `json:"to"`
	Windows []LiveWindow `json:"windows"` // those in which something was counted
	Minutes []HourMinute `json:"minutes"`
	Events  []LiveEvent  `json:"events"` // a selection, in order of time
}

// HourMinute has the tables of a minute.
type HourMinute struct {
	T    int64              `json:"t"`
	Tops map[string]LiveTop `json:"tops"`
}

const (
	hourSpanMS = hourMS
	hourEvents = 500
	// minuteEvents is how many events of a minute are shown, minuteBodies of how many deltas, each time that the minute is looked at: whenever there is
	// more of it while it is one of the last two, else once.
	minuteEvents = 8
	minuteBodies = 4
	// minuteRows is how many rows of a table are kept of a minute.
	minuteRows = 500
	// hourNewestMS is what is read each time; everything is once in hourRescan.
	hourNewestMS = 3 * minuteMS
	hourRescan   = 5 * time.Minute
)

// pastHour is what is known of the last hour of a site. It is read on and on. Not for concurrent use.
type pastHour struct {
	live    *Live
	site    Site
	windows *liveWindows
	minutes map[int64]*pastMinute
	scanned time.Time
}

// pastMinute is what is shown of a minute.
type pastMinute struct {
	tops   *liveTops
	events []LiveEvent
	looked bool // at its bodies
}

func newPastHour(l *Live, site Site) *pastHour {
	h := &pastHour{live: l, site: site, minutes: make(map[int64]*pastMinute)}
	h.windows = newLiveWindows(site, func(window int64, head *head) { h.minute(window).tops.add(head) })
	return h
}

func (h *pastHour) minute(window int64) *pastMinute {
	m := floor(window, minuteMS)
	if h.minutes[m] == nil {
		h.minutes[m] = &pastMinute{tops: newLiveTops()}
	}
	return h.minutes[m]
}

func (h *pastHour) answer(ctx context.Context) (Answer, error) {
	at := h.live.now()
	now := at.UnixMilli()
	all := span{floor(now-hourSpanMS, minuteMS), now + currentSpanMS}
	sp, found := all, news{windows: make(map[int64]struct{})}
	if at.Sub(h.scanned) < hourRescan {
		sp.from = max(sp.from, floor(now-hourNewestMS, minuteMS))
	}
	h.windows.forgetBefore(all.from)
	maps.DeleteFunc(h.minutes, func(m int64, _ *pastMinute) bool { return m < all.from })
	err := h.windows.scan(ctx, h.live.reader.store, sp, &found)
	h.look(ctx, now, found.deltas)
	if err != nil {
		h.scanned = time.Time{}
		return Answer{}, err
	}
	if sp == all {
		h.scanned = at
	}
	v := h.view(span{all.from, now})
	content := *v
	content.To = 0
	return Answer{Tag: tagOf(encodeJSON(&content)), Data: encodeJSON(v)}, nil
}

// look takes events from the bodies of deltas that have come.
func (h *pastHour) look(ctx context.Context, now int64, deltas []deltaRef) {
	byMinute := make(map[int64][]deltaRef)
	for _, ref := range deltas {
		m := floor(ref.log.Window, minuteMS)
		byMinute[m] = append(byMinute[m], ref)
	}
	for m, refs := range byMinute {
		minute := h.minute(m)
		if minute.looked && m < now-2*minuteMS {
			continue
		}
		minute.looked = true
		slices.SortStableFunc(refs, func(a, b deltaRef) int { return int(a.log.Window - b.log.Window) })
		for _, ref := range spread(refs, minuteBodies) {
			events, err := readEvents(ctx, h.live.reader.store, ref, minuteEvents)
			if err == nil { // else they are not shown; nothing is counted by them
				minute.events = append(minute.events, events...)
			}
		}
		minute.events = spread(newestEvents(minute.events, len(minute.events)), minuteEvents)
		minute.tops.trim(minuteRows)
	}
}

// spread returns at most n of the values, as far from each other as can be, the last among them.
func spread[T any](values []T, n int) []T {
	if len(values) <= n {
		return values
	}
	some := make([]T, 0, n)
	for i := 1; i <= n; i++ {
		some = append(some, values[i*len(values)/n-1])
	}
	return some
}

func (h *pastHour) view(sp span) *HourView {
	v := &HourView{Site: h.site.ID, From: sp.from, To: sp.to, Windows: []LiveWindow{}, Minutes: []HourMinute{}, Events: []LiveEvent{}}
	for _, t := range h.windows.starts() {
		if w, ok := h.windows.at(t); ok {
			v.Windows = append(v.Windows, w)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(h.minutes)) {
		h.minutes[m].tops.settle()
		v.Minutes = append(v.Minutes, HourMinute{m, h.minutes[m].tops.since(nil)})
		v.Events = append(v.Events, h.minutes[m].events...)
	}
	v.Events = newestEvents(v.Events, hourEvents)
	return v
}
