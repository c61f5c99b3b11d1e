package apigw

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/event"
)

// inspected is an event as it came to the door, and what became of it.
type inspected struct {
	ID       uint64             `json:"id"` // grows, also from one process to the next
	At       int64              `json:"at"` // Unix milliseconds
	Site     string             `json:"site"`
	Status   string             `json:"status"`
	Name     string             `json:"name"`
	URL      string             `json:"url"`
	UA       string             `json:"ua"`
	Country  string             `json:"country"`
	Event    string             `json:"event"` // as it was received, cut at maxShown, without addresses and keys
	Errors   []event.FieldError `json:"errors"`
	Protocol string             `json:"protocol"`

	message []byte // as an event stream has it
}

// protocolEvents is the protocol of POST /v1/events.
const protocolEvents = "events"

const (
	inspectAll   = 200 // how many of the last are kept
	inspectSite  = 20  // how many of a site at least
	inspectSites = 64  // of the sites that were heard of last
	// watchBacklog is how many events a reader may be behind before it is let go.
	watchBacklog = 64
	// watchedFor is how long a site counts as watched after somebody asked for a plain list.
	watchedFor = 10 * time.Second
)

// What is taken into the ring in a second, of all sites and of one. Of a site that somebody watches everything is, up to what is taken of all.
var inspectRates = map[bool]struct{ all, site int }{
	true:  {50, 2},  // accepted
	false: {50, 10}, // refused, or to be sent again
}

// inspectLooks is how many events a second it is considered whether they are taken, where nobody watches. Beyond that an event costs the door one atomic read.
const inspectLooks = 500

// inspector keeps what just came in, for people who put a tracker on their site. It is a selection: a busy door is not slowed down for it.
type inspector struct {
	now     func() time.Time
	closed  atomic.Int64            // the second in which no more is looked at
	watched atomic.Pointer[watched] // nil while nobody watches

	mu      sync.Mutex // guards what follows
	seq     uint64
	all     []*inspected
	sites   map[string]*siteEvents
	second  int64 // that the counts are of
	looks   int
	taken   map[bool]int // by whether accepted
	watches map[*watch]struct{}
	asked   map[string]time.Time // until when a site ("" is all) counts as watched because of a plain list
	ended   bool
}

// siteEvents are the last events of a site.
type siteEvents struct {
	last   []*inspected
	second int64 // that the counts are of
	taken  map[bool]int
}

// watched says of which sites somebody wants to see everything.
type watched struct {
	all   bool
	sites map[string]bool
}

func (w *watched) has(site string) bool { return w != nil && (w.all || w.sites[site]) }

// watch is a reader of what comes in.
type watch struct {
	site   string // "" is every site
	events chan *inspected
}

func newInspector(now func() time.Time) *inspector {
	return &inspector{
		now: now, seq: uint64(now().UnixMilli()), sites: make(map[string]*siteEvents), taken: make(map[bool]int),
		watches: make(map[*watch]struct{}), asked: make(map[string]time.Time),
	}
}

// wants reports whether an event of the site shall be taken into the ring, and counts it as taken.
func (p *inspector) wants(site string, accepted bool, nowMS int64) bool {
	second := nowMS / 1000
	isWatched := p.watched.Load().has(site)
	if !isWatched && p.closed.Load() == second {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.second != second {
		p.second, p.looks = second, 0
		clear(p.taken)
		p.expire()
	}
	if p.looks++; p.looks >= inspectLooks {
		p.closed.Store(second)
	}
	rate, s := inspectRates[accepted], p.site(site)
	if s.second != second {
		s.second = second
		clear(s.taken)
	}
	if p.taken[accepted] >= rate.all || !isWatched && s.taken[accepted] >= rate.site {
		return false
	}
	p.taken[accepted]++
	s.taken[accepted]++
	return true
}

// site returns the events of a site.
func (p *inspector) site(id string) *siteEvents {
	if s := p.sites[id]; s != nil {
		return s
	}
	forgetOldest(p.sites, inspectSites, func(s *siteEvents) int64 { return s.second })
	s := &siteEvents{taken: make(map[bool]int)}
	p.sites[strings.Clone(id)] = s
	return s
}

// add takes an event into the ring, and shows it to who watches. A reader that is too far behind is let go.
func (p *inspector) add(e *inspected) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	e.ID = p.seq
	e.message = inspectMessage(e)
	p.all = keepLast(append(p.all, e), inspectAll)
	s := p.site(e.Site)
	s.last = keepLast(append(s.last, e), inspectSite)
	for w := range p.watches {
		if w.site != "" && w.site != e.Site {
			continue
		}
		select {
		case w.events <- e:
		default:
			p.drop(w)
		}
	}
}

// keepLast leaves the last n.
func keepLast[T any](all []T, n int) []T { return slices.Delete(all, 0, max(0, len(all)-n)) }

// forgetOldest makes room for one more where there are as many as may be: that goes of which nothing came for the longest time.
func forgetOldest[K comparable, V any](all map[K]V, most int, heard func(V) int64) {
	if len(all) < most {
		return
	}
	var oldest K
	first := true
	for k, v := range all {
		if first || heard(v) < heard(all[oldest]) {
			oldest, first = k, false
		}
	}
	delete(all, oldest)
}

// list returns what is kept of a site, or of all, after that id.
func (p *inspector) list(site string, after uint64) []*inspected {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept(site, after)
}

