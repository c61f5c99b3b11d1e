package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
)

// intake is the events of one request on their way to the stream.
type intake struct {
	s     *Server
	stamp stamp
	site  aggregate.Site // of the event before
	// allowed reports whether the sender may send events of a site.
	allowed func(site string) bool
	event   event.Event

	results []eventResult   // one for each event of the request
	items   []producer.Item // what is to be written
	taken   []taken         // of each item
	arena   []byte          // what items are made of

	accepted int
	failure  error // why the first event that could not be written was not

	reply []byte // of an answer
}

// taken says which event of a request an item is.
type taken struct {
	index int
	site  string
}

// intakes are used again, with what they have room for.
var intakes = sync.Pool{New: func() any { return new(intake) }}

// maxArena is how much room an intake keeps at most: that of a request of a hundred events and more.
const maxArena = 256 << 10

func (s *Server) newIntake(r *http.Request, events, bytes int) *intake {
	in := intakes.Get().(*intake)
	in.s, in.stamp = s, s.stampOf(r)
	in.results = slices.Grow(in.results, events)[:events]
	in.items, in.taken = slices.Grow(in.items, events), slices.Grow(in.taken, events)
	in.arena = slices.Grow(in.arena, bytes+events*stampBytes)
	return in
}

// free gives the intake to the next request. It must not be used after that, nor what it returned, and only if everything in it was written: where
// something was not, or may still be under way, the producer may look at its bytes for longer.
func (in *intake) free() {
	if in.accepted < len(in.items) || cap(in.arena) > maxArena {
		return
	}
	clear(in.results)
	clear(in.items)
	clear(in.taken)
	clear(in.event.Props)
	*in = intake{
		event:   event.Event{Props: in.event.Props[:0]},
		results: in.results[:0], items: in.items[:0], taken: in.taken[:0], arena: in.arena[:0], reply: in.reply[:0],
	}
	intakes.Put(in)
}

// take checks an event, stamps it and sets it down to be written.
func (in *intake) take(ctx context.Context, i int, raw event.Raw) {
	res, e := &in.results[i], &in.event
	res.Index = i
	if raw.Err != nil {
		res.refuse(event.FieldError{Code: "malformed", Message: "this line is not JSON: " + raw.Err.Error()})
		return
	}
	if n := len(raw.Data); n > event.MaxBytes {
		res.refuse(tooLarge(event.MaxBytes, "", n))
		return
	}
	problems, err := e.Decode(raw.Data)
	if err != nil {
		res.refuse(event.FieldError{Code: "malformed", Message: err.Error()})
		return
	}
	if event.ValidSite(e.Site) {
		res.site = e.Site
	}
	if !slices.ContainsFunc(problems, func(p event.FieldError) bool { return p.Field == "id" }) {
		res.ID = e.ID
	}
	problems = slices.DeleteFunc(problems, func(p event.FieldError) bool { return in.stamp.owns(p.Field) })
	if len(problems) > 0 {
		res.refuse(problems...)
		res.bookedTo = in.blame(ctx, e.Site)
		return
	}
	switch err := in.lookUp(ctx, e.Site); {
	case errors.Is(err, errWrongKey):
		res.refuse(event.FieldError{Code: "key", Field: "site", Message: "the key that was sent is not this site's"})
		return
	case errors.Is(err, aggregate.ErrNoSite):
		res.refuse(event.FieldError{Code: "unknown_site", Field: "site", Message: "site is not registered; streamgauge site add registers it"})
		return
	case err != nil:
		in.retry(res, err)
		return
	}
	if err := in.stamp.on(ctx, e, in.site); err != nil {
		in.retry(res, err)
		return
	}
	res.ID = e.ID
	in.set(i, res)
}

// blame returns the site that an event that is refused names, if there is that site and the sender may send to it: the accounts of a site are not for everybody to write in. Else it is "".
func (in *intake) blame(ctx context.Context, site string) string {
	if !event.ValidSite(site) || !in.allowed(site) {
		return ""
	}
	now := in.s.o.Now()
	if in.s.missing.has(site, now) {
		return ""
	}
	known, err := in.s.o.Sites.Get(ctx, site)
	if errors.Is(err, aggregate.ErrNoSite) {
		in.s.missing.note(site, now)
	}
	return known.ID // of none where it is not known
}

// set sets a stamped event down. What the consumer could not read any more, because the stamp made it too large, must not be accepted: only a
// user agent full of control characters, which net/http does not let through but another server may, does that.
func (in *intake) set(i int, res *eventResult) {
	res.bookedTo = in.site.ID
	from := len(in.arena)
	in.arena = in.event.AppendJSON(in.arena)
	data := in.arena[from:len(in.arena):len(in.arena)]
	if len(data) > event.MaxStampedBytes {
		res.refuse(tooLarge(event.MaxStampedBytes, " with what the server adds to it", len(data)))
		return
	}
	in.items = append(in.items, producer.Item{PartitionKey: in.event.PartitionKey(), Data: data})
	in.taken = append(in.taken, taken{i, in.site.ID})
}

