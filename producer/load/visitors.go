package load

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// What a visit is like in the mean; a test holds these against the model.
const (
	visitEvents = 6.93                     // events of a visit
	visitLength = 74500 * time.Millisecond // from its first event to its last
)

// Options of the model. The zero value of a field stands for its default.
type Options struct {
	Site  string    // the site id of the events; default "demo"
	Host  string    // the host name in their URLs; default "www.hearth-and-kettle.example"
	Start time.Time // when the first event may be due; required
	// Rate is how many visits begin in a second, in the mean over a day. Default 2: about 14 events a second.
	Rate float64
	// Day is how long a day with its rhythm takes. Default 4 minutes; negative: no rhythm.
	Day time.Duration
}

// warmUp is how long before Start the model begins, so that the site is as full at Start as it is later.
const warmUp = 3 * time.Minute

func (o Options) withDefaults() Options {
	if o.Site == "" {
		o.Site = "demo"
	}
	if o.Host == "" {
		o.Host = "www.hearth-and-kettle.example"
	}
	if o.Rate == 0 {
		o.Rate = 2
	}
	if o.Day == 0 {
		o.Day = 4 * time.Minute
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	if !event.ValidSite(o.Site) {
		errs = append(errs, fmt.Errorf("load: %q is no site id", o.Site))
	}
	if o.Start.Before(time.UnixMilli(0).Add(warmUp)) {
		errs = append(errs, errors.New("load: the start is missing or before 1970"))
	}
	if !(o.Rate > 0 && o.Rate <= 1e6) {
		errs = append(errs, fmt.Errorf("load: rate %v is not within 0..1e6 visits a second", o.Rate))
	}
	return errors.Join(errs...)
}

// Visitors is the model of a site's visitors. It is not safe for concurrent use.
type Visitors struct {
	opts     Options
	zero     int64 // Start in Unix milliseconds; while the model warms up, 0
	rnd      *rand.Rand
	site     *site
	crowd    crowd
	arrivals arrivals
	arrival  time.Duration // the next one
	visits   uint32        // so far

	underWay []visit  // in slots, some of them free
	free     []uint32 // slots
	queue    queue    // of the slots that are taken, by the time of what is next
}

// NewVisitors returns a model. Models of the same seed and options yield the same events.
func NewVisitors(seed uint64, opts Options) (*Visitors, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(seed, 0))
	v := &Visitors{
		opts: opts, rnd: rnd, site: newSite("https://" + opts.Host),
		crowd:    newCrowd(int(opts.Rate * visitLength.Seconds())),
		arrivals: arrivals{rate: opts.Rate, day: max(0, opts.Day), now: -warmUp, rnd: rnd},
	}
	usual := int(opts.Rate * visitLength.Seconds())
	v.underWay, v.queue = make([]visit, 0, usual), make(queue, 0, usual)
	v.warm()
	v.startAt(opts.Start)
	return v, nil
}

// warm lets come who came before the model's clock shows zero. What they do until then has nothing to do with one another and nobody sees it, so each visit is
// taken there by itself, without the queue.
func (v *Visitors) warm() {
	for v.arrival = v.arrivals.next(); v.arrival < 0; v.arrival = v.arrivals.next() {
		vis, at, goes := v.arrive(), v.arrival, true
		for goes && at < 0 {
			at, goes = v.step(&vis, at, at.Milliseconds(), nil)
		}
		if goes {
			v.queue.push(waiting{at: at, slot: v.seat(vis), number: vis.number})
		}
	}
}

// startAt sets the time at which the model's clock shows zero.
func (v *Visitors) startAt(start time.Time) { v.opts.Start, v.zero = start, start.UnixMilli() }

// Events yields every event with the time at which it is due by the model's own clock, in order of time, without end. A second call goes on where the
// first was left.
func (v *Visitors) Events() iter.Seq2[time.Time, *event.Event] {
	return func(yield func(time.Time, *event.Event) bool) {
		for {
			at, e := v.opts.Start.Add(v.due()), new(event.Event)
			v.advance(at.UnixMilli(), e)
			if !yield(at, e) {
				return
			}
		}
	}
}

// Concurrent is how many visits are under way.
func (v *Visitors) Concurrent() int { return len(v.queue) }

// due returns when what happens next happens, on the model's clock, after the arrivals before it.
func (v *Visitors) due() time.Duration {
	for len(v.queue) == 0 || v.arrival <= v.queue[0].at {
		vis := v.arrive()
		v.queue.push(waiting{at: v.arrival, slot: v.seat(vis), number: vis.number})
		v.arrival = v.arrivals.next()
	}
	return v.queue[0].at
}

func (v *Visitors) seat(vis visit) uint32 {
	if n := len(v.free); n > 0 {
		slot := v.free[n-1]
		v.free = v.free[:n-1]
		v.underWay[slot] = vis
		return slot
	}
	v.underWay = append(v.underWay, vis)
	return uint32(len(v.underWay) - 1)
}

// moment is what advance tells of an event beside the event itself.
type moment struct {
	visit       uint32 // its number
	first, last bool   // of the visit
}

// advance lets the next thing happen, as of ms, and fills e with it.
func (v *Visitors) advance(ms int64, e *event.Event) moment {
	at := v.due()
	first := &v.queue[0]
	vis := &v.underWay[first.slot]
	m := moment{visit: vis.number, first: vis.seen == 0}
	next, goes := v.step(vis, at, ms, e)
	if goes {
		first.at = next
		v.queue.down()
		return m
	}
	m.last = true
	v.free = append(v.free, first.slot)
	v.queue.pop()
	return m
}
