package aggregate

import (
	"context"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"
)

// Answer is a live view as a plain answer. Its tag names the content: the same in every process that has the same to tell, however much time has passed.
type Answer struct {
	Tag  string
	Data []byte // JSON
}

const (
	snapshotEvery = time.Second
	hourEvery     = 10 * time.Second
	// sharedIdle is how long what is known of a site is kept while nobody asks: who asks again meanwhile pays for what is new alone.
	sharedIdle = time.Minute
	// sharedTimeout bounds a computation: it goes on when the one who began it is gone, for others wait.
	sharedTimeout = 20 * time.Second
)

// Snapshot returns the present of a site, a LiveView with everything, for those who cannot be sent frames. It is computed when somebody asks, at most
// once a second however many do, and needs no feed.
func (l *Live) Snapshot(ctx context.Context, siteID string) (Answer, error) {
	return l.share(ctx, siteID, sharedSnapshot, func(site Site) *shared {
		p := newPresent(l, site, rescanPolled, booksPolled)
		s := newShared(l.now, snapshotEvery, nil)
		s.compute = func(ctx context.Context) (Answer, error) { return p.snapshot(ctx, &s.hints) }
		return s
	})
}

// Hour returns the last hour of a site, an HourView. It is computed when somebody asks, at most every ten seconds.
func (l *Live) Hour(ctx context.Context, siteID string) (Answer, error) {
	return l.share(ctx, siteID, sharedHour, func(site Site) *shared {
		h := newPastHour(l, site)
		return newShared(l.now, hourEvery, h.answer)
	})
}

// snapshot computes the answer anew. What this process commits it is told of; what others do is found at once. Everything is read once a minute alone: on DynamoDB ten minutes of heads
// are most of what a page would cost.
func (p *present) snapshot(ctx context.Context, hints *hints) (Answer, error) {
	now := p.live.now()
	if now.Sub(p.scanned) < p.rescan {
		if err := p.readNewest(ctx, now); err != nil {
			return Answer{}, err
		}
	}
	if err := p.read(ctx, now, hints.take()); err != nil {
		return Answer{}, err
	}
	p.settle(ctx, now, 1)
	v := p.whole()
	return Answer{Tag: tagOf(encodeJSON(v.timeless())), Data: encodeJSON(v)}, nil
}

func tagOf(content []byte) string {
	sum := xxh3.Hash128(content).Bytes()
	return fmt.Sprintf("%x", sum)
}

// sharedKey names an answer that is shared.
type sharedKey struct {
	site string
	gen  uint32
	what string
}

const (
	sharedSnapshot = "snapshot"
	sharedHour     = "hour"
)

// share returns the answer that all who ask for it share.
func (l *Live) share(ctx context.Context, siteID, what string, begin func(Site) *shared) (Answer, error) {
	site, err := l.reader.sites.Get(ctx, siteID)
	if err != nil {
		return Answer{}, err
	}
	now, k := l.now(), sharedKey{site.ID, site.Gen, what}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return Answer{}, ErrLiveClosed
	}
	l.sweep(now)
	s := l.shared[k]
	if s == nil {
		s = begin(site)
		l.shared[k] = s
	}
	s.asked = now
	l.mu.Unlock()
	return s.get(ctx)
}

// sweep forgets what nobody has asked for of late. It is called with mu held.
func (l *Live) sweep(now time.Time) {
	if now.Sub(l.swept) < sharedIdle {
		return
	}
	l.swept = now
	for k, s := range l.shared {
		if now.Sub(s.asked) >= sharedIdle {
			delete(l.shared, k)
		}
	}
}

// shared is an answer that is computed at most once in a while, by one of those who ask for it while the others wait.
type shared struct {
	now     func() time.Time
	every   time.Duration
	compute func(context.Context) (Answer, error) // never called twice at a time
	asked   time.Time                             // guarded by Live.mu
	hints   hints

	turn   chan struct{} // holds one: who reads or computes what follows
	answer Answer
	err    error
	until  time.Time // what was found is answered
}

func newShared(now func() time.Time, every time.Duration, compute func(context.Context) (Answer, error)) *shared {
	return &shared{now: now, every: every, compute: compute, turn: make(chan struct{}, 1)}
}

// get returns the answer. A failure is shared as well: a store that does not answer is not asked by everyone. What takes long is computed no more
// than half of the time.
func (s *shared) get(ctx context.Context) (Answer, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	began := s.now()
	if began.Before(s.until) {
		return s.answer, s.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
	defer cancel()
	s.answer, s.err = s.compute(ctx)
	s.until = began.Add(max(s.every, 2*s.now().Sub(began)))
	return s.answer, s.err
}
