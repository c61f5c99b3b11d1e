package event

import (
	"bytes"
	"iter"
	"unsafe"
)

// Batch is the events of one request body, in the order sent: at least one, at most MaxRequestEvents.
type Batch struct {
	Events []Raw
}

// Raw is the JSON of one event, not decoded: a part of the body.
type Raw struct {
	Data []byte
	Err  *SyntaxError // Data is a line of NDJSON that is not JSON
}

// Split cuts a request body into the raw JSON of its events without decoding them. A body is
//
//   - one value, which may be spread over lines;
//   - an array of values;
//   - NDJSON: several lines, each a value, at least one of them an object. Blank lines are ignored.
//
// It checks the JSON of what it cuts, not whether that is an event: Decode does. A line of NDJSON that is not JSON is
// that line's own error, with an offset in the line. In an array or a lone value it is the error of the body, a
// *SyntaxError with an offset in it. The other errors are ErrEmpty and ErrTooMany, whichever comes first in the body.
// A byte order mark at the start is ignored.
func Split(body []byte) (Batch, error) {
	s := scanText(body)
	if bytes.HasPrefix(body, byteOrderMark) {
		s.pos = len(byteOrderMark)
	}
	first, start := s.peek(), s.pos
	if start == len(body) {
		return Batch{}, ErrEmpty
	}
	if first == '[' {
		return splitArray(body, s)
	}
	s.skip()
	end := s.pos
	if s.end(); s.err == nil {
		return Batch{Events: []Raw{{Data: body[start:end]}}}, nil
	}
	events, isNDJSON := splitLines(body[start:])
	switch {
	case !isNDJSON:
		return Batch{}, s.err
	case len(events) > MaxRequestEvents:
		return Batch{}, ErrTooMany
	}
	return Batch{Events: events}, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// splitArray does not open the array by the scanner: an event may nest as deep inside it as alone.
func splitArray(body []byte, s scanner) (Batch, error) {
	var events []Raw
	s.pos++
	for n := 0; s.more(n, ']'); n++ {
		if n == MaxRequestEvents {
			return Batch{}, ErrTooMany
		}
		s.peek()
		start := s.pos
		s.skip()
		events = append(events, Raw{Data: body[start:s.pos]})
	}
	s.end()
	switch {
	case s.err != nil:
		return Batch{}, s.err
	case len(events) == 0:
		return Batch{}, ErrEmpty
	}
	return Batch{Events: events}, nil
}

// splitLines cuts lines, until there is one too many. They are NDJSON if any of them is an object: a lone value that is
// spread over lines and broken has, as a rule, no such line.
func splitLines(body []byte) (events []Raw, isNDJSON bool) {
	events = make([]Raw, 0, min(bytes.Count(body, []byte("\n")), MaxRequestEvents)+1)
	for i, line := range Lines(body) {
		s := scanText(line)
		s.skip()
		s.end()
		events = append(events, Raw{Data: line, Err: s.err})
		isNDJSON = isNDJSON || s.err == nil && line[0] == '{'
		if i == MaxRequestEvents {
			break
		}
	}
	return events, isNDJSON
}

// scanText starts a scan of data, which must not change as long as the strings of the scan are in use.
func scanText(data []byte) scanner {
	return scanner{text: unsafe.String(unsafe.SliceData(data), len(data))}
}

// Lines iterates over the events of a stream record, which is one event or several, one a line: it yields the number of
// the event, from 0, and its line without the white space around it. Blank lines are neither yielded nor counted.
func Lines(record []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for n := 0; len(record) > 0; {
			var line []byte
			line, record, _ = bytes.Cut(record, []byte("\n"))
			if line = trimSpace(line); len(line) == 0 {
				continue
			}
			if !yield(n, line) {
				return
			}
			n++
		}
	}
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
