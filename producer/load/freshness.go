package load

import (
	"slices"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Freshness measures how long events take until they are visible in a live view that tells how many events each window of event time has. An
// event cannot be told from the next in it, but the view cannot show n events of a window before n were sent: so the n-th of a window, in the order in which they
// were accepted, counts as visible when the view first shows n. What comes in another order changes who is matched with whom, not the mean, and the
// quantiles little. Nobody else may send to the site meanwhile.
type Freshness struct {
	seen func(after time.Duration)

	mu      sync.Mutex // guards windows
	windows map[int64]*shownWindow
}

// shownWindow is a window of event time.
type shownWindow struct {
	due    []int64 // Unix nanoseconds, of the accepted events that are not matched yet
	first  int64   // the number of due[0]
	frames []frame
}

// frame is when a window was first shown with so many events of ours.
type frame struct {
	events int64
	at     int64 // Unix nanoseconds
}

// forgetWindows is how many windows may be open; older ones have long left the view.
const forgetWindows = 120

// NewFreshness calls seen for what becomes visible.
func NewFreshness(seen func(after time.Duration)) *Freshness {
	return &Freshness{seen: seen, windows: map[int64]*shownWindow{}}
}

func (f *Freshness) window(start int64) *shownWindow {
	w := f.windows[start]
	if w == nil {
		if len(f.windows) >= forgetWindows {
			f.forget()
		}
		w = &shownWindow{}
		f.windows[start] = w
	}
	return w
}

func (f *Freshness) forget() {
	starts := make([]int64, 0, len(f.windows))
	for s := range f.windows {
		starts = append(starts, s)
	}
	slices.Sort(starts)
	for _, s := range starts[:len(starts)/2] {
		delete(f.windows, s)
	}
}

// Sent notes that an event was accepted which the live view shows.
func (f *Freshness) Sent(it Item) {
	f.mu.Lock()
	w := f.window(event.Window(it.TS))
	w.due = append(w.due, it.Due)
	visible := w.match()
	f.mu.Unlock()
	f.tell(visible)
}

func (f *Freshness) tell(visible []time.Duration) {
	for _, after := range visible {
		f.seen(after)
	}
}

// Shown notes that the view shows so many of our events in the window that starts then, in Unix milliseconds.
func (f *Freshness) Shown(window, events int64, at time.Time) {
	f.mu.Lock()
	w := f.window(window)
	var visible []time.Duration
	if n := len(w.frames); n == 0 || w.frames[n-1].events < events {
		w.frames = append(w.frames, frame{events, at.UnixNano()})
		visible = w.match()
	}
	f.mu.Unlock()
	f.tell(visible)
}

// match takes the events that are both accepted and shown, and returns how long each took.
func (w *shownWindow) match() (visible []time.Duration) {
	for _, due := range w.due {
		n := w.first + int64(len(visible)) // the number of this one
		for len(w.frames) > 1 && w.frames[0].events <= n {
			w.frames = w.frames[1:]
		}
		if len(w.frames) == 0 || w.frames[0].events <= n {
			break
		}
		visible = append(visible, time.Duration(w.frames[0].at-due))
	}
	w.due = w.due[len(visible):]
	w.first += int64(len(visible))
	return visible
}

// Waiting is how many accepted events are not visible yet.
func (f *Freshness) Waiting() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.windows {
		n += len(w.due)
	}
	return n
}
