package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/event"
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

	site     string // that the event names, if it is one that can be; memory of the request's body
	bookedTo string // that one, where there is it and the sender may write to it
}

func (r *eventResult) refuse(problems ...event.FieldError) {
	r.Status, r.Errors = statusInvalid, problems
}

// writeTimeout bounds how long a request waits for the store and the stream.
const writeTimeout = 25 * time.Second

// postEvents accepts events: see the README for the answer.
func (s *Server) postEvents(w http.ResponseWriter, r *http.Request) error {
	began := s.o.Now()
	w.Header()["Access-Control-Allow-Origin"] = anyOrigin
	allowed, err := s.sender(r)
	if err != nil {
		return s.refused(r, nil, err)
	}
	body, err := readEvents(w, r)
	if err != nil {
		return s.refused(r, nil, err)
	}
	batch, err := event.Split(body)
	if err != nil {
		return s.refused(r, body, splitError(err))
	}
	// What is on its way is seen to its end, though the client may be gone: an event that is durable must be counted as accepted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), writeTimeout)
	defer cancel()
	in := s.newIntake(r, len(batch.Events), len(body))
	in.allowed = allowed
	for i, raw := range batch.Events {
		in.take(ctx, i, raw)
	}
	in.write(ctx)
	if s.inspector != nil {
		s.inspector.inspect(r, in, batch.Events)
	}
	if in.accepted < len(in.results) {
		key := access.SiteKey(r)
		s.bookRefused(in, key)
		s.o.Samples.invalid(in, batch.Events, key)
	}
	if in.accepted == 0 && in.failure != nil {
		return in.refused(w.Header())
	}
	if in.accepted > 0 {
		s.o.Counters.Acked(s.o.Now().Sub(began))
	}
	in.send(w, r.URL.RawQuery != "" && r.URL.Query().Get("ids") == "1")
	in.free()
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
func preflight(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
