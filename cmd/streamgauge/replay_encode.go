package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/accesslog"
)

// lineEncoder makes a line the JSON of an event.
type lineEncoder struct {
	site   string
	format string // "auto", "combined", "common" or "ndjson"
	log    *accesslog.Converter
	tally  *tally
	asRead bool // for an import: any time is right, and an event without an id stays so
}

// encode returns nil for an empty line, and an error that says what is wrong with a malformed one.
func (e *lineEncoder) encode(l line) ([]byte, error) {
	if l.err != nil {
		return nil, l.err
	}
	text := bytes.TrimSpace(l.text)
	if len(text) == 0 {
		return nil, nil
	}
	if e.format == "ndjson" || e.format == "auto" && text[0] == '{' {
		return e.passOn(l.number, text)
	}
	ev, err := e.log.Event(l.number, string(l.text))
	if err != nil {
		return nil, err
	}
	if e.asRead {
		ev.ID = "" // its line tells it from others
	} else {
		e.note(ev.TS)
	}
	return ev.AppendJSON(nil), nil
}

// note counts the events whose time the server will not take as it is.
func (e *lineEncoder) note(ts int64) {
	now := time.Now().UnixMilli()
	if ts > now+event.MaxAheadMS {
		e.tally.ahead.Add(1)
	}
	if event.Late(ts, now) {
		e.tally.late.Add(1)
	}
}

// passOn sends an event as it is, with the site and the id that it lacks. It needs an id to be sent twice and counted once.
func (e *lineEncoder) passOn(number int64, text []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("it is no JSON object: %w", err)
	}
	if fields == nil {
		return nil, errors.New("it is null, not a JSON object")
	}
	var site string
	if raw, ok := fields["site"]; ok && json.Unmarshal(raw, &site) == nil && site != "" && site != e.site {
		return nil, fmt.Errorf("its site is %.70q, not %q", site, e.site)
	}
	added := setAbsent(fields, "site", e.site)
	if !e.asRead {
		added = setAbsent(fields, "id", e.log.ID(number, string(text))) || added
	}
	if !added {
		return bytes.Clone(text), nil
	}
	return json.Marshal(fields)
}

// setAbsent sets a field that is not there, or null, or "".
func setAbsent(fields map[string]json.RawMessage, key, value string) bool {
	if v := string(fields[key]); v != "" && v != "null" && v != `""` {
		return false
	}
	fields[key], _ = json.Marshal(value) // a string always has JSON
	return true
}
