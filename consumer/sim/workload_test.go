package sim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/naive"
	"github.com/streamgauge/streamgauge/event"
)

// line is one line of a record, with what the oracle is told of it.
type line struct {
	data []byte
	copy naive.Copy
	// blames is the site that a poisonous line names, if there is such a site.
	blames string
}

// kinds are the events that clients send. Each has a page of its own, so that its copies can be told in the answers.
var kinds = []func(w *world, e *event.Event){
	recent, recent,
	old, old,
	func(w *world, e *event.Event) { e.TS = w.ms(5*time.Minute - 30*time.Second + w.upTo(90*time.Second)) }, // at the edge of belief
	func(w *world, e *event.Event) { e.TS = w.ms(5*time.Minute + w.upTo(4*time.Minute)) },                   // believed only if it comes again
	func(w *world, e *event.Event) { e.TS = w.ms(48*time.Hour + w.upTo(240*time.Hour)) },                    // never believed
	func(w *world, e *event.Event) { e.TS = w.ms(-24*time.Hour - 2*time.Second + w.upTo(10*time.Second)) },  // at the edge of lateness
	func(*world, *event.Event) {}, // no time at all
	func(w *world, e *event.Event) { e.ID = w.uuid7(w.ms(-w.upTo(time.Minute))) },                            // the id holds the time
	func(w *world, e *event.Event) { e.ID = w.uuid7(w.ms(4*time.Minute + w.upTo(3*time.Minute))) },           // … which is ahead
	func(w *world, e *event.Event) { e.ID = "" },                                                             // the door assigns one
	func(w *world, e *event.Event) { e.ID, e.TS = "", w.ms(-w.upTo(20*time.Second)) },                        // … and it has a time
	func(w *world, e *event.Event) { e.TS, e.ReceivedAt = w.ms(-9*24*time.Hour), w.ms(-9*24*time.Hour) },     // beyond the horizon
	func(w *world, e *event.Event) { e.TS, e.ReceivedAt = w.ms(-w.upTo(time.Minute)), w.ms(40*time.Minute) }, // stamped by a wrong clock
}

// recent is an event of the last seconds.
func recent(w *world, e *event.Event) { e.TS = w.ms(-w.upTo(20 * time.Second)) }

// old is an event of a minute that is rolled up, again and again.
func old(w *world, e *event.Event) {
	e.TS = start.Add(-90*time.Second - w.upTo(5*time.Second)).UnixMilli()
}

// ms is the time now, or that much later, in Unix milliseconds.
func (w *world) ms(d time.Duration) int64 { return w.now.Add(d).UnixMilli() }

func (w *world) uuid7(at int64) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:], uint64(at)<<16|0x7000|w.rand.Uint64()&0xfff)
	binary.BigEndian.PutUint64(u[8:], 1<<63|w.rand.Uint64()>>2)
	return u.String()
}

// produce puts a record of one to three lines on a shard.
func (w *world) produce() {
	r := &record{arrival: w.now, pk: "p"}
	lines := []line{w.line()}
	for w.happens(300) {
		lines = append(lines, w.line())
	}
	// A record that crashes is given up as a whole; poison beside it would have its reason.
	if i := slices.IndexFunc(lines, func(l line) bool { return l.copy.Event.Title == crash }); i >= 0 {
		lines = lines[i : i+1]
	}
	// Poison is blamed on the site of the partition key, if there is one: of one that comes later nobody could say.
	if e := &lines[0].copy.Event; e.Site != "" && e.Site != later.ID && w.happens(900) {
		r.pk = e.PartitionKey()
	}
	for i := range lines {
		if i > 0 {
			r.data = append(r.data, '\n')
		}
		r.data = append(r.data, lines[i].data...)
		r.copies = append(r.copies, &lines[i].copy)
	}
	w.stream.put(w.anyShard(), r)
	for i := range lines {
		w.tell(r, &lines[i])
	}
	w.traceLine(fmt.Sprintf("put %s %s", r.seq, r.data))
}

// tell completes what the oracle knows of a line, by the rules of DESIGN.md: the stamp, the id that is derived, the site of poison.
func (w *world) tell(r *record, l *line) {
	c := &l.copy
	w.copies = append(w.copies, c)
	if c.Outcome == aggregate.Quarantined {
		c.Site = l.blames
		if pk := event.SiteOfPartitionKey(r.pk); c.Site == "" && w.hasSite(pk) {
			c.Site = pk
		}
		return
	}
	e := &c.Event
	if e.ReceivedAt == 0 || e.ReceivedAt > r.arrival.UnixMilli()+event.MaxAheadMS {
		e.ReceivedAt = r.arrival.UnixMilli()
	}
	if p := c.Position; e.ID == "" {
		e.ID = event.DeriveID(p.Stream, p.Shard, p.SequenceNumber, p.Index)
	}
	switch {
	case w.now.UnixMilli()-e.ReceivedAt > event.HorizonMS:
		c.Outcome, c.Reason, c.Site = aggregate.Quarantined, "expired", e.Site
	case e.Bot != "" && e.Site == demo.ID:
		c.Outcome, c.Reason = aggregate.Bot, "headless"
	case e.UserAgent != "" && e.Site == demo.ID:
		c.Outcome, c.Reason = aggregate.Bot, "crawler"
	}
}

