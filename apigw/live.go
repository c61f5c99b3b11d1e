package apigw

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

const (
	// sseWriteTimeout is how long a reader of an event stream may take for what is sent, at least.
	sseWriteTimeout = 10 * time.Second
	// sseRetry is how many milliseconds a reader waits that was cut off before it comes again.
	sseRetry = "retry: 1000\n"
)

// getLive sends the present of a site as server-sent events (WHATWG HTML, section 9.2): a snapshot, or after a reconnection with Last-Event-ID what
// changed meanwhile, then what changes, at most a second apart.
func (s *Server) getLive(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	ctx, leave := context.WithCancel(r.Context())
	defer leave() // also where the reader is there and does not read
	frames, err := s.o.Live.Subscribe(ctx, site.ID, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	first, ok := <-frames
	if !ok {
		return fail(http.StatusServiceUnavailable, "unavailable", "the live view cannot be read now")
	}
	out := beginStream(w)
	out.send(slices.Concat([]byte(sseRetry), first.Message))
	for f := range frames {
		if !out.send(f.Message) {
			return nil
		}
	}
	return nil
}

// eventStream is a response of server-sent events.
type eventStream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	deadline time.Time
}

func beginStream(w http.ResponseWriter) *eventStream {
	h := head(w, "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Connection", "close") // a later request must not meet the deadline of the last message
	return &eventStream{w: w, control: http.NewResponseController(w)}
}

// send writes a message, which may be shared with other streams, and reports whether the reader took it. The deadline is set anew only where less than half of it
// is left: that costs as much as a tenth of the write.
func (e *eventStream) send(message []byte) bool {
	if now := time.Now(); e.deadline.Sub(now) < sseWriteTimeout {
		e.deadline = now.Add(2 * sseWriteTimeout)
		_ = e.control.SetWriteDeadline(e.deadline) // not every ResponseWriter has one
	}
	if _, err := e.w.Write(message); err != nil {
		return false
	}
	return e.control.Flush() == nil
}

// getLiveSnapshot answers the present of a site, for those who cannot be sent events: what it has to tell is computed once a second for all of them, and its tag is
// that of the content.
func (s *Server) getLiveSnapshot(w http.ResponseWriter, r *http.Request) error {
	return s.answerShared(w, r, s.o.Live.Snapshot)
}

// getLiveHour answers the last hour of a site, to be looked at as it went by.
func (s *Server) getLiveHour(w http.ResponseWriter, r *http.Request) error {
	return s.answerShared(w, r, s.o.Live.Hour)
}

func (s *Server) answerShared(w http.ResponseWriter, r *http.Request, get func(context.Context, string) (aggregate.Answer, error)) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	a, err := get(r.Context(), site.ID)
	if err != nil {
		return err
	}
	h, tag := w.Header(), `"`+a.Tag+`"`
	h.Set("Content-Type", jsonType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // to be asked for with its tag each time
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(a.Data) // the client may be gone, and there is nobody else to tell
	return nil
}

// matches compares tags as RFC 9110, section 13.1.2 has it: weakly, with one of a list.
func matches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}
