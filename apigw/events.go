package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
)

// The states of an event in the answer.
const (
	statusAccepted = "accepted" // durable
	statusInvalid  = "invalid"  // will never be accepted
	statusRetry    = "retry"    // could not be written; send it again with this id
)

type eventsAnswer struct {
	Accepted int           `json:"accepted"`
	Results  []eventResult `json:"results"`
}

type eventResult struct {
	Index  int                `json:"index"`
	ID     string             `json:"id,omitempty"`
	Status string             `json:"status"`
	Errors []event.FieldError `json:"errors,omitempty"`
}

// writeTimeout bounds how long a request waits for the stream.
const writeTimeout = 25 * time.Second

// postEvents accepts events: see the README for the answer.
func (s *Server) postEvents(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	batch, err := event.Split(body)
	if err != nil {
		return splitError(err)
	}
	in := s.newIntake(r, len(batch.Events), len(body))
	for i, raw := range batch.Events {
		if err := in.take(r.Context(), i, raw); err != nil {
			return err
		}
	}
	// What is on its way is seen to its end, though the client may be gone: an event that is durable must be counted as accepted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), writeTimeout)
	defer cancel()
	if err := in.write(ctx); err != nil {
		if e, ok := errors.AsType[*apiError](err); ok && e.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		return err
	}
	answer(w, http.StatusAccepted, in.answer(r.URL.Query().Get("ids") == "1"))
	return nil
}

func splitError(err error) error {
	switch {
	case errors.Is(err, event.ErrEmpty):
		return fail(http.StatusBadRequest, "empty", "the body holds no event")
	case errors.Is(err, event.ErrTooMany):
		return fail(http.StatusRequestEntityTooLarge, "too_many_events",
			fmt.Sprintf("the body holds more than %d events; send them in several requests", event.MaxRequestEvents))
	}
	return fail(http.StatusBadRequest, "malformed", "the body is not JSON: "+err.Error())
}

// preflight answers a browser that asks whether a page of another origin may send events.
func preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Content-Encoding")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// intake is the events of one request on their way to the stream.
type intake struct {
	s       *Server
	stamp   stamp
	results []eventResult // one for each event of the request
	items   []producer.Item
	index   []int    // of each item: its event
	sites   []string // of each item
	arena   []byte   // what items are made of
	known   map[string]aggregate.Site
	event   event.Event
}

func (s *Server) newIntake(r *http.Request, events, bytes int) *intake {
	return &intake{
		s: s, stamp: s.stampOf(r),
		results: make([]eventResult, events), items: make([]producer.Item, 0, events),
		index: make([]int, 0, events), sites: make([]string, 0, events),
		arena: make([]byte, 0, bytes+events*stampBytes), known: make(map[string]aggregate.Site),
	}
}

// take checks an event, stamps it and sets it down to be written.
func (in *intake) take(ctx context.Context, i int, raw event.Raw) error {
	res := &in.results[i]
	res.Index = i
	e := &in.event
	if raw.Err != nil {
		res.refuse(event.FieldError{Code: "malformed", Message: "this line is not JSON: " + raw.Err.Error()})
		return nil
	}
	if len(raw.Data) > event.MaxBytes {
		res.refuse(event.FieldError{Code: event.CodeTooLong,
			Message: fmt.Sprintf("the event has %d bytes; at most %d are allowed", len(raw.Data), event.MaxBytes)})
		return nil
	}
	problems, err := e.Decode(raw.Data)
	if err != nil {
		res.refuse(event.FieldError{Code: "malformed", Message: err.Error()})
		return nil
	}
	res.ID = e.ID
	if len(problems) > 0 {
		res.refuse(problems...)
		return nil
	}
	site, err := in.site(ctx, e.Site)
	if errors.Is(err, aggregate.ErrNoSite) {
		res.refuse(event.FieldError{Code: "unknown_site", Field: "site", Message: "site is not registered; streamgauge site add registers it"})
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up site: %w", err)
	}
	if err := in.stamp.on(ctx, e, site); err != nil {
		return err
	}
	res.ID = e.ID
	from := len(in.arena)
	in.arena = e.AppendJSON(in.arena)
	in.items = append(in.items, producer.Item{PartitionKey: e.PartitionKey(), Data: in.arena[from:len(in.arena):len(in.arena)]})
	in.index = append(in.index, i)
	in.sites = append(in.sites, site.ID)
	return nil
}

func (r *eventResult) refuse(problems ...event.FieldError) {
	r.Status, r.Errors = statusInvalid, problems
}

func (in *intake) site(ctx context.Context, id string) (aggregate.Site, error) {
	if site, ok := in.known[id]; ok {
		return site, nil
	}
	site, err := in.s.site(ctx, id)
	if err == nil {
		in.known[site.ID] = site
	}
	return site, err
}

func (s *Server) site(ctx context.Context, id string) (aggregate.Site, error) {
	if !s.o.CreateSites {
		return s.o.Sites.Get(ctx, id)
	}
	site, created, err := s.o.Sites.Ensure(ctx, id)
	if created {
		s.o.OnSite(site.ID)
	}
	return site, err
}

// write puts the events on the stream and notes what became of each. It fails only where none could be written.
func (in *intake) write(ctx context.Context) error {
	if len(in.items) == 0 {
		in.count()
		return nil
	}
	errs, err := in.s.o.Putter.PutAll(ctx, in.items)
	written := 0
	for k, i := range in.index {
		res := &in.results[i]
		switch itemErr := itemError(errs, k, err); {
		case itemErr == nil:
			res.Status = statusAccepted
			written++
		case producer.CodeOf(itemErr) == producer.TooLarge || producer.CodeOf(itemErr) == producer.Invalid:
			res.refuse(event.FieldError{Code: event.CodeTooLong, Message: itemErr.Error()})
		default:
			res.Status = statusRetry
		}
	}
	in.count()
	if written == 0 && in.has(statusRetry) {
		return in.refused(err)
	}
	return nil
}

func itemError(errs []error, k int, err error) error {
	if k < len(errs) {
		return errs[k]
	}
	return err
}

func (in *intake) has(status string) bool {
	for i := range in.results {
		if in.results[i].Status == status {
			return true
		}
	}
	return false
}

// refused is the answer where nothing could be written. It names the ids, so that the same events can be sent again.
func (in *intake) refused(err error) error {
	e := fail(http.StatusServiceUnavailable, "unavailable", "nothing could be written; send the events again with these ids")
	if errors.Is(err, producer.ErrFull) {
		e = fail(http.StatusTooManyRequests, "busy", "the write queue is full; send the events again a little later with these ids")
	} else {
		in.s.o.OnError(fmt.Errorf("write events: %w", err))
	}
	e.Details = in.answer(false)
	return e
}

// count enters the results into the accounts.
func (in *intake) count() {
	accepted := make(map[string]uint64)
	for k, i := range in.index {
		if in.results[i].Status == statusAccepted {
			accepted[in.sites[k]]++
		}
	}
	for site, n := range accepted {
		in.s.o.Accounts.Accepted(site, n)
	}
	for i := range in.results {
		in.s.o.Counters.event(&in.results[i])
	}
}

func (in *intake) answer(all bool) eventsAnswer {
	a := eventsAnswer{Results: []eventResult{}}
	for _, res := range in.results {
		if res.Status == statusAccepted {
			a.Accepted++
			if !all {
				continue
			}
		}
		a.Results = append(a.Results, res)
	}
	return a
}
