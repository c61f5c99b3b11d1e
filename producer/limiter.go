package producer

import "time"

// startLimit is how many requests to a shard may be in flight before anything is known of it.
const startLimit = 4

// carefulStep is how much faster the limit rises before the first throttling than after it: from then on it is known to be near.
const carefulStep = 4

// limiter is how many requests to a shard may be in flight: less when it throttles, more when it does not and there is more
// to send than fits into them (additive increase, multiplicative decrease, as TCP does).
type limiter struct {
	limit float64
	most  int
	cut   time.Time // when it was last halved
}

func newLimiter(most int) limiter { return limiter{limit: float64(min(startLimit, most)), most: most} }

func (l *limiter) allows(inFlight int) bool { return inFlight < int(l.limit) }

// throttled halves the limit. What was sent before the last halving says nothing about the limit of now.
func (l *limiter) throttled(sent, now time.Time) {
	if !l.cut.IsZero() && !sent.After(l.cut) {
		return
	}
	l.limit, l.cut = max(1, l.limit/2), now
}

// passed raises the limit by one for as many requests as it allows, later for four times as many, where the limit was what held things
// up.
func (l *limiter) passed(pressed bool) {
	if !pressed {
		return
	}
	step := 1 / l.limit
	if !l.cut.IsZero() {
		step /= carefulStep
	}
	l.limit = min(float64(l.most), l.limit+step)
}
