package aggregate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
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

	mu     sync.Mutex // guards hinted
	hinted map[Log]struct{}

	subs    map[*subscriber]struct{}
	windows *liveWindows
	pending map[int64]struct{} // windows that changed and that no frame has told of
	books   liveBooks
	boot    string // tells the cursors of this feed from those of an earlier one
	seq     uint64
	recent  []change // the last frames, for those who come back
	scanned time.Time
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
		hinted: make(map[Log]struct{}), subs: make(map[*subscriber]struct{}),
		windows: newLiveWindows(), pending: make(map[int64]struct{}), boot: strconv.FormatUint(rand.Uint64(), 36),
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
	f.mu.Lock()
	f.hinted[log] = struct{}{}
	f.mu.Unlock()
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
	if f.scanned.IsZero() {
		f.refresh()
	}
	f.subs[s] = struct{}{} // only now: the first frame it gets is the one that follows
	if f.scanned.IsZero() {
		f.drop(s) // the store does not answer; the reader comes again
		return
	}
	windows, known := f.since(s.last)
	if !known {
		windows = f.windows.starts()
	}
	f.send(s, f.frame(windows, !known))
}

// since returns the windows that changed after the frame of that cursor, if it is still known.
func (f *feed) since(cursor string) ([]int64, bool) {
	boot, number, _ := strings.Cut(cursor, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || boot != f.boot || seq > f.seq {
		return nil, false
	}
	if seq < f.seq && (len(f.recent) == 0 || f.recent[0].seq > seq+1) {
		return nil, false
	}
	changed := make(map[int64]struct{})
	for _, c := range f.recent {
		if c.seq > seq {
			for _, w := range c.windows {
				changed[w] = struct{}{}
			}
		}
	}
	return slices.Sorted(maps.Keys(changed)), true
}

// refresh reads what changed and tells all readers. When the store does not answer it does nothing: the next one makes up for it.
func (f *feed) refresh() {
	now := f.live.now()
	if err := f.read(now); err != nil {
		return
	}
	changed := slices.Sorted(maps.Keys(f.pending))
	clear(f.pending)
	f.windows.forgetBefore(now.UnixMilli() - liveSpanMS - minuteMS)
	f.seq++
	f.recent = append(f.recent, change{f.seq, changed})
	if len(f.recent) > recentChanges {
		f.recent = slices.Delete(f.recent, 0, 1)
	}
	if len(f.subs) == 0 {
		return
	}
	frame := f.frame(changed, false)
	for s := range f.subs {
		f.send(s, frame)
	}
}

// read brings windows and books up to date. The windows that changed are pending then, also after an error.
func (f *feed) read(now time.Time) error {
	f.mu.Lock()
	hinted := f.hinted
	f.hinted = make(map[Log]struct{})
	f.mu.Unlock()
	sp := span{floor(now.UnixMilli()-liveSpanMS, minuteMS), now.UnixMilli() + currentSpanMS}
	for log := range hinted {
		if log.Window < sp.from || log.Window >= sp.to {
			continue // past, or a guard far ahead: only the books tell of it
		}
		if err := f.windows.catchUp(f.ctx, f.live.reader.store, log, f.pending); err != nil {
			f.scanned = time.Time{} // the hint is lost: read everything again
			return err
		}
	}
	if now.Sub(f.scanned) >= rescanEvery {
		if err := f.windows.scan(f.ctx, f.live.reader.store, f.site, sp, f.pending); err != nil {
			return err
		}
		f.scanned = now
	}
	return f.books.refresh(f, now, len(hinted)+len(f.pending) > 0)
}

func (f *feed) frame(windows []int64, snapshot bool) Frame {
	now := f.live.now().UnixMilli()
	v := LiveView{Site: f.site.ID, AsOf: now, LagMS: f.live.lag().Milliseconds(), Windows: []LiveWindow{}, Ledger: f.books.view}
	for _, t := range windows {
		if w, ok := f.windows.at(t); ok {
			v.Windows = append(v.Windows, w)
		}
	}
	v.CurrentVisitors, v.CurrentExact = f.windows.current(now)
	v.Pages, v.PagesExact = f.windows.top(now)
	return Frame{ID: fmt.Sprintf("%s-%d", f.boot, f.seq), Snapshot: snapshot, Data: encodeView(&v)}
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

// liveBooks is the ledger of a feed. Reading it costs more the longer a site's history is, so it is read no more than a
// twentieth of the time.
type liveBooks struct {
	view *BooksView
	read time.Time
	cost time.Duration
	due  bool
}

const (
	booksEvery = time.Second
	booksIdle  = 10 * time.Second // accepted events that wait change the books without a commit
)

func (b *liveBooks) refresh(f *feed, now time.Time, changed bool) error {
	b.due = b.due || changed || now.Sub(b.read) >= booksIdle
	if !b.due || now.Sub(b.read) < max(booksEvery, 20*b.cost) && b.view != nil {
		return nil
	}
	if err := f.live.flush(f.ctx); err != nil {
		return err
	}
	books, err := f.live.reader.Books(f.ctx, f.site.ID, 0, 0)
	if err != nil {
		return err
	}
	b.view, b.read, b.due = books.View(), now, false
	b.cost = f.live.now().Sub(now)
	return nil
}
