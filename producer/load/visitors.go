package load

import (
	"container/heap"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Options of the model. The zero value of a field stands for its default.
type Options struct {
	Site  string    // the site id of the events; default "demo"
	Host  string    // the host name in their URLs; default "www.hearth-and-kettle.example"
	Start time.Time // when the first event may be due; required
	// Rate is how many visits begin in a second, in the mean over a day. Default 2: about 13 events a second.
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
	start    time.Time
	origin   string
	rnd      *rand.Rand
	site     *site
	sources  weights
	crowd    crowd
	arrivals arrivals
	arrival  time.Duration // the next one
	underWay visits
	visits   int
}

// NewVisitors returns a model. Models of the same seed and options yield the same events.
func NewVisitors(seed uint64, opts Options) (*Visitors, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(seed, 0))
	v := &Visitors{
		opts: opts, start: opts.Start, origin: "https://" + opts.Host, rnd: rnd, site: newSite(),
		arrivals: arrivals{rate: opts.Rate, day: max(0, opts.Day), now: -warmUp, rnd: rnd},
	}
	share := make([]float64, len(sources))
	for i, s := range sources {
		share[i] = s.weight
	}
	v.sources = newWeights(share)
	v.arrival = v.arrivals.next()
	return v, nil
}

// Events yields every event with the time at which it is due, in order of time, without end. A second call goes on where the first was
// left.
func (v *Visitors) Events() iter.Seq2[time.Time, *event.Event] {
	return func(yield func(time.Time, *event.Event) bool) {
		for {
			if p := v.next(); p.at >= 0 && !yield(v.start.Add(p.at), p.event) {
				return
			}
		}
	}
}

// next returns the earliest event of all visits, after the arrivals before it.
func (v *Visitors) next() planned {
	for len(v.underWay) == 0 || v.arrival <= v.underWay[0].planned[0].at {
		heap.Push(&v.underWay, v.arrive(v.arrival))
		v.arrival = v.arrivals.next()
	}
	vis := v.underWay[0]
	p := vis.planned[0]
	vis.planned = vis.planned[1:]
	if len(vis.planned) > 0 || v.goOn(vis) {
		heap.Fix(&v.underWay, 0)
	} else {
		heap.Pop(&v.underWay)
	}
	return p
}

// visits is a container/heap of the visits under way, by the time of their next event.
type visits []*visit

func (h visits) Len() int { return len(h) }
func (h visits) Less(i, j int) bool {
	a, b := h[i], h[j]
	if x, y := a.planned[0].at, b.planned[0].at; x != y {
		return x < y
	}
	return a.number < b.number
}
func (h visits) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *visits) Push(x any)   { *h = append(*h, x.(*visit)) }
func (h *visits) Pop() any {
	old := *h
	v := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return v
}
