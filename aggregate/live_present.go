package aggregate

import (
	"context"
	"time"
)

// present is what is known of the last ten minutes of a site. It is read on and on, and costs a little each time. Not for concurrent use.
type present struct {
	live    *Live
	site    Site
	windows *liveWindows
	tops    *slidingTops
	events  liveEvents
	books   liveBooks
	news    news // that no frame has told of
	scanned time.Time
	rescan  time.Duration // how often everything is read
	looked  time.Time     // when the newest windows were read last, at least
}

func newPresent(l *Live, site Site, rescan, booksEvery time.Duration) *present {
	tops := newSlidingTops()
	return &present{
		live: l, site: site, windows: newLiveWindows(site, tops.take), tops: tops, news: news{windows: make(map[int64]struct{})}, rescan: rescan,
		books: liveBooks{every: booksEvery},
	}
}

// read brings windows and books up to date: the logs that are known to have changed, and from time to time all. What changed is in news then, also after an error.
func (p *present) read(ctx context.Context, now time.Time, hinted hinted) error {
	sp := span{floor(now.UnixMilli()-liveSpanMS, minuteMS), now.UnixMilli() + currentSpanMS}
	if hinted.lost {
		p.scanned = time.Time{}
	}
	for log := range hinted.logs {
		if !sp.contains(log.Window) {
			continue // past, or a guard far ahead: only the books tell of it
		}
		if err := p.windows.catchUp(ctx, p.live.reader.store, log, &p.news); err != nil {
			p.scanned = time.Time{} // the hint is lost: read everything again
			return err
		}
	}
	if now.Sub(p.scanned) >= p.rescan {
		if err := p.windows.scan(ctx, p.live.reader.store, sp, &p.news); err != nil {
			return err
		}
		p.scanned, p.looked = now, now
	}
	return p.books.refresh(ctx, p, now, len(hinted.logs)+len(p.news.windows) > 0)
}

// readNewest reads the windows in which most events come, and those logs of the others that a mark tells of: it is raised before anything is appended to a minute that
// has ended. Where a roll-up has cleared it before anybody looked, read finds what it told of.
func (p *present) readNewest(ctx context.Context, now time.Time) error {
	newest := floor(p.looked.UnixMilli()-newestSpanMS, minuteMS)
	store := p.live.reader.store
	if err := p.windows.scan(ctx, store, span{newest, now.UnixMilli() + currentSpanMS}, &p.news); err != nil {
		return err
	}
	marks, err := siteMarks(ctx, store, minutes, p.site.Gen, p.site.ID, span{floor(now.UnixMilli()-liveSpanMS, minuteMS), newest})
	if err != nil {
		return err
	}
	for _, m := range marks {
		if p.windows.lastRead(m.child.start, m.child.cell) >= m.n {
			continue
		}
		if err := p.windows.catchUp(ctx, store, Log{m.gen, m.site, m.child.start, m.child.cell}, &p.news); err != nil {
			return err
		}
	}
	p.looked = now
	return nil
}

// settle takes out what is over, and looks at new events: those of frame seq. It returns the windows that no frame has told of.
func (p *present) settle(ctx context.Context, now time.Time, seq uint64) map[int64]struct{} {
	changed := p.news.windows
	p.events.offer(p.news.deltas)
	p.news = news{windows: make(map[int64]struct{})}
	p.tops.pass(now.UnixMilli() - liveSpanMS)
	p.windows.forgetBefore(now.UnixMilli() - liveSpanMS - minuteMS)
	p.tops.settle()
	p.events.read(ctx, p.live.reader.store, seq, p.live.now)
	return changed
}

// view returns the present with those windows, and without tops and events.
func (p *present) view(windows []int64) *LiveView {
	now := p.live.now().UnixMilli()
	v := &LiveView{Site: p.site.ID, AsOf: now, LagMS: p.live.lag().Milliseconds(), Windows: []LiveWindow{}, Pages: []LivePage{}, Ledger: p.books.view}
	for _, t := range windows {
		if w, ok := p.windows.at(t); ok {
			v.Windows = append(v.Windows, w)
		}
	}
	v.CurrentVisitors, v.CurrentExact = p.windows.current(now)
	for _, r := range p.tops.tops[headPages] {
		v.Pages = append(v.Pages, LivePage{r.Value, r.Count})
	}
	v.PagesExact = p.tops.exact.has(headPages)
	return v
}

// whole returns the present with everything.
func (p *present) whole() *LiveView {
	v := p.view(p.windows.starts())
	v.Tops, v.Events = p.tops.since(nil), p.events.after(0, frameEvents)
	return v
}

// liveBooks is the ledger of a live view. Reading it costs more the longer a site's history is, so it is read no more than a
// twentieth of the time. It says itself of when it is.
type liveBooks struct {
	every time.Duration // at most so often
	view  *BooksView
	read  time.Time
	cost  time.Duration
	due   bool
}

const (
	booksStreamed = time.Second
	// booksPolled is how old the books may be where a page polls: on DynamoDB they are half of the calls of an answer. Who asks every five seconds has new ones every second time.
	booksPolled = 8 * time.Second
	booksIdle   = 10 * time.Second // accepted events that wait change the books without a commit
)

func (b *liveBooks) refresh(ctx context.Context, p *present, now time.Time, changed bool) error {
	b.due = b.due || changed || now.Sub(b.read) >= booksIdle
	if !b.due || now.Sub(b.read) < max(b.every, 20*b.cost) && b.view != nil {
		return nil
	}
	if err := p.live.flush(ctx); err != nil {
		return err
	}
	books, err := p.live.reader.Books(ctx, p.site.ID, 0, 0)
	if err != nil {
		return err
	}
	b.view, b.read, b.due = books.View(), now, false
	b.view.AsOf = now.UnixMilli()
	b.cost = p.live.now().Sub(now)
	return nil
}
