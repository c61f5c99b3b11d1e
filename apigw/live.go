package apigw

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// sseWriteTimeout is how long a reader of the live view may take for one frame.
const sseWriteTimeout = 10 * time.Second

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
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Connection", "close") // a later request must not meet the deadline of the last frame
	send(w, first, frames)
	return nil
}

// send writes frames until there are no more, or until the reader does not take one in time.
func send(w http.ResponseWriter, f aggregate.Frame, next <-chan aggregate.Frame) {
	rc := http.NewResponseController(w)
	var buf bytes.Buffer
	buf.WriteString("retry: 1000\n") // milliseconds before a reader that was cut off comes again
	for ok := true; ok; f, ok = <-next {
		writeFrame(&buf, f)
		_ = rc.SetWriteDeadline(time.Now().Add(sseWriteTimeout)) // not every ResponseWriter has one
		if _, err := w.Write(buf.Bytes()); err != nil {
			return
		}
		if err := rc.Flush(); err != nil {
			return
		}
		buf.Reset()
	}
}

func writeFrame(b *bytes.Buffer, f aggregate.Frame) {
	name := "delta"
	if f.Snapshot {
		name = "snapshot"
	}
	b.WriteString("id: " + f.ID + "\nevent: " + name + "\ndata: ")
	b.Write(f.Data)
	b.WriteString("\n\n")
}
