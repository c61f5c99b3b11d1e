package apigw

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// endless is a body that never ends, as that of a gzip bomb, and notes how much of it was read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 8*event.MaxRequestBytes {
		return 0, io.ErrShortBuffer // the test fails then
	}
	return len(p), nil
}

func TestReadingIsBounded(t *testing.T) {
	var e endless
	_, err := readBounded(&e, 1<<40)
	if a, ok := errors.AsType[*apiError](err); !ok || a.status != http.StatusRequestEntityTooLarge || e.read > 2*event.MaxRequestBytes {
		t.Errorf("%v after %d bytes", err, e.read)
	}
}

// slowBody is what a connection gives whose deadline passed.
type slowBody struct{ *httptest.ResponseRecorder }

func (slowBody) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func (slowBody) Close() error { return nil }

func (slowBody) SetReadDeadline(at time.Time) error { return nil }

// A body is read whole, whatever its sender says of its size and in whatever pieces it comes; one that keeps to its size takes no more than that.
func TestReadBounded(t *testing.T) {
	pieces := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "end with data": iotest.DataErrReader,
	}
	for _, n := range []int{0, 1, 280, 511, 512, 513, 5_000, bodyHint, bodyHint + 1, event.MaxRequestBytes} {
		want := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
		for _, said := range []int64{-1, 0, 1, int64(n) - 1, int64(n), int64(n) + 1, 1 << 40} {
			for name, in := range pieces {
				got, err := readBounded(in(bytes.NewReader(want)), said)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes, said to be %d, %s: %d bytes, %v", n, said, name, len(got), err)
				}
				if n > 0 && n <= bodyHint && said == int64(n) && cap(got) != n+1 {
					t.Errorf("%d bytes, %s, take %d", n, name, cap(got))
				}
			}
		}
	}
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("{}")))
	if _, err := readBounded(broken, 2); err == nil {
		t.Error("a body that breaks off was taken for whole")
	}
}

func TestSlowBodies(t *testing.T) {
	s := newDiscarding()
	for _, path := range []string{"/v1/events", "/api/v2/query"} {
		w := slowBody{httptest.NewRecorder()}
		req := httptest.NewRequest(http.MethodPost, path, w)
		req.Header.Set("Content-Type", "application/json")
		s.ServeHTTP(w, req)
		reply{w.Code, w.Header(), w.Body.String()}.wantError(t, http.StatusRequestTimeout, "slow")
	}
}

// deadlines notes what a handler asks of its connection.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// The limit is there while the body is read; it must not stay, or the server would take a long answer for a client that is gone.
func TestBodyDeadlineIsLifted(t *testing.T) {
	for body, want := range map[string]int{pageviews("shop", 1): 2, strings.Repeat("x", event.MaxRequestBytes+1): 1} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		newDiscarding().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(body)))
		if len(w.set) != want || w.set[0].IsZero() || want == 2 && !w.set[1].IsZero() {
			t.Errorf("answer %d: deadlines %v, want %d", w.Code, w.set, want)
		}
	}
}
