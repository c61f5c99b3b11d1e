package apigw

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/apigw/stats"
	"github.com/streamgauge/streamgauge/event"
)

const (
	// bodyTimeout is how long a client may take to send a body.
	bodyTimeout = 30 * time.Second
	// maxJSON bounds the body of every request that brings no events, in bytes.
	maxJSON = 64 << 10
	// bodyHint bounds what is set aside for a body because its sender says that it is so large.
	bodyHint = 64 << 10
)

// eventTypes are what browsers and tools send events as. text/plain is what a beacon may send without asking first, the last is what
// curl -d says of any body.
var eventTypes = []string{
	"application/json", "application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain", "application/x-www-form-urlencoded",
}

// limitTime lets the reading of a body fail after bodyTimeout. What is returned takes the limit away again, and must only be called when
// the body was read to its end: what a server discards of the body of a refused request must not take for ever either.
func limitTime(w http.ResponseWriter) (lift func()) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every ResponseWriter has one
	return func() { _ = rc.SetReadDeadline(time.Time{}) }
}

// readEvents returns the body of a request that brings events, unpacked.
func readEvents(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	lift := limitTime(w)
	if ct := r.Header.Get("Content-Type"); ct != "" && !slices.Contains(eventTypes, mediaType(ct)) {
		return nil, fail(http.StatusUnsupportedMediaType, "media_type",
			fmt.Sprintf("content type %q is not known; application/json, application/x-ndjson and text/plain are allowed", ct))
	}
	unpack, err := unpacker(r)
	if err != nil {
		return nil, err
	}
	body, err := readBounded(http.MaxBytesReader(w, r.Body, event.MaxRequestBytes), r.ContentLength)
	if err != nil {
		return nil, err
	}
	lift()
	return unpack(body)
}

// mediaType returns the type of a Content-Type without its parameters.
func mediaType(ct string) string {
	media, _, _ := strings.Cut(ct, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// unpacker returns what undoes the content encoding (RFC 9110, section 8.4.1, where x-gzip is another name of gzip).
func unpacker(r *http.Request) (func([]byte) ([]byte, error), error) {
	switch enc := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ", ")); enc {
	case "", "identity":
		return func(body []byte) ([]byte, error) { return body, nil }, nil
	case "gzip", "x-gzip":
		return gunzip, nil
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "encoding", fmt.Sprintf("content encoding %q is not known; gzip is allowed", enc))
	}
}

func gunzip(body []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "gzip", "the body is said to be gzip and is not")
	}
	return readBounded(zr, 0)
}

// readBounded reads up to event.MaxRequestBytes. The size is what the sender says, or less than one: a body that keeps to it lies in memory of its size, as each request has its own.
func readBounded(r io.Reader, size int64) ([]byte, error) {
	const instead = "; send it in several requests"
	room := int64(bytes.MinRead)
	if size > 0 {
		room = min(size, bodyHint) + 1 // the one is for the end to be found in
	}
	body := make([]byte, 0, room)
	r = io.LimitReader(r, event.MaxRequestBytes+1)
	for {
		if len(body) == cap(body) {
			body = slices.Grow(body, bytes.MinRead)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, bodyError(err, instead)
		}
	}
	if len(body) > event.MaxRequestBytes {
		return nil, bodyError(&http.MaxBytesError{Limit: event.MaxRequestBytes}, instead)
	}
	return body, nil
}

// bodyError says why a body could not be read, and of one that is too large what to do. What the network says of it names addresses, and is nobody's business.
func bodyError(err error, instead string) error {
	tooLarge, is := errors.AsType[*http.MaxBytesError](err)
	switch {
	case is:
		return fail(http.StatusRequestEntityTooLarge, "body_too_large",
			fmt.Sprintf("the body has more than %d bytes%s", tooLarge.Limit, instead))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fail(http.StatusRequestTimeout, "slow", fmt.Sprintf("the body did not come within %v", bodyTimeout))
	}
	return fail(http.StatusBadRequest, "body", "the body is damaged or ends early")
}

// readJSON reads a request's body into v, a pointer to a struct. It takes nothing but application/json: a page of another
// origin cannot send that without asking first.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	lift := limitTime(w)
	if mediaType(r.Header.Get("Content-Type")) != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "media_type", "the content type must be application/json")
	}
	if err := decodeJSON(http.MaxBytesReader(w, r.Body, maxJSON), v); err != nil {
		return err
	}
	lift()
	return nil
}

// decodeJSON reads one JSON object with no other fields than v has.
func decodeJSON(from io.Reader, v any) error {
	dec := json.NewDecoder(from)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return jsonError(err, v)
	}
	_, err := dec.Token()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return bodyError(err, "")
	}
	if err != io.EOF {
		return fail(http.StatusBadRequest, "malformed", "the body holds more than one JSON value")
	}
	return nil
}

// jsonError says what is wrong with a body in words of JSON; those of encoding/json are about Go.
func jsonError(err error, v any) error {
	if errors.Is(err, stats.ErrBad) { // it was written for people
		return err
	}
	malformed := func(message string) error { return fail(http.StatusBadRequest, "malformed", message) }
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := strings.TrimPrefix(e.Field, "Scope.") // a part of Go's, not of the JSON
		if what == "" {
			what = "the body"
		}
		return malformed(fmt.Sprintf("%s must be %s, not %s", what, jsonKind(e.Type), e.Value))
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return malformed(fmt.Sprintf("the body is not JSON: offset %d: %v", e.Offset, e))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return malformed(fmt.Sprintf("field %s is not known; allowed are %s", name, fieldsOf(reflect.TypeOf(v).Elem())))
	}
	switch {
	case errors.Is(err, io.EOF):
		return fail(http.StatusBadRequest, "empty", "the body is empty; a JSON object is needed")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("the body ends in the middle of the JSON")
	}
	return bodyError(err, "")
}

func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "an object"
}

// fieldsOf lists what an object may hold that is read into a struct, and behind what is an object itself, or a list of them, what that may hold.
func fieldsOf(t reflect.Type) string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" { // a part of Go's, whose fields follow
			continue
		}
		if inner, ok := objectOf(f.Type); ok {
			name += " (with " + fieldsOf(inner) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// objectOf returns the struct that a field holds, is a pointer to or a list of. What reads itself is none: its JSON is another.
func objectOf(t reflect.Type) (reflect.Type, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t, t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}