func tooLarge(limit int, what string, n int) event.FieldError {
	return event.FieldError{Code: event.CodeTooLong, Message: fmt.Sprintf("the event must be at most %d bytes%s, not %d", limit, what, n)}
}

// retry notes an event that could not be written.
func (in *intake) retry(res *eventResult, err error) {
	res.Status = statusRetry
	if in.failure == nil {
		in.failure = err
	}
}

// lookUp makes in.site the site of that id.
func (in *intake) lookUp(ctx context.Context, id string) error {
	if in.site.ID == id {
		return nil
	}
	if !in.allowed(id) {
		return errWrongKey
	}
	site, err := in.s.siteOfEvent(ctx, strings.Clone(id)) // the registry keeps it longer than the body lives
	if err == nil {
		in.site = site
	}
	return err
}

func (s *Server) siteOfEvent(ctx context.Context, id string) (aggregate.Site, error) {
	if !s.o.CreateSites {
		return s.o.Sites.Get(ctx, id)
	}
	site, created, err := s.o.Sites.Ensure(ctx, id)
	if created {
		s.o.OnSite(site.ID)
	}
	return site, err
}

// write puts the events on the stream, and notes and counts what became of each.
func (in *intake) write(ctx context.Context) {
	if len(in.items) > 0 {
		errs, _ := in.s.o.Putter.PutAll(ctx, in.items)
		for k, t := range in.taken {
			in.judge(&in.results[t.index], errs[k])
		}
	}
	in.count()
	if in.failure != nil && !errors.Is(in.failure, producer.ErrFull) {
		in.s.o.OnError(fmt.Errorf("write events: %w", in.failure))
	}
}

func (in *intake) judge(res *eventResult, err error) {
	switch code := producer.CodeOf(err); {
	case err == nil:
		res.Status = statusAccepted
		in.accepted++
	case code == producer.TooLarge || code == producer.Invalid: // another attempt would end the same way
		res.refuse(event.FieldError{Code: event.CodeTooLong, Message: "the stream does not take an event like this"})
	default:
		in.retry(res, err)
	}
}

// count enters the results into the accounts, one entry for events of the same site that follow one another.
func (in *intake) count() {
	site, n := "", uint64(0)
	book := func() {
		if n > 0 {
			in.s.o.Accounts.Accepted(site, n)
		}
	}
	for _, t := range in.taken {
		if in.results[t.index].Status != statusAccepted {
			continue
		}
		if t.site != site {
			book()
			site, n = t.site, 0
		}
		n++
	}
	book()
	tell(in.s.o.Counters, in.results, in.accepted)
}

// send answers a request of which events were accepted.
func (in *intake) send(w http.ResponseWriter, all bool) {
	if all || in.accepted < len(in.results) {
		answer(w, http.StatusAccepted, in.answer(all))
		return
	}
	// What nearly everybody hears is not worth an encoder.
	in.reply = append(strconv.AppendInt(append(in.reply[:0], `{"accepted":`...), int64(in.accepted), 10), ",\"results\":[]}\n"...)
	head(w, jsonType)
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(in.reply) // the client may be gone, and there is nobody else to tell
}

// answer lists the events that were not accepted, or all.
func (in *intake) answer(all bool) eventsAnswer {
	a := eventsAnswer{Accepted: in.accepted, Results: []eventResult{}}
	if all {
		a.Results = in.results
		return a
	}
	for _, res := range in.results {
		if res.Status != statusAccepted {
			a.Results = append(a.Results, res)
		}
	}
	return a
}

// refused is the answer where nothing could be written. It names the ids, so that the same events can be sent again.
func (in *intake) refused(h http.Header) error {
	again := in.again()
	e := fail(http.StatusServiceUnavailable, "unavailable", "nothing could be written; send the events again"+again)
	if errors.Is(in.failure, producer.ErrFull) {
		e = fail(http.StatusTooManyRequests, "busy", "the write queue is full; send the events again a little later"+again)
		h.Set("Retry-After", "1")
	}
	e.Details = in.answer(false)
	return e
}

// again says how to send the events again that were not written. One that did not come as far as the stream, for its site could not be made, has no id but one that it came with, and
// needs none.
func (in *intake) again() string {
	with, without := false, false
	for i := range in.results {
		if res := &in.results[i]; res.Status == statusRetry {
			with, without = with || res.ID != "", without || res.ID == ""
		}
	}
	switch {
	case !with:
		return ""
	case without:
		return ", those that have an id here with it"
	}
	return " with these ids"
}
