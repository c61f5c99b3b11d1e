package load

import (
	"bytes"
	"errors"
	"strconv"
)

// errAnswer says that what came is no HTTP/1 answer.
var errAnswer = errors.New("no HTTP/1.1 answer")

// response is an answer of HTTP/1.1 as far as a load generator cares (RFC 9112).
type response struct {
	status  int
	body    []byte
	keep    bool // the connection can be used again
	chunked bool
	size    int // bytes that it took
}

const maxHead = 64 << 10

var headEnd = []byte("\r\n\r\n")

// parseResponse reads the answer at the beginning of b; ok is false while it is not whole. One that ends with its connection is whole when ended is
// set. Answers that come before the real one (1xx) are passed over.
func parseResponse(b []byte, ended bool) (r response, ok bool, err error) {
	skipped := 0
	for {
		end := bytes.Index(b[skipped:], headEnd)
		if end < 0 {
			if len(b)-skipped > maxHead {
				return r, false, errAnswer
			}
			return r, false, nil
		}
		head := b[skipped : skipped+end+2]
		rest := b[skipped+end+len(headEnd):]
		length, chunked, err := r.readHead(head)
		if err != nil {
			return r, false, err
		}
		if r.status >= 100 && r.status < 200 {
			skipped += end + len(headEnd)
			continue
		}
		var took int
		switch {
		case r.status == 204 || r.status == 304:
		case chunked:
			r.chunked = true
			r.body, took, err = dechunk(rest)
		case length >= 0:
			if took = length; len(rest) < length {
				took = -1
			} else {
				r.body = rest[:length]
			}
		case ended:
			r.body, took, r.keep = rest, len(rest), false
		default:
			took = -1
		}
		if err != nil || took < 0 {
			return r, false, err
		}
		r.size = len(b) - len(rest) + took
		return r, true, nil
	}
}

// lastHead remembers the head of an answer whose length it gives. The next one mostly has the same, until the second of its date is over.
type lastHead struct {
	head   []byte // with the empty line
	length int
	is     response // but for the body
}

// parse is parseResponse for an answer whose connection has not ended.
func (l *lastHead) parse(b []byte) (response, bool, error) {
	if n := len(l.head); n > 0 && bytes.HasPrefix(b, l.head) {
		r := l.is
		if len(b)-n < l.length {
			return r, false, nil
		}
		r.size = n + l.length
		r.body = b[n:r.size]
		return r, true, nil
	}
	r, ok, err := parseResponse(b, false)
	if ok && len(r.body) > 0 && !r.chunked {
		l.head, l.length, l.is = append(l.head[:0], b[:r.size-len(r.body)]...), len(r.body), r
		l.is.body = nil
	}
	return r, ok, err
}

// readHead reads a status line and header fields, each with its line end.
func (r *response) readHead(head []byte) (length int, chunked bool, err error) {
	if bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
		return 0, false, errAnswer // a line that ends otherwise: others see other lines than we do
	}
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return 0, false, errAnswer
	}
	if r.status, err = strconv.Atoi(string(line[9:12])); err != nil || r.status < 100 {
		return 0, false, errAnswer
	}
	length, r.keep = -1, line[7] == '1'
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return 0, false, errAnswer
		}
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, false, errAnswer
			}
		case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case len(name) == len("Connection") && bytes.EqualFold(name, []byte("Connection")):
			if bytes.EqualFold(value, []byte("close")) {
				r.keep = false
			}
		}
	}
	return length, chunked, nil
}

// dechunk joins the chunks at the beginning of b. took is -1 while they are not whole.
func dechunk(b []byte) (body []byte, took int, err error) {
	at := 0
	for {
		nl := bytes.Index(b[at:], []byte("\r\n"))
		if nl < 0 {
			return nil, -1, nil
		}
		size, _, _ := bytes.Cut(b[at:at+nl], []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return nil, 0, errAnswer
		}
		at += nl + 2
		if n == 0 {
			return body, trailerEnd(b, at), nil
		}
		if len(b)-at < int(n)+2 {
			return nil, -1, nil
		}
		body = append(body, b[at:at+int(n)]...)
		at += int(n)
		if b[at] != '\r' || b[at+1] != '\n' {
			return nil, 0, errAnswer
		}
		at += 2
	}
}

// trailerEnd returns where the trailer that begins at ends, or -1.
func trailerEnd(b []byte, at int) int {
	for {
		nl := bytes.Index(b[at:], []byte("\r\n"))
		switch {
		case nl < 0:
			return -1
		case nl == 0:
			return at + 2
		}
		at += nl + 2
	}
}
