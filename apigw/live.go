package apigw

import (
	"bytes"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// sseWriteTimeout is how long a reader of the live view may take for one frame.
const sseWriteTimeout = 10 * time.Second

// getLive sends the present of a site as server-sent events (WHATWG HTML, section 9.2): a snapshot, or after a reconnection with Last-Event-ID what
// changed meanwhile, then what changes, at most a second apart.
func (s *Server) getLive(w http.ResponseWriter, r *http.Request) error {
	site := r.URL.Query().Get("site")
	if site == "" {
		return fail(http.StatusBadRequest, "required", "site is missing: /api/v1/live?site=ID")
	}
	frames, err := s.o.Live.Subscribe(r.Context(), site, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	rc := http.NewResponseController(w)
	var buf bytes.Buffer
	buf.WriteString("retry: 1000\n") // milliseconds before a reader that was cut off comes again
	for f := range frames {
		writeFrame(&buf, f)
		_ = rc.SetWriteDeadline(time.Now().Add(sseWriteTimeout)) // not every ResponseWriter has one
		if _, err := w.Write(buf.Bytes()); err != nil {
			break // the reader is gone; its context ends, and the feed lets it go
		}
		if err := rc.Flush(); err != nil {
			break
		}
		buf.Reset()
	}
	return nil
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
