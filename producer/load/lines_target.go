package load

import (
	"bufio"
	"io"
	"time"
)

// Lines is a target that writes events as NDJSON, for files and pipes. Nobody answers, so what is written is accepted.
type Lines struct {
	Clock
	to   *bufio.Writer
	done Done
	err  error // the first
}

// NewLines returns one.
func NewLines(w io.Writer, done Done) *Lines {
	return &Lines{to: bufio.NewWriterSize(w, 64<<10), done: done}
}

// Start writes.
func (l *Lines) Start(r *Request) {
	a := Answer{Verdict: Accepted}
	for i := range r.Items {
		if l.err == nil {
			_, l.err = l.to.Write(r.Body[r.Items[i].From:r.Items[i].To])
		}
		if l.err == nil {
			l.err = l.to.WriteByte('\n')
		}
	}
	if l.err != nil {
		a = Answer{Fault: "not written", Verdict: Untaken}
	}
	a.At = time.Now()
	l.done(r, a)
}

// Close writes what is left.
func (l *Lines) Close() error {
	if l.err != nil {
		return l.err
	}
	return l.to.Flush()
}
