package pipeline

import "time"

const (
	historyTicks = 600 // ten minutes
	rateTicks    = 5   // over how many seconds rates are taken, and how far apart the points of the history are
)

// tick is the sums of all, at one moment.
type tick struct {
	n       uint64 // its number
	at      time.Time
	door    doorSums
	store   StoreSums
	records uint64               // of all shards
	shards  map[string]shardSums // nil in those that are too old to take a rate from
	ageMS   int64                // the greatest of any shard
	ack     *Percentiles         // of the step that ends with it; nil where nothing was, and in the other ticks
	delay   *Percentiles
}

type shardSums struct{ records, bytes uint64 }

// ticks are the last ten minutes, the oldest first.
type ticks struct {
	all  []tick
	next uint64
	gone uint64 // records of shards that are not listed any more
}

// endsStep reports whether the next tick is a point of the history.
func (t *ticks) endsStep() bool { return t.next%rateTicks == 0 }

func (t *ticks) add(one tick) {
	one.n = t.next
	t.next++
	if len(t.all) > historyTicks {
		copy(t.all, t.all[1:])
		t.all = t.all[:len(t.all)-1]
	}
	t.all = append(t.all, one)
	if old := len(t.all) - 1 - rateTicks - 1; old >= 0 {
		t.all[old].shards = nil
	}
}

// span returns the newest tick and the one that rates are taken from; ok is false where there are no two.
func (t *ticks) span() (from, to tick, ok bool) {
	if len(t.all) < 2 {
		return from, to, false
	}
	last := len(t.all) - 1
	return t.all[max(0, last-rateTicks)], t.all[last], true
}

// perSecond is the rate of a sum between two ticks. A sum that is smaller than it was began anew.
func perSecond(from, to tick, sum func(tick) uint64) float64 {
	seconds := to.at.Sub(from.at).Seconds()
	a, b := sum(from), sum(to)
	if seconds <= 0 || b < a {
		return 0
	}
	return float64(b-a) / seconds
}

// history returns a point for every five seconds. Their numbers decide which ticks are points, so that a later answer has the same ones.
func (t *ticks) history() []Point {
	points := []Point{}
	for i := rateTicks; i < len(t.all); i++ {
		to := t.all[i]
		if to.n%rateTicks != 0 {
			continue
		}
		from := t.all[i-rateTicks]
		p := Point{
			T:            to.at.UnixMilli(),
			RecordsPerS:  perSecond(from, to, func(t tick) uint64 { return t.records }),
			AcceptedPerS: perSecond(from, to, func(t tick) uint64 { return t.door.accepted }),
			Ack:          to.ack,
			Delay:        to.delay,
		}
		for _, between := range t.all[i-rateTicks+1 : i+1] {
			p.IteratorAgeMS = max(p.IteratorAgeMS, between.ageMS)
		}
		points = append(points, p)
	}
	return points
}