func (w *world) line() line {
	switch {
	case len(w.sent) > 0 && w.happens(350):
		return w.again()
	case w.happens(70):
		return w.poison()
	}
	e := w.fresh()
	w.sent = append(w.sent, e)
	return lineOf(e)
}

func lineOf(e event.Event) line { return line{data: e.AppendJSON(nil), copy: naive.Copy{Event: e}} }

// fresh is a new event: mostly through the door, else put straight onto the stream.
func (w *world) fresh() event.Event {
	w.events++
	e := event.Event{Site: demo.ID, Name: event.Pageview, ID: fmt.Sprintf("id-%d", w.events), URL: fmt.Sprintf("https://a.example/k%d?q=1", w.events)}
	if w.focus == nil && w.happens(200) {
		e.Site = other.ID
	}
	if w.focus == nil && w.happens(80) {
		return w.freshLater(e)
	}
	switch w.rand.IntN(8) {
	case 0, 1:
		e.Name = "buy"
	case 2:
		e.Name = event.Engagement
	}
	switch w.rand.IntN(4) {
	case 0, 1:
		e.Visitor = fmt.Sprintf("v%d", w.rand.IntN(6))
	case 2:
		e.Session = fmt.Sprintf("s%d", w.rand.IntN(6))
	}
	if w.focus != nil && w.happens(900) {
		w.focus(w, &e)
	} else {
		kinds[w.rand.IntN(len(kinds))](w, &e)
	}
	switch w.rand.IntN(30) {
	case 0:
		e.Bot = "headless"
	case 1:
		e.UserAgent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	}
	if e.ReceivedAt == 0 && !w.happens(150) {
		w.door(&e)
	}
	beyond := e.ReceivedAt != 0 && e.ReceivedAt < w.ms(-time.Hour) // what is beyond the horizon cannot be redriven
	if e.Bot == "" && e.UserAgent == "" && !beyond && w.focus == nil && w.happens(80) {
		e.Title = crash
	}
	return e
}

// freshLater makes it an event of a site that is registered only at some time. Until then it is quarantined.
func (w *world) freshLater(e event.Event) event.Event {
	e.Site, e.Visitor = later.ID, fmt.Sprintf("v%d", w.rand.IntN(6))
	kinds[w.rand.IntN(4)](w, &e)
	w.door(&e)
	return e
}

// door does what the door does.
func (w *world) door(e *event.Event) {
	e.ReceivedAt = w.ms(0)
	if e.Visitor == "" {
		e.DoorVisitor = fmt.Sprintf("d%d", w.rand.IntN(4))
	}
	if e.ID == "" {
		e.ID = event.AssignID(e.ReceivedAt, e.DoorVisitor, w.rand.Uint64())
	}
}

// again is another copy of an event: the producer's retry has the same bytes, the client's comes through the door once more, with the id that
// the first one was given.
func (w *world) again() line {
	e := w.sent[w.rand.IntN(len(w.sent))]
	if w.happens(400) { // mostly something that was sent lately
		e = w.sent[len(w.sent)-1-w.rand.IntN(min(5, len(w.sent)))]
	}
	if e.ReceivedAt != 0 && w.happens(600) {
		e.ReceivedAt = w.ms(0)
	}
	return lineOf(e)
}

// poison is a line that cannot be counted.
func (w *world) poison() line {
	bad := func(data, reason, blames string) line {
		return line{data: []byte(data), blames: blames, copy: naive.Copy{Outcome: aggregate.Quarantined, Reason: reason}}
	}
	switch w.rand.IntN(4) {
	case 0:
		return bad(`{"broken`, "not_json", "")
	case 1:
		return bad(`{"site":"demo"}`, "invalid", demo.ID)
	case 2:
		l := bad(`{"site":"ghost","name":"x","id":"g"}`, "unknown_site", "")
		l.copy.Event.Site = "ghost" // for the partition key
		return l
	}
	l := bad(`{"site":"other","name":"x","ts":"yesterday"}`, "invalid", other.ID)
	l.copy.Event.Site = other.ID
	return l
}
