package apigw

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// inspectPing is how often a stream in which nothing happens is written to: so it is found out that its reader is gone.
const inspectPing = 15 * time.Second

// getInspect shows what just came in at this door, good and bad: as server-sent events, or to who accepts JSON as a list.
func (s *Server) getInspect(w http.ResponseWriter, r *http.Request) error {
	if s.inspector == nil {
		return fail(http.StatusNotImplemented, "no_inspector", "events do not come in at this server, or it does not keep any of them")
	}
	site := r.URL.Query().Get("site")
	if err := s.oneOrAll(r.Context(), site); err != nil {
		return err
	}
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64) // any other is from nowhere: all is shown
	if accept := r.Header.Get("Accept"); s.o.Buffered || strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/event-stream") {
		s.inspector.ask(site)
		list := s.inspector.list(site, after)
		if list == nil {
			list = []*inspected{}
		}
		answer(w, http.StatusOK, list)
		return nil
	}
	watch, kept := s.inspector.join(site, after)
	if watch == nil {
		return fail(http.StatusServiceUnavailable, "closing", "the server is shutting down")
	}
	defer s.inspector.leave(watch)
	out := beginStream(w)
	first := []byte(sseRetry + "\n")
	for _, e := range kept {
		first = append(first, e.message...)
	}
	if !out.send(first) {
		return nil
	}
	ping := time.NewTicker(inspectPing)
	defer ping.Stop()
	for {
		message := []byte(":\n\n")
		select {
		case <-r.Context().Done():
			return nil
		case <-ping.C:
		case e, more := <-watch.events:
			if !more {
				return nil
			}
			message = e.message
		}
		if !out.send(message) {
			return nil
		}
	}
}

// EndStreams ends the event streams that are not a live view's: a server that shuts down would wait for their readers.
func (s *Server) EndStreams() {
	if s.inspector != nil {
		s.inspector.end()
	}
}
