package shardlog

import (
	"errors"
	"io"
)

// readAhead is how much of a segment is read at once: a few frames.
const readAhead = 1 << 20

// frameReader reads frames one after the other. Frames that it returned stay valid: it never writes into a buffer again.
type frameReader struct {
	src   io.ReaderAt
	at    int64 // of the next frame
	limit int64 // nothing is read at or past it
	salt  uint32
	ahead int    // bytes to read at once
	buf   []byte // what is read already, from at on
}

// next returns the next frame; errNoFrame at zeros or at the limit; errBadFrame for what is neither.
func (r *frameReader) next() (frame, error) {
	if err := r.fill(frameHeader); err != nil {
		return frame{}, err
	}
	n, err := frameLength(r.buf)
	if err != nil {
		return frame{}, err
	}
	if r.at+int64(n) > r.limit {
		return frame{}, errBadFrame
	}
	if err := r.fill(n); err != nil {
		return frame{}, err
	}
	f, err := parseFrame(r.buf[:n:n], r.at, r.salt)
	if err != nil {
		return frame{}, err
	}
	r.buf, r.at = r.buf[n:], r.at+int64(n)
	return f, nil
}

// fill makes at least n bytes available in buf.
func (r *frameReader) fill(n int) error {
	if len(r.buf) >= n {
		return nil
	}
	size := min(int64(max(n, r.ahead)), r.limit-r.at)
	if size < int64(n) {
		return errNoFrame
	}
	fresh := make([]byte, size)
	have := copy(fresh, r.buf)
	got, err := r.src.ReadAt(fresh[have:], r.at+int64(have))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.buf = fresh[:have+got]
	if len(r.buf) < n {
		return errNoFrame
	}
	return nil
}
