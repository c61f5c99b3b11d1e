package aggregate

import (
	"context"
	"encoding/json"
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
	livePages     = 10
	// liveBacklog is how many frames a reader may be behind before it is let go: it can come back and catch up.
	liveBacklog = 16
)

// Frame is one message of a live view, encoded once for all who read it.
type Frame struct {
	ID       string // cursor: who comes back with it is told what changed since
	Snapshot bool   // holds everything; otherwise only what changed
	Data     []byte // JSON of a LiveView
}

// LiveView is the present of a site: the last ten minutes by windows, read from the heads of their deltas. Times are in Unix milliseconds. In a frame
// that is no snapshot, Windows holds those that changed, with their new values; a field that is left out did not change.
type LiveView struct {
	Site            string       `json:"site"`
	AsOf            int64        `json:"as_of"`
	LagMS           int64        `json:"lag_ms"`
	CurrentVisitors uint64       `json:"current_visitors"`
	CurrentExact    bool         `json:"current_exact"`
	Windows         []LiveWindow `json:"windows"`
	Pages           []LivePage   `json:"pages"`
	PagesExact      bool         `json:"pages_exact"`
	Ledger          *BooksView   `json:"ledger,omitempty"`
}

// LiveWindow is a window of event time.
type LiveWindow struct {
	T         int64  `json:"t"` // its start
	Events    uint64 `json:"events"`
	Pageviews uint64 `json:"pageviews"`
	Visitors  uint64 `json:"visitors"`
}

// LivePage is a page and its views in the last ten minutes.
type LivePage struct {
	Page      string `json:"page"`
	Pageviews uint64 `json:"pageviews"`
}

// Live serves the present of sites to any number of readers. A site costs nothing while nobody looks.
type Live struct {
	reader *Reader
	now    func() time.Time
	lag    func() time.Duration
	flush  func(context.Context) error

	mu     sync.Mutex // guards feeds and closed; never held over a store call
	feeds  map[string]*feed
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
	return &Live{reader: r, now: o.Now, lag: o.Lag, flush: o.Flush, feeds: make(map[string]*feed)}
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
	f := l.feeds[log.Site]
	l.mu.Unlock()
	if f != nil {
		f.hint(log)
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

// BooksView is the ledger as people see it.
type BooksView struct {
	Accepted    uint64            `json:"accepted"`
	Received    uint64            `json:"received"`
	Counted     uint64            `json:"counted"`
	Duplicate   uint64            `json:"duplicate"`
	Bot         uint64            `json:"bot"`
	Late        uint64            `json:"late"`
	Quarantined uint64            `json:"quarantined"`
	InTransit   uint64            `json:"in_transit"`
	Redelivered uint64            `json:"redelivered"`
	Balanced    bool              `json:"balanced"`
	Reasons     map[string]uint64 `json:"reasons,omitempty"`
}

// View returns the books as they are shown.
func (b Books) View() *BooksView {
	return &BooksView{
		Accepted: b.Accepted, Received: b.Received, Counted: b.Counted, Duplicate: b.Duplicate, Bot: b.Bot, Late: b.Late,
		Quarantined: b.Quarantined, InTransit: b.InTransit, Redelivered: b.Redelivered, Balanced: b.Balanced(), Reasons: b.Reasons,
	}
}

func encodeView(v *LiveView) []byte {
	data, err := json.Marshal(v)
	if err != nil { // it is made of numbers and strings
		panic(err)
	}
	return data
}
