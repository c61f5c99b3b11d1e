package aggregate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// feed is the live view of one site. One goroutine owns everything but the hints.
type feed struct {
	live  *Live
	site  Site
	join  chan *subscriber
	leave chan *subscriber
	wake  chan struct{}
	done  chan struct{} // closed when run returns
	ctx   context.Context
	stop  context.CancelFunc

	hints hints

	subs    map[*subscriber]struct{}
	present *present
	told    [numHeadTables]uint64 // versions of the tops in the last frame for all
	boot    string                // tells the cursors of this feed from those of an earlier one
	seq     uint64
	recent  []change  // the last frames, for those who come back
	woken   time.Time // when a commit was last told of
}

// change says which windows a frame told about.
type change struct {
	seq     uint64
	windows []int64
}

const recentChanges = 64

type subscriber struct {
	frames chan Frame
	last   string
}

func newFeed(l *Live, site Site) *feed {
	f := &feed{
		live: l, site: site,
		join: make(chan *subscriber), leave: make(chan *subscriber),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		subs:    make(map[*subscriber]struct{}),
		present: newPresent(l, site, rescanEvery, booksStreamed), boot: strconv.FormatUint(rand.Uint64(), 36),
	}
	f.ctx, f.stop = context.WithCancel(context.Background())
	return f
}

// hint notes a log that has changed, and wakes the feed. Where the site was removed and taken anew, the feed ends: its readers come again, to one
// of the new generation.
func (f *feed) hint(log Log) {
	switch {
	case log.Gen > f.site.Gen:
		f.stop()
		return
	case log.Gen < f.site.Gen:
		return
	}
	f.hints.add(log)
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// leaveAfter takes the reader out when ctx ends.
func (f *feed) leaveAfter(ctx context.Context, sub *subscriber) {
	context.AfterFunc(ctx, func() {
		select {
		case f.leave <- sub:
		case <-f.done:
		}
	})
}

// run serves readers until the last has left, or until stop.
func (f *feed) run() {
	defer f.end()
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case s := <-f.join:
			f.welcome(s)
		case s := <-f.leave:
			f.drop(s)
			if len(f.subs) == 0 {
				return
			}
		case <-f.wake:
			f.rest()
			f.refresh()
		case <-tick.C:
			if len(f.subs) == 0 { // who started it was gone before it could join
				return
			}
			f.refresh()
		}
	}
}

// end takes the feed out of service, so that the next reader starts a new one.
func (f *feed) end() {
	f.live.mu.Lock()
	if f.live.feeds[f.site.ID] == f {
		delete(f.live.feeds, f.site.ID)
	}
	f.live.mu.Unlock()
	for s := range f.subs {
		f.drop(s)
	}
	f.stop()
	close(f.done)
}

// rest waits until liveGap after the last commit that was told of: the first after a quiet moment is shown at once, and a busy site does not send a
// frame for each.
func (f *feed) rest() {
	if pause := liveGap - f.live.now().Sub(f.woken); pause > 0 {
		t := time.NewTimer(min(pause, liveGap)) // the clock may have stepped back
		defer t.Stop()
		select {
		case <-f.ctx.Done():
		case <-t.C:
		}
	}
	select {
	case <-f.wake:
	default:
	}
	f.woken = f.live.now()
}

// welcome sends a new reader what brings it up to date.
func (f *feed) welcome(s *subscriber) {
	if f.present.scanned.IsZero() {
		f.refresh()
	}
	f.subs[s] = struct{}{} // only now: the first frame it gets is the one that follows
	if f.present.scanned.IsZero() {
		f.drop(s) // the store does not answer; the reader comes again
		return
	}
	seq, windows, known := f.since(s.last)
	if !known {
		f.send(s, newFrame(f.cursor(), true, f.present.whole()))
		return
	}
	v := f.present.view(windows)
	v.Tops, v.Events = f.present.tops.since(nil), f.present.events.after(seq, recentEvents)
	f.send(s, newFrame(f.cursor(), false, v))
}

func (f *feed) cursor() string { return fmt.Sprintf("%s-%d", f.boot, f.seq) }

// since returns the number of the frame of a cursor and the windows that changed after it, if it is still known.
func (f *feed) since(cursor string) (seq uint64, windows []int64, known bool) {
	boot, number, _ := strings.Cut(cursor, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || boot != f.boot || seq > f.seq {
		return 0, nil, false
	}
	if seq < f.seq && (len(f.recent) == 0 || f.recent[0].seq > seq+1) {
		return 0, nil, false
	}
	changed := make(map[int64]struct{})
	for _, c := range f.recent {
		if c.seq > seq {
			for _, w := range c.windows {
				changed[w] = struct{}{}
			}
		}
	}
	return seq, slices.Sorted(maps.Keys(changed)), true
}

// refresh reads what changed and tells all readers. When the store does not answer it does nothing: the next one makes up for it.
func (f *feed) refresh() {
	now := f.live.now()
	if err := f.present.read(f.ctx, now, f.hints.take()); err != nil {
		return
	}
	f.seq++
	changed := slices.Sorted(maps.Keys(f.present.settle(f.ctx, now, f.seq)))
	f.recent = append(f.recent, change{f.seq, changed})
	if len(f.recent) > recentChanges {
		f.recent = slices.Delete(f.recent, 0, 1)
	}
	if len(f.subs) == 0 {
		return
	}
	v := f.present.view(changed)
	v.Tops, v.Events = f.present.tops.since(&f.told), f.present.events.after(f.seq-1, frameEvents)
	frame := newFrame(f.cursor(), false, v)
	for s := range f.subs {
		f.send(s, frame)
	}
}

// send never waits: a reader that is liveBacklog frames behind is let go.
func (f *feed) send(s *subscriber, frame Frame) {
	select {
	case s.frames <- frame:
	default:
		f.drop(s)
	}
}

func (f *feed) drop(s *subscriber) {
	if _, ok := f.subs[s]; ok {
		delete(f.subs, s)
		close(s.frames)
	}
}
