package producer

import "time"

// Clock is the time that a producer goes by. The default is the machine's; a simulation brings its own.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f on another goroutine when d has passed, unless stop was called before: then stop returns true.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}