func (p *inspector) kept(site string, after uint64) []*inspected {
	found := slices.Clone(p.all)
	if s := p.sites[site]; s != nil {
		found = append(found, s.last...)
	}
	found = slices.DeleteFunc(found, func(e *inspected) bool { return e.ID <= after || site != "" && e.Site != site })
	slices.SortFunc(found, func(a, b *inspected) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(found)
}

// ask notes that somebody looks at a plain list now and then.
func (p *inspector) ask(site string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) < inspectSites {
		p.asked[site] = p.now().Add(watchedFor)
	}
	p.publish()
}

// join makes a watch, and returns what is kept after that id. It is nil where the server is about to end.
func (p *inspector) join(site string, after uint64) (*watch, []*inspected) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, nil
	}
	w := &watch{site: site, events: make(chan *inspected, watchBacklog)}
	p.watches[w] = struct{}{}
	p.publish()
	return w, p.kept(site, after)
}

func (p *inspector) leave(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(w)
}

func (p *inspector) drop(w *watch) {
	if _, in := p.watches[w]; in {
		delete(p.watches, w)
		close(w.events)
		p.publish()
	}
}

// end lets all readers go, and takes no more.
func (p *inspector) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for w := range p.watches {
		p.drop(w)
	}
}

// expire forgets who has not asked for a while.
func (p *inspector) expire() {
	for site, until := range p.asked {
		if p.now().After(until) {
			delete(p.asked, site)
			p.publish()
		}
	}
}

// publish makes known who is watched.
func (p *inspector) publish() {
	if len(p.watches)+len(p.asked) == 0 {
		p.watched.Store(nil)
		return
	}
	w := &watched{sites: make(map[string]bool)}
	for one := range p.watches {
		w.sites[one.site] = true
	}
	for site := range p.asked {
		w.sites[site] = true
	}
	w.all = w.sites[""]
	p.watched.Store(w)
}

// inspect shows some of the events of a request.
func (p *inspector) inspect(r *http.Request, in *intake, batch []event.Raw) {
	for _, t := range in.taken {
		if p.watched.Load() == nil && p.closed.Load() == in.stamp.received/1000 {
			break
		}
		if res := &in.results[t.index]; res.Status == statusAccepted && p.wants(t.site, true, in.stamp.received) {
			p.add(in.inspected(res, batch[t.index], access.SiteKey(r)))
		}
	}
	if in.accepted == len(in.results) {
		return
	}
	for i := range in.results {
		res := &in.results[i]
		if res.Status != statusAccepted && p.wants(res.site, false, in.stamp.received) {
			p.add(in.inspected(res, batch[i], access.SiteKey(r)))
		}
	}
}

// inspected returns an event of the request as it is shown. Nothing of it is memory of the request's body.
func (in *intake) inspected(res *eventResult, raw event.Raw, key string) *inspected {
	e := decodeAgain(raw)
	s := &inspected{
		At: in.stamp.received, Site: e.Site, Status: res.Status, Name: redact(e.Name, key), URL: redact(e.URL, key), UA: in.stamp.userAgent,
		Country: in.stamp.client.place.Country, Event: shown(raw.Data, key), Errors: []event.FieldError{}, Protocol: protocolEvents,
	}
	if in.stamp.keepsAgent {
		s.UA = e.UserAgent
	}
	s.UA = redact(s.UA, key)
	if in.stamp.keepsPlace {
		s.Country = e.Country
	}
	for _, text := range []*string{&s.Site, &s.Name, &s.URL, &s.UA, &s.Country} {
		*text = strings.Clone(clip(*text, event.MaxURL))
	}
	s.Errors = append(s.Errors, shownFaults(res.Errors, key)...)
	return s
}

// shownFaults are faults as they may be kept and shown.
func shownFaults(faults []event.FieldError, key string) []event.FieldError {
	shown := make([]event.FieldError, len(faults))
	for i, f := range faults {
		shown[i] = event.FieldError{Code: f.Code, Field: strings.Clone(shownField(f.Field, key)), Message: redact(f.Message, key)}
	}
	return shown
}

// decodeAgain reads of an event what can be read, though something is wrong with it. Its strings may be the memory of raw.
func decodeAgain(raw event.Raw) (e event.Event) {
	if raw.Err == nil && len(raw.Data) <= event.MaxBytes {
		_, _ = e.Decode(raw.Data) // what is wrong with it stands in the result
	}
	if !event.ValidSite(e.Site) {
		e.Site = ""
	}
	return e
}

// refused shows a request of which no event could be told from the others.
func (p *inspector) refused(r *http.Request, body []byte, why *apiError) {
	if p == nil {
		return
	}
	now := p.now().UnixMilli()
	if p.wants("", false, now) {
		key := access.SiteKey(r)
		p.add(&inspected{
			At: now, Status: statusInvalid, UA: redact(clip(r.UserAgent(), event.MaxValue), key), Event: shown(body, key), Protocol: protocolEvents,
			Errors: []event.FieldError{{Code: why.Code, Message: redact(why.Message, key)}},
		})
	}
}

func inspectMessage(e *inspected) []byte {
	data, err := json.Marshal(e)
	if err != nil { // it is made of numbers and strings
		panic(err)
	}
	return aggregate.EventMessage(strconv.FormatUint(e.ID, 10), "event", data)
}
