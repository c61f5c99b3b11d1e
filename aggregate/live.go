package aggregate

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	liveSpanMS    = 10 * minuteMS // what a live view shows
	currentSpanMS = 5 * minuteMS  // visitors seen within this are current
	liveEvery     = time.Second   // a frame is sent at least this often
	liveGap       = 100 * time.Millisecond
	rescanEvery   = 5 * time.Second // commits of other processes are found by reading
	newestSpanMS  = 10_000          // so long ago a minute has ended, and all that is appended to it leaves a mark; clocks differ by less
	rescanPolled  = time.Minute     // where every answer looks at the newest windows and at the marks of the others
	// liveBacklog is how many frames a reader may be behind before it is let go: it can come back and catch up.
	liveBacklog = 16
)

// Live serves the present of sites to any number of readers. A site costs nothing while nobody looks.
type Live struct {
	reader *Reader
	now    func() time.Time
	lag    func() time.Duration
	flush  func(context.Context) error

	mu     sync.Mutex // guards feeds, shared, swept and closed; never held over a store call
	feeds  map[string]*feed
	shared map[sharedKey]*shared
	swept  time.Time // when shared was last looked through
	closed bool
	wg     sync.WaitGroup
}

// LiveOptions are the surroundings of a Live.
type LiveOptions struct {
	Now func() time.Time
	// Lag answers how far the consumer is behind the stream; nil where nobody knows.
	Lag func() time.Duration
	// Flush writes this process' accounts, so that the ledger knows them; nil where there are none.
	Flush func(context.Context) error
}

// NewLive returns the live views of what r reads. Close ends them.
func NewLive(r *Reader, o LiveOptions) *Live {
	if o.Lag == nil {
		o.Lag = func() time.Duration { return 0 }
	}
	if o.Flush == nil {
		o.Flush = func(context.Context) error { return nil }
	}
	return &Live{reader: r, now: o.Now, lag: o.Lag, flush: o.Flush, feeds: make(map[string]*feed), shared: make(map[sharedKey]*shared)}
}

// ErrLiveClosed: the live views were closed.
var ErrLiveClosed = errors.New("live views are closed")

// Subscribe returns the frames of a site from now on: first one that brings the reader up to date, from the frame named last if that is not too
// long ago, else from nothing. The channel is closed when ctx ends, when the reader does not keep up, or when Live is
// closed.
func (l *Live) Subscribe(ctx context.Context, siteID, last string) (<-chan Frame, error) {
	site, err := l.reader.sites.Get(ctx, siteID)
	if err != nil {
		return nil, err
	}
	sub := &subscriber{frames: make(chan Frame, liveBacklog), last: last}
	for {
		f, err := l.feed(site)
		if err != nil {
			return nil, err
		}
		select {
		case f.join <- sub:
			f.leaveAfter(ctx, sub)
			return sub.frames, nil
		case <-f.done: // it retired in this moment; the next one begins
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// feed returns the feed of a site, and starts it when nobody looked before.
func (l *Live) feed(site Site) (*feed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrLiveClosed
	}
	f := l.feeds[site.ID]
	if f == nil {
		f = newFeed(l, site)
		l.feeds[site.ID] = f
		l.wg.Go(f.run)
	}
	return f, nil
}

// Committed tells the live views that a log has a new delta; see Options.OnCommit.
func (l *Live) Committed(log Log) {
	l.mu.Lock()
	f, s := l.feeds[log.Site], l.shared[sharedKey{log.Site, log.Gen, sharedSnapshot}]
	l.mu.Unlock()
	if f != nil {
		f.hint(log)
	}
	if s != nil {
		s.hints.add(log)
	}
}

// Close ends all views and waits for them.
func (l *Live) Close() {
	l.mu.Lock()
	l.closed = true
	for _, f := range l.feeds {
		f.stop()
	}
	l.mu.Unlock()
	l.wg.Wait()
}
