package aggregate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// LiveEvent is a counted event as a live view shows it. Nothing of it names a visitor.
type LiveEvent struct {
	T       int64  `json:"t"` // Unix milliseconds
	Name    string `json:"name"`
	Page    string `json:"page,omitempty"`
	Source  string `json:"source,omitempty"`
	Country string `json:"country,omitempty"`
	Device  string `json:"device,omitempty"`
	Browser string `json:"browser,omitempty"`
}

const (
	frameEvents  = 20 // the most that a frame tells of
	recentEvents = 50 // the most that a reader is told of who was away
	// frameBodies and firstBodies bound how many bodies are read for a frame: of deltas beyond, no events are shown.
	frameBodies = 8
	firstBodies = frameEvents
	// bodiesShare is which part of the time may be spent on reading bodies, as a divisor.
	bodiesShare = 20
)

// liveEvents is the stream of the newest counted events: a selection, where there are more than can be looked at. Heads do not hold them, so they are
// read from the bodies of a few of the newest deltas.
type liveEvents struct {
	waiting []deltaRef // not looked at
	due     time.Time  // not before then is anything read
	begun   bool
	recent  []seenEvent
}

// seenEvent is an event with the number of the frame that told of it.
type seenEvent struct {
	seq uint64
	LiveEvent
}

// offer tells of deltas that have come. The newest are kept.
func (l *liveEvents) offer(deltas []deltaRef) {
	l.waiting = append(l.waiting, deltas...)
	slices.SortStableFunc(l.waiting, func(a, b deltaRef) int { return cmp.Compare(a.log.Window, b.log.Window) })
	l.waiting = slices.Delete(l.waiting, 0, max(0, len(l.waiting)-firstBodies))
}

// read looks at the newest deltas that wait, and notes their newest events as those of frame seq. A body that cannot be read is passed over: events are shown or not,
// nothing is counted by them.
func (l *liveEvents) read(ctx context.Context, s logStore, seq uint64, now func() time.Time) {
	began := now()
	if len(l.waiting) == 0 || began.Before(l.due) {
		return
	}
	look := l.waiting
	if l.begun {
		look = look[max(0, len(look)-frameBodies):]
	}
	var found []LiveEvent
	for _, ref := range look {
		if events, err := readEvents(ctx, s, ref, frameEvents); err == nil {
			found = append(found, events...)
		}
	}
	l.waiting, l.begun = l.waiting[:0], true
	end := now()
	l.due = end.Add(bodiesShare * end.Sub(began))
	for _, e := range newestEvents(found, frameEvents) {
		l.recent = append(l.recent, seenEvent{seq, e})
	}
	l.recent = slices.Delete(l.recent, 0, max(0, len(l.recent)-recentEvents))
}

// after returns at most n of the events that frames after seq told of, the newest by time, in order of time.
func (l *liveEvents) after(seq uint64, n int) []LiveEvent {
	var events []LiveEvent
	for _, e := range l.recent {
		if e.seq > seq {
			events = append(events, e.LiveEvent)
		}
	}
	return newestEvents(events, n)
}

// eventColumns are what a live view shows of an event.
var eventColumns = func() (n sketch.Needs) {
	for _, f := range [...]sketch.Field{sketch.Name, sketch.Page, sketch.Source, sketch.Country, sketch.Device, sketch.Browser} {
		n.Fields[f] = true
	}
	return n
}()

// readEvents returns the newest n events of a delta, in order of time. It reads one body; where the log has grown since, also those that came after.
func readEvents(ctx context.Context, s logStore, ref deltaRef, n int) ([]LiveEvent, error) {
	entries, err := s.Read(ctx, ref.log.key(), ref.n-1, store.Bodies)
	if err != nil {
		return nil, fmt.Errorf("read delta %d of %v: %w", ref.n, ref.log, err)
	}
	if len(entries) == 0 || entries[0].N != ref.n {
		return nil, nil // it was removed
	}
	d, err := decodeDelta(entries[0].Body, true)
	if err != nil {
		return nil, err
	}
	sample, err := sketch.Project(eventColumns, []*sketch.Packed{d.sum.Sample})
	if err != nil {
		return nil, err
	}
	return eventsOf(sample, n), nil
}

// eventsOf returns the newest n events of a sample, in order of time. Engagement tells about one that was shown.
func eventsOf(s *sketch.Sample, n int) []LiveEvent {
	names, times := s.Column(sketch.Name), s.Times()
	hits := make([]int, 0, len(times))
	for i := range times {
		if names.Word(i) != event.Engagement {
			hits = append(hits, i)
		}
	}
	slices.SortStableFunc(hits, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	hits = hits[max(0, len(hits)-n):]
	events := make([]LiveEvent, len(hits))
	for k, i := range hits {
		events[k] = LiveEvent{
			T: times[i], Name: names.Word(i), Page: s.Column(sketch.Page).Word(i), Source: s.Column(sketch.Source).Word(i),
			Country: s.Column(sketch.Country).Word(i), Device: s.Column(sketch.Device).Word(i), Browser: s.Column(sketch.Browser).Word(i),
		}
	}
	return events
}

// newestEvents brings events into the order of time, and returns the last n.
func newestEvents(events []LiveEvent, n int) []LiveEvent {
	slices.SortStableFunc(events, func(a, b LiveEvent) int { return cmp.Compare(a.T, b.T) })
	return events[max(0, len(events)-n):]
}
