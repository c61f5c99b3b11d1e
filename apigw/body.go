package apigw

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/streamgauge/streamgauge/event"
)

// readBody returns the body of a request that brings events, unpacked.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	body, err := readBounded(http.MaxBytesReader(w, r.Body, event.MaxRequestBytes))
	if err != nil {
		return nil, err
	}
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
		return body, nil
	case "gzip":
		return gunzip(body)
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "encoding", fmt.Sprintf("content encoding %q is not known; gzip is allowed", enc))
	}
}

// checkMediaType allows what browsers and tools send JSON as; text/plain is what a beacon may send without asking first.
func checkMediaType(r *http.Request) error {
	ct := r.Header.Get("Content-Type")
	if ct == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(ct)
	if err == nil {
		switch media {
		case "application/json", "application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain", "application/x-www-form-urlencoded":
			return nil // the last is what curl -d says of any body
		}
	}
	return fail(http.StatusUnsupportedMediaType, "media_type",
		fmt.Sprintf("content type %q is not known; application/json, application/x-ndjson and text/plain are allowed", ct))
}

func gunzip(body []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "gzip", "the body is said to be gzip and is not")
	}
	return readBounded(zr)
}

// readBounded reads up to event.MaxRequestBytes.
func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, event.MaxRequestBytes+1))
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge || len(body) > event.MaxRequestBytes:
		return nil, fail(http.StatusRequestEntityTooLarge, "body_too_large",
			fmt.Sprintf("the body has more than %d bytes; send the events in several requests", event.MaxRequestBytes))
	case err != nil:
		return nil, fail(http.StatusBadRequest, "body", "the body could not be read to its end: "+err.Error())
	}
	return body, nil
}
