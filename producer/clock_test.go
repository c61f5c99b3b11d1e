package producer

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// handClock stands still until it is moved.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*handTimer
	set    chan struct{} // one token whenever a timer was set
}

type handTimer struct {
	at time.Time
	f  func()
}

func newHandClock() *handClock {
	return &handClock{now: time.Unix(1_800_000_000, 0), set: make(chan struct{}, 1000)}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &handTimer{c.now.Add(d), f}
	c.timers = append(c.timers, t)
	c.set <- struct{}{}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.timers, t)
		if i >= 0 {
			c.timers = slices.Delete(c.timers, i, i+1)
		}
		return i >= 0
	}
}

// advance moves the clock to the next timer, as soon as there is one, and lets it go off. It returns how far that was.
func (c *handClock) advance() time.Duration {
	for {
		c.mu.Lock()
		if len(c.timers) > 0 {
			break
		}
		c.mu.Unlock()
		<-c.set
	}
	first := slices.MinFunc(c.timers, func(a, b *handTimer) int { return a.at.Compare(b.at) })
	d := first.at.Sub(c.now)
	c.now = first.at
	c.timers = slices.DeleteFunc(c.timers, func(t *handTimer) bool { return t == first })
	c.mu.Unlock()
	first.f()
	return d
}

// The producer goes by the clock that it is given, and by no other: in no time it backs off for hours.
func TestClockIsGiven(t *testing.T) {
	c := newHandClock()
	o := Options{
		Clock: c, Rand: func() float64 { return 1 }, BackoffBase: time.Hour, BackoffCap: time.Hour, RetryFor: 300 * time.Hour, CallTimeout: time.Minute, MaxAttempts: 100,
	}
	m := newModel(o)
	m.fault = first(3, fault{refuse: throttle})
	p := start(t, m, o)
	result := make(chan error)
	began := c.Now()
	go func() { result <- p.Put(t.Context(), item("a", 0)) }()
	for {
		select {
		case err := <-result:
			if d := c.Now().Sub(began); err != nil || d != 3*time.Hour {
				t.Errorf("Put: %v after %v, want three times an hour", err, d)
			}
			finish(t, p, m)
			return
		case <-c.set:
			c.mu.Lock()
			waits := len(m.gaps()) < 3 && slices.ContainsFunc(c.timers, func(t *handTimer) bool { return t.at.Sub(c.now) == time.Hour })
			c.mu.Unlock()
			if waits {
				c.advance()
			}
		}
	}
}
